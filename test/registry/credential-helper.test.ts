import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { parseReference } from "../../src/oci/reference.ts";
import { askHelper } from "../../src/registry/credential-helper.ts";
import { credentialsFrom, type Credentials } from "../../src/registry/credentials.ts";
import type { Environment } from "../../src/http/proxy.ts";
import { requireBasic } from "../support/registry/behaviour.ts";
import { amd64, createTestRegistry, errorOf, wholeText } from "../support/registry/client.ts";
import { startFaultServer } from "../support/registry/fault-server.ts";
import { makeImage } from "../support/registry/image.ts";

const secret = "hunter2-secret";

interface Helper {
  readonly directory: string;
  readonly environment: Environment;
  ask(options?: { readonly timeout?: number; readonly signal?: AbortSignal }): Promise<Credentials>;
}

/** Makes `docker-credential-fake` from the body of a shell script. */
async function makeHelper(t: Test, script: string): Promise<Helper> {
  const directory = t.testdir();
  const program = join(directory, "docker-credential-fake");
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  const environment = { PATH: `${directory}:${process.env["PATH"]}`, HOME: directory };
  const call = { kind: "helper", helper: "fake", server: "registry.example", file: "/a/config.json" } as const;
  return {
    directory,
    environment,
    ask: ({ timeout = 10_000, signal = new AbortController().signal } = {}) =>
      askHelper(call, { environment, signal, timeout }),
  };
}

t.test("a helper is asked `get` with the server on stdin", async (t) => {
  const helper = await makeHelper(
    t,
    `[ "$*" = get ] || exit 9\nread -r server || true\nprintf '{"ServerURL":"%s","Username":"%s","Secret":"${secret}"}' "$server" "$server"`,
  );
  t.strictSame(await helper.ask(), { kind: "password", username: "registry.example", password: secret });
});

t.test("the user <token> marks an identity token", async (t) => {
  const helper = await makeHelper(t, `echo '{"Username":"<token>","Secret":"${secret}"}'`);
  t.strictSame(await helper.ask(), { kind: "identity-token", token: secret });
});

t.test("a helper that has nothing leaves the user anonymous", async (t) => {
  const helper = await makeHelper(t, "echo 'credentials not found in native keychain'\nexit 1");
  t.strictSame(await helper.ask(), { kind: "anonymous" });
});

const failures: readonly (readonly [string, string, RegExp])[] = [
  ["fails", `echo ${secret}; echo ${secret} >&2; exit 3`, /ended with exit code 3/],
  ["babbles", `while :; do echo ${secret}; done`, /printed more than 64 KiB/],
  ["babbles from a child", `yes ${secret}`, /printed more than 64 KiB/],
  ["prints a page", `echo '<html>${secret}'`, /is not JSON/],
  ["prints something else", `echo '["${secret}"]'`, /is not an object/],
  ["leaves out the secret", `echo '{"Username":"${secret}"}'`, /Secret is not a string/],
  ["prints nothing", ":", /is not JSON/],
  ["kills itself", "kill -9 $$", /was killed by SIGKILL/],
];

for (const [title, script, message] of failures)
  t.test(`a helper that ${title} gives an error without what it printed`, async (t) => {
    const helper = await makeHelper(t, script);
    const error = await errorOf(helper.ask());
    t.match(error, { code: "credential-helper-failed", message });
    t.notMatch(wholeText(error), secret);
  });

t.test("a helper that hangs is ended with all that it started", async (t) => {
  const helper = await makeHelper(t, `echo $$ >"$HOME/pids"\nsleep 1000 &\necho $! >>"$HOME/pids"\nwait`);
  await t.rejects(helper.ask({ timeout: 500 }), {
    code: "credential-helper-failed",
    message: /did not answer within 0\.5 s/,
  });
  await allGone(helper.directory);
});

t.test("an aborted signal ends a helper with its reason", async (t) => {
  const helper = await makeHelper(t, `echo $$ >"$HOME/pids"\nsleep 1000`);
  await t.rejects(helper.ask({ signal: AbortSignal.timeout(500) }), { name: "TimeoutError" });
  await allGone(helper.directory);
});

t.test("a helper that is not there is named with the file that wants it", async (t) => {
  const { signal } = new AbortController();
  const call = { kind: "helper", helper: "nowhere", server: "registry.example", file: "/a/config.json" } as const;
  await t.rejects(askHelper(call, { environment: { PATH: t.testdir() }, signal }), {
    code: "credential-helper-missing",
    message: /docker-credential-nowhere/,
    hint: /\/a\/config\.json/,
  });
  await t.rejects(askHelper({ ...call, helper: "../evil" }, { environment: {}, signal }), {
    code: "credential-helper-failed",
    message: /letters, digits/,
  });
});

t.test("a registry's login comes from the helper that docker's config names, which is asked once", async (t) => {
  const helper = await makeHelper(
    t,
    `echo asked >>"$HOME/log"\ncat >>"$HOME/servers"\necho '{"Username":"builder","Secret":"${secret}"}'`,
  );
  const server = await startFaultServer(t);
  const image = await makeImage();
  server.add("app", "1", image);
  server.add("other", "1", image);
  requireBasic(server, { username: "builder", password: secret });
  const docker = join(helper.directory, "docker");
  await mkdir(docker);
  await writeFile(join(docker, "config.json"), JSON.stringify({ credHelpers: { [server.host]: "fake" } }));
  const credentials = credentialsFrom({
    ...helper.environment,
    DOCKER_CONFIG: docker,
    XDG_RUNTIME_DIR: helper.directory,
  });
  const registry = createTestRegistry(t, { credentials });
  for (const name of ["app", "other"])
    t.equal(
      (await registry.resolve(parseReference(`${server.host}/${name}:1`), amd64)).image.manifestDigest,
      image.top.descriptor.digest,
    );
  t.equal(await readFile(join(helper.directory, "log"), "utf8"), "asked\n");
  t.equal(await readFile(join(helper.directory, "servers"), "utf8"), server.host);
});

/** Waits until none of the processes in the file `pids` is running. */
async function allGone(directory: string): Promise<void> {
  const pids = (await readFile(join(directory, "pids"), "utf8")).trim().split("\n");
  for (const pid of pids) while (await isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A process that has ended but that nobody has asked after (a zombie) does not run. */
async function isRunning(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone) Z");
  return !/\) [ZX]/.test(stat);
}
