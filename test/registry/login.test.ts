import t from "tap";
import { parseReference } from "../../src/oci/reference.ts";
import type { Credentials } from "../../src/registry/credentials.ts";
import { redirectTo, requireBasic, requireBearer, status, whole } from "../support/registry/behaviour.ts";
import { always, amd64, createTestRegistry, errorOf, readAll, wholeText } from "../support/registry/client.ts";
import { startFaultServer } from "../support/registry/fault-server.ts";
import { makeImage } from "../support/registry/image.ts";

const { signal } = new AbortController();
const login = { username: "builder", password: "hunter2-password" };
const password: Credentials = { kind: "password", ...login };
const image = await makeImage();
const digest = image.top.descriptor.digest;

t.test("a token is fetched by whoever the token server lets in", async (t) => {
  const cases = [
    ["anonymous", {}, { kind: "anonymous" }],
    ["password", { login }, password],
    ["identity token", { identityToken: "hunter2-refresh" }, { kind: "identity-token", token: "hunter2-refresh" }],
  ] as const;
  for (const [title, rules, credentials] of cases) {
    const server = await startFaultServer(t);
    server.add("team/app", "1", image);
    requireBearer(server, rules);
    const registry = createTestRegistry(t, { credentials: always(credentials) });
    t.equal(
      (await registry.resolve(parseReference(`${server.host}/team/app:1`), amd64)).image.manifestDigest,
      digest,
      title,
    );
    const [asked, ...more] = server.requests.filter(({ path }) => path.startsWith("/token"));
    t.equal(more.length, 0, "one token does for manifest and config");
    const form = new URLSearchParams(asked?.method === "POST" ? asked.body : asked?.path.split("?")[1]);
    t.equal(form.get("service"), "test service");
    t.equal(form.get("scope"), "repository:team/app:pull");
    t.equal(form.get("grant_type"), asked?.method === "POST" ? "refresh_token" : null);
  }
});

t.test("each repository has a token of its own, and concurrent requests share it", async (t) => {
  const server = await startFaultServer(t);
  server.add("a", "1", image);
  server.add("b", "1", image);
  requireBearer(server);
  const registry = createTestRegistry(t);
  await Promise.all(
    ["a", "a", "a", "b"].map((name) => registry.resolve(parseReference(`${server.host}/${name}:1`), amd64)),
  );
  t.equal(server.requests.filter(({ path }) => path.startsWith("/token")).length, 2);
});

t.test("a token that is refused or has run out is replaced once", async (t) => {
  for (const rules of [{ uses: 1 }, { expiresIn: 0 }]) {
    const server = await startFaultServer(t);
    server.add("app", "1", image);
    requireBearer(server, rules);
    const registry = createTestRegistry(t);
    t.equal((await registry.resolve(parseReference(`${server.host}/app:1`), amd64)).image.manifestDigest, digest);
    t.equal(server.requests.filter(({ path }) => path.startsWith("/token")).length, 2);
  }
  const server = await startFaultServer(t);
  requireBearer(server, { uses: 0 });
  await t.rejects(createTestRegistry(t).resolve(parseReference(`${server.host}/app:1`), amd64), {
    code: "registry-unauthorized",
  });
  t.equal(server.requests.filter(({ path }) => path.startsWith("/token")).length, 1, "and not more than once");
});

t.test("an access token is sent as it is", async (t) => {
  const server = await startFaultServer(t);
  server.add("app", "1", image);
  server.on(/^\/v2\/./, ({ request, usual, send }) =>
    send(
      request.headers.authorization === "Bearer hunter2-access"
        ? usual
        : {
            status: 401,
            headers: { "www-authenticate": 'Bearer realm="https://nowhere.invalid"' },
            body: Buffer.alloc(0),
          },
    ),
  );
  const registry = createTestRegistry(t, { credentials: always({ kind: "registry-token", token: "hunter2-access" }) });
  t.equal((await registry.resolve(parseReference(`${server.host}/app:1`), amd64)).image.manifestDigest, digest);
});

t.test("credentials are looked for only when they are asked for", async (t) => {
  const server = await startFaultServer(t);
  server.add("app", "1", image);
  const registry = createTestRegistry(t, {
    credentials: { find: () => Promise.reject(new Error("asked")), places: [] },
  });
  await t.resolves(registry.resolve(parseReference(`${server.host}/app:1`), amd64));
});

const challenges: readonly (readonly [string, string, RegExp])[] = [
  ["no challenge", "", /refuses without saying how to log in/],
  ["an unknown scheme", "Negotiate", /a login by negotiate/],
  ["no realm", 'Bearer service="x"', /token server has no URL/],
  ["a realm that is no URL", 'Bearer realm="token"', /token server has no URL/],
];

t.test("a challenge that cannot be met is explained", async (t) => {
  for (const [title, header, message] of challenges) {
    const server = await startFaultServer(t);
    server.on(/^\/v2\/./, status(401, header === "" ? {} : { "www-authenticate": header }));
    await t.rejects(
      createTestRegistry(t).resolve(parseReference(`${server.host}/app:1`), amd64),
      { code: "registry-protocol", message },
      title,
    );
  }
});

t.test("a token server that fails is named", async (t) => {
  const cases = [
    [status(403), "registry-denied"],
    [status(429), "registry-rate-limited"],
    [status(500), "registry-error"],
    [status(200, {}, "hello"), "registry-protocol"],
    [status(200, {}, "{}"), "registry-protocol"],
    [status(200, {}, '{"token":7}'), "registry-protocol"],
    [status(200, {}, '{"token":"two\\r\\nlines: x"}'), "registry-protocol"],
    [status(200, {}, `{"token":"${"x".repeat(2_000_000)}"}`), "registry-protocol"],
  ] as const;
  for (const [behaviour, code] of cases) {
    const server = await startFaultServer(t);
    requireBearer(server);
    server.on(/^\/token/, behaviour);
    await t.rejects(createTestRegistry(t).resolve(parseReference(`${server.host}/app:1`), amd64), { code });
  }
});

t.test("a token server on plain http elsewhere gets no password", async (t) => {
  const server = await startFaultServer(t);
  server.on(/^\/v2\/./, status(401, { "www-authenticate": 'Bearer realm="http://auth.example/token"' }));
  await t.rejects(
    createTestRegistry(t, { credentials: always(password) }).resolve(parseReference(`${server.host}/app:1`), amd64),
    {
      code: "registry-insecure",
    },
  );
});

t.test("storage that a registry redirects to sees no login, and its own challenge is not answered", async (t) => {
  const [config] = image.blobs;
  if (config === undefined) throw new TypeError("no config");
  const server = await startFaultServer(t);
  const storage = await startFaultServer(t);
  server.add("app", "1", image);
  requireBasic(server, login);
  const registry = createTestRegistry(t, { credentials: always(password) });
  const reference = parseReference(`${server.host}/app:1`);
  await registry.resolve(reference, amd64);

  server.on(/\/blobs\//, redirectTo(`${storage.origin}/one`));
  storage.on(/^\/one/, redirectTo(`${storage.origin}/two`));
  storage.on(/^\/two/, whole(config.bytes));
  t.strictSame(
    await readAll(await registry.openBlob(reference, config.descriptor, { signal })),
    Buffer.from(config.bytes),
  );
  storage.on(/^\/two/, status(401, { "www-authenticate": 'Basic realm="phishing"' }));
  await t.rejects(registry.openBlob(reference, config.descriptor, { signal }), {
    code: "registry-unauthorized",
    message: new RegExp(storage.host),
  });
  t.ok(storage.requests.length > 0);
  for (const { headers } of storage.requests) t.equal(headers.authorization, undefined);
});

t.test("a redirect to another name of the same machine is elsewhere too", async (t) => {
  const server = await startFaultServer(t);
  server.add("app", "1", image);
  requireBasic(server, login);
  const registry = createTestRegistry(t, { credentials: always(password) });
  const reference = parseReference(`${server.host}/app:1`);
  server.on(/\/manifests\//, ({ request, usual, send }) => {
    if (request.headers.host === server.host && request.headers.authorization !== undefined)
      return redirectTo(server.origin.replace("127.0.0.1", "localhost") + request.path)({
        request,
        usual,
        send,
      } as never);
    return send(
      request.headers.host === server.host
        ? { status: 401, headers: { "www-authenticate": "Basic" }, body: Buffer.alloc(0) }
        : usual,
    );
  });
  await registry.resolve(reference, amd64);
  const elsewhere = server.requests.filter(({ headers }) => headers.host !== server.host);
  t.equal(elsewhere.length, 1);
  t.equal(elsewhere[0]?.headers.authorization, undefined);
});

t.test("no secret is in any error", async (t) => {
  const secrets = /hunter2|aHVudGVy|access-token-|OmJ1bmtlc|YnVpbGRlcjpodW50ZXIy/;
  const faults = [
    status(401),
    status(403),
    status(404),
    status(429, { "retry-after": "999" }),
    status(500),
    status(200, {}, "hunter2"),
    redirectTo("http://x.example/?token=hunter2"),
    redirectTo((path) => `${path}?token=hunter2`),
  ];
  const identities: readonly Credentials[] = [
    password,
    { kind: "identity-token", token: "hunter2" },
    { kind: "registry-token", token: "hunter2" },
  ];
  for (const fault of faults)
    for (const credentials of identities)
      for (const path of [/\/manifests\//, /\/blobs\//, /^\/token/]) {
        const server = await startFaultServer(t);
        server.add("app", "1", image);
        const realm = "/token?secret=hunter2";
        requireBearer(server, { realm });
        server.on(path, (exchange) => {
          const isAnonymous =
            exchange.request.headers.authorization === undefined && exchange.request.path.startsWith("/v2/");
          // The fault comes after the login, as far as there is one.
          return (isAnonymous ? status(401, { "www-authenticate": `Bearer realm="${server.origin}${realm}"` }) : fault)(
            exchange,
          );
        });
        const registry = createTestRegistry(t, { credentials: always(credentials) });
        const reference = parseReference(`${server.host}/app:1`);
        const error = await errorOf(registry.resolve(reference, amd64));
        t.notMatch(wholeText(error), secrets, `${error.code} from ${path}`);
        t.match(error.code, /^[a-z0-9-]+$/);
      }
});
