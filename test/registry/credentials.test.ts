import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { parseReference } from "../../src/oci/reference.ts";
import { lookUp, parseAuthFile } from "../../src/registry/auth-file.ts";
import { authFilePaths, credentialsFrom } from "../../src/registry/credentials.ts";

const { signal } = new AbortController();

function auth(username: string, password = "pw"): { auth: string } {
  return { auth: Buffer.from(`${username}:${password}`).toString("base64") };
}

function found(document: unknown, reference: string): unknown {
  return lookUp(parseAuthFile(Buffer.from(JSON.stringify(document)), "/a/config.json"), parseReference(reference));
}

function userOf(document: unknown, reference: string): string | undefined {
  return (found(document, reference) as { username?: string } | undefined)?.username;
}

t.test("the entry with the longest key that covers the repository is taken", (t) => {
  const auths = {
    "registry.example": auth("host"),
    "registry.example/team": auth("team"),
    "registry.example/team/app": auth("app"),
    "https://old.example/v1/": auth("old"),
    "http://plain.example": auth("plain"),
    "host:5000": auth("port"),
  };
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["registry.example/x", "host"],
    ["registry.example/team/other", "team"],
    ["registry.example/team/app:1", "app"],
    ["registry.example/team/app/deep", "app"],
    ["registry.example/teams/app", "host"],
    ["old.example/x", "old"],
    ["plain.example/x", "plain"],
    ["host:5000/x", "port"],
    ["host:5001/x", undefined],
    ["debian", undefined],
  ];
  for (const [reference, user] of cases) t.equal(userOf({ auths }, reference), user, reference);
  t.end();
});

t.test("docker.io is known by all its names", (t) => {
  for (const key of [
    "docker.io",
    "https://index.docker.io/v1/",
    "index.docker.io",
    "registry-1.docker.io",
    "docker.io/library",
    "https://index.docker.io/v2/",
  ])
    t.equal(userOf({ auths: { [key]: auth("me") } }, "debian"), "me", key);
  t.equal(userOf({ auths: { "docker.io/other": auth("me") } }, "debian"), undefined);
  t.end();
});

t.test("tokens, passwords with colons and plain fields are understood", (t) => {
  const read = (entry: unknown): unknown => found({ auths: { "r.example": entry } }, "r.example/x");
  t.strictSame(read(auth("me", "a:b")), { kind: "password", username: "me", password: "a:b" });
  t.strictSame(read({ username: "me", password: "x" }), { kind: "password", username: "me", password: "x" });
  t.strictSame(read({ ...auth("me"), identitytoken: "id" }), { kind: "identity-token", token: "id" });
  t.strictSame(read({ registrytoken: "access" }), { kind: "registry-token", token: "access" });
  t.strictSame(read({ auth: Buffer.from("me:pw\0\0").toString("base64") }), {
    kind: "password",
    username: "me",
    password: "pw",
  });
  t.equal(read({}), undefined);
  t.end();
});

t.test("a helper for a host is asked before the store of all hosts", (t) => {
  const document = {
    credHelpers: { "r.example": "one", "r.example/team": "two" },
    credsStore: "all",
    auths: { "r.example": {}, "s.example": auth("me") },
  };
  const at = (helper: string, server: string): unknown => ({ kind: "helper", helper, server, file: "/a/config.json" });
  t.strictSame(found(document, "r.example/x"), at("one", "r.example"));
  t.strictSame(found(document, "r.example/team/x"), at("two", "r.example/team"));
  t.equal(userOf(document, "s.example/x"), "me");
  t.strictSame(found(document, "t.example:5000/x"), at("all", "t.example:5000"));
  t.strictSame(found(document, "debian"), at("all", "https://index.docker.io/v1/"));
  t.end();
});

t.test("a file that is not one is refused without showing what it holds", (t) => {
  for (const text of [
    "hunter2",
    '{"auths":["hunter2"]}',
    '{"auths":{"r.example":{"auth":7}}}',
    '{"auths":{"r.example":{"auth":"aHVudGVyMg=="}}}',
    '{"auths":{"r.example":"hunter2"}}',
    '{"credHelpers":{"a":1}}',
  ])
    t.throws(
      () => parseAuthFile(Buffer.from(text), "/a/config.json"),
      { code: "credentials-unreadable", message: /^\/a\/config.json is not valid: (?!.*hunter2)/ },
      text,
    );
  t.end();
});

t.test("the files are podman's and docker's, or the one that is named", (t) => {
  t.strictSame(authFilePaths({ HOME: "/h", XDG_RUNTIME_DIR: "/r" }), {
    paths: ["/r/containers/auth.json", "/h/.config/containers/auth.json", "/h/.docker/config.json"],
    required: false,
  });
  t.strictSame(authFilePaths({ HOME: "/h", XDG_RUNTIME_DIR: "/r", XDG_CONFIG_HOME: "/c", DOCKER_CONFIG: "/d" }).paths, [
    "/r/containers/auth.json",
    "/c/containers/auth.json",
    "/d/config.json",
  ]);
  t.equal(authFilePaths({ HOME: "/h" }).paths[0], `/run/containers/${process.getuid?.()}/auth.json`);
  t.strictSame(authFilePaths({ HOME: "/h", REGISTRY_AUTH_FILE: "/x.json" }), { paths: ["/x.json"], required: true });
  t.end();
});

t.test("the first file with credentials decides, and a missing file is no matter", async (t) => {
  const root = t.testdir({
    docker: { "config.json": JSON.stringify({ auths: { "r.example": auth("docker"), "s.example": auth("docker") } }) },
  });
  const environment = {
    HOME: join(root, "home"),
    XDG_RUNTIME_DIR: join(root, "run"),
    DOCKER_CONFIG: join(root, "docker"),
  };
  const user = async (reference: string): Promise<unknown> =>
    ((await credentialsFrom(environment).find(parseReference(reference), signal)) as { username?: string }).username;
  t.equal(await user("r.example/x"), "docker");
  await mkdir(join(root, "run/containers"), { recursive: true });
  await writeFile(join(root, "run/containers/auth.json"), JSON.stringify({ auths: { "r.example": auth("podman") } }));
  t.equal(await user("r.example/x"), "podman");
  t.equal(await user("s.example/x"), "docker");
  t.equal(await user("t.example/x"), undefined);
});

t.test("a file that is named must be there", async (t) => {
  const source = credentialsFrom({ REGISTRY_AUTH_FILE: join(t.testdir(), "missing.json") });
  await t.rejects(source.find(parseReference("debian"), signal), {
    code: "credentials-unreadable",
    hint: /REGISTRY_AUTH_FILE/,
  });
});
