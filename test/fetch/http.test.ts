import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import t from "tap";
import { fetchFile } from "../../src/fetch/http.ts";
import { parseDigest } from "../../src/oci/digest.ts";
import { fetchingHere } from "../support/fetching.ts";
import { startWebServer } from "../support/web-server.ts";

const content = "hello from elsewhere\n";
const digest = parseDigest(`sha256:${createHash("sha256").update(content).digest("hex")}`);
const other = parseDigest(`sha256:${"0".repeat(64)}`);
const monday = "Mon, 06 Jan 2020 10:00:00 GMT";

t.test("a file is fetched once and asked for again with its ETag (trap 102)", async (t) => {
  const server = await startWebServer(t, ({ headers }, response) => {
    if (headers["if-none-match"] === '"v1"') return void response.writeHead(304).end();
    response.writeHead(200, { etag: '"v1"', "last-modified": monday }).end(content);
  });
  const fetching = await fetchingHere(t);
  const url = `${server.origin}/dir/file.txt?token=secret`;
  const first = await fetchFile({ url }, fetching);
  t.equal(readFileSync(first.path, "utf8"), content);
  t.equal(first.digest, digest);
  t.equal(first.lastModified, Date.parse(monday) / 1000);
  t.strictSame(await fetchFile({ url }, fetching), first);
  t.equal(server.requests.length, 2);
  const outcomes = fetching.events.flatMap((event) => (event.kind === "step-finished" ? [event.outcome.kind] : []));
  t.strictSame(outcomes, ["done", "cached"]);
  t.notMatch(JSON.stringify(fetching.events), /secret/, "the query is not shown");
  for (const name of readdirSync(fetching.store.paths.downloads))
    t.notMatch(readFileSync(`${fetching.store.paths.downloads}/${name}`, "utf8"), /secret/, "nor kept");
});

t.test("a changed file is fetched again, also where only a date tells", async (t) => {
  let version = 1;
  const server = await startWebServer(t, ({ headers }, response) => {
    const modified = new Date(1_500_000_000_000 + version * 1000).toUTCString();
    if (headers["if-modified-since"] === modified) return void response.writeHead(304).end();
    response.writeHead(200, { "last-modified": modified }).end(`version ${version}`);
  });
  const fetching = await fetchingHere(t);
  const read = async (): Promise<string> =>
    readFileSync((await fetchFile({ url: `${server.origin}/x` }, fetching)).path, "utf8");
  t.equal(await read(), "version 1");
  t.equal(await read(), "version 1");
  version = 2;
  t.equal(await read(), "version 2");
  t.strictSame(
    server.requests.map(({ headers }) => headers["if-modified-since"] !== undefined),
    [false, true, true],
  );
});

t.test("a file with a checksum is not asked for once it is here (trap 37)", async (t) => {
  const server = await startWebServer(t, (_, response) => void response.end(content));
  const fetching = await fetchingHere(t);
  const url = `${server.origin}/x`;
  await fetchFile({ url, checksum: digest }, fetching);
  await fetchFile({ url, checksum: digest }, fetching);
  t.equal(server.requests.length, 1);
  await t.rejects(fetchFile({ url, checksum: other }, fetching), {
    code: "checksum-mismatch",
    message: `${url} has the digest ${digest}, not ${other}`,
  });
});

t.test("a file with a wrong checksum is not kept (trap 37)", async (t) => {
  const server = await startWebServer(t, (_, response) => void response.end(content));
  const fetching = await fetchingHere(t);
  await t.rejects(fetchFile({ url: `${server.origin}/x`, checksum: other }, fetching), { code: "checksum-mismatch" });
  t.strictSame(readdirSync(fetching.store.paths.downloads), []);
  t.strictSame(readdirSync(fetching.store.workspace), ["lock"]);
});

t.test("a file is found behind redirects, and a login stays with its host", async (t) => {
  const target = await startWebServer(t, (_, response) => void response.end(content));
  const server = await startWebServer(t, ({ url = "" }, response) => {
    const location = { "/a": "/b", "/b": `${target.origin}/c` }[url];
    response.writeHead(302, { location: location ?? "/" }).end();
  });
  const url = `${server.origin.replace("http://", "http://user:p%40ss@")}/a`;
  const fetched = await fetchFile({ url }, await fetchingHere(t));
  t.equal(fetched.digest, digest);
  t.equal(server.requests[0]?.headers.authorization, `Basic ${Buffer.from("user:p@ss").toString("base64")}`);
  t.equal(target.requests[0]?.headers.authorization, undefined);
  const secrets = new Map([["HTTP_AUTH_TOKEN_127.0.0.1", Buffer.from("hunter2")]]);
  await fetchFile({ url: `${server.origin}/a` }, { ...(await fetchingHere(t)), secrets });
  t.equal(server.requests[2]?.headers.authorization, "Bearer hunter2");
  t.equal(target.requests[1]?.headers.authorization, undefined);
  const endless = await startWebServer(t, (_, response) => void response.writeHead(301, { location: "/" }).end());
  await t.rejects(fetchFile({ url: endless.origin }, await fetchingHere(t)), {
    code: "server-protocol",
    message: /it redirects more than 10 times/,
  });
});

t.test("what breaks off or fails for a moment is tried again", async (t) => {
  let tries = 0;
  const server = await startWebServer(t, (_, response) => {
    tries += 1;
    if (tries === 1) return void response.writeHead(503).end();
    response.writeHead(200, { "content-length": content.length });
    if (tries === 2) return void response.write(content.slice(0, 5), () => response.destroy());
    response.end(content);
  });
  const fetched = await fetchFile({ url: `${server.origin}/x` }, await fetchingHere(t));
  t.equal(fetched.digest, digest);
  t.equal(tries, 3);
});

t.test("what breaks off each time is an error, and nothing of it is kept", async (t) => {
  const server = await startWebServer(t, (_, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("part", () => response.destroy());
  });
  const fetching = await fetchingHere(t);
  await t.rejects(fetchFile({ url: `${server.origin}/x` }, fetching), {
    code: "server-unreachable",
    message: /the connection was cut/,
  });
  t.equal(server.requests.length, 4);
  t.strictSame(readdirSync(fetching.store.paths.downloads), []);
});

t.test("an answer that is no file is named by its status", async (t) => {
  const rows: readonly (readonly [number, string])[] = [
    [404, "server-not-found"],
    [410, "server-not-found"],
    [401, "server-denied"],
    [403, "server-denied"],
    [418, "server-protocol"],
    [304, "server-protocol"],
  ];
  for (const [status, code] of rows) {
    const server = await startWebServer(t, (_, response) => void response.writeHead(status).end("secret body"));
    await t.rejects(fetchFile({ url: `${server.origin}/x?key=secret` }, await fetchingHere(t)), {
      code,
      message: /^(?!.*secret)/,
    });
  }
});

t.test("a file is not taken beyond its limit, whether its length is told or not", async (t) => {
  const told = await startWebServer(t, (_, response) => void response.end("x".repeat(100)));
  const untold = await startWebServer(t, (_, response) => {
    response.write("x".repeat(60));
    response.end("x".repeat(60));
  });
  for (const { origin } of [told, untold])
    await t.rejects(fetchFile({ url: origin, limit: 99 }, await fetchingHere(t)), { code: "download-too-large" });
});

t.test("a server that is not there is named", async (t) => {
  await t.rejects(fetchFile({ url: "http://127.0.0.1:1/x" }, await fetchingHere(t)), {
    code: "server-unreachable",
    message: "cannot reach 127.0.0.1:1: connection refused",
  });
});
