import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { busyboxLayout, push as pushBase } from "../support/bases.ts";
import { isRoot } from "../support/checkout.ts";
import { ociBuild } from "../support/cli.ts";
import { output, run } from "../support/process.ts";
import { project } from "../support/project.ts";
import { registryLogin, startDockerRegistry } from "../support/registry/docker-registry.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import type { UserName } from "../support/users.ts";

const user: UserName = isRoot ? "ocib-subids" : "self";
const { username, password } = registryLogin;

t.test("an image is pushed under all its names, and skopeo and podman read it", async (t) => {
  const { host, storage } = await startDockerRegistry(t);
  await pushBase(await busyboxLayout(), `${host}/library/busybox`);
  const dockerfile = `FROM ${host}/library/busybox\nRUN head -c 3000000 /dev/urandom > /big\n`;
  const p = project(t, { Dockerfile: dockerfile }, user);
  const built = await p.build([
    "--push",
    "-t",
    `${host}/team/app:1`,
    "-t",
    `${host}/team/app:2`,
    "-t",
    `${host}/other/app`,
  ]);
  t.equal(built.code, 0, built.stderr);
  const digest = p.digestOf(`${host}/team/app:1`);
  for (const name of ["team/app:1", "team/app:2", "other/app:latest"]) {
    const inspected = await output(["skopeo", "inspect", "--tls-verify=false", `docker://${host}/${name}`]);
    t.equal((JSON.parse(inspected) as { Digest: string }).Digest, digest, name);
  }
  const directory = join(t.testdir(), "copy");
  await output(["skopeo", "copy", "--src-tls-verify=false", `docker://${host}/other/app`, `dir:${directory}`]);
  // What came from the registry went back by a mount, and to the second repository everything did.
  const log = built.stderr.split("\n").filter((line) => /^#\d+ .* pushing .* done$/.test(line));
  t.equal(log.length, 2, built.stderr);
  t.ok(existsSync(join(storage, "docker/registry/v2/repositories/other/app")));

  const again = await p.command("push", ["-q", `${host}/team/app:1`, `docker://${host}/third/app:9`]);
  t.strictSame([again.code, again.stdout], [0, `${digest}\n`], again.stderr);
  const outputs = await p.build(["-o", `docker://${host}/fourth/app:5`, "-o", `type=registry,name=${host}/fifth/app`]);
  t.equal(outputs.code, 0, outputs.stderr);
  const tags = JSON.parse(
    await output(["skopeo", "list-tags", "--tls-verify=false", `docker://${host}/fourth/app`]),
  ) as {
    Tags: string[];
  };
  t.strictSame(tags.Tags, ["5"]);
});

t.test("what cannot be pushed is said before, or as the registry's answer", async (t) => {
  const p = project(t, { Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }, user);
  for (const [args, code, message] of [
    [["--push"], 1, /the image has no name to be pushed under/],
    [["--push", "--offline", "-t", "x"], 2, /--offline asks nobody/],
    [["--push", "-t", "127.0.0.1:1/team/app"], 1, /cannot reach 127\.0\.0\.1:1/],
    [["-o", "type=image,name=x"], 2, /without push=true the image goes to the store/],
  ] as const) {
    const ended = await p.build(args);
    t.equal(ended.code, code, ended.stderr);
    t.match(ended.stderr, message);
  }
  t.match((await p.command("push", ["nosuch"])).stderr, /the store has no image nosuch/);
});

t.test("a login is asked for, checked, kept for docker and podman, and forgotten", async (t) => {
  const { host } = await startDockerRegistry(t, { htpasswd: true });
  const home = temporaryDirectory(t, user);
  const env = { HOME: home, DOCKER_CONFIG: join(home, "docker") };
  const file = join(env.DOCKER_CONFIG, "config.json");
  const p = project(t, { Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }, user);
  const login = (secret: string) =>
    ociBuild(["login", "-u", username, "--password-stdin", host], { as: user, env, input: `${secret}\n` });
  const push = () => p.build(["--push", "-t", `${host}/team/app:1`], { env });

  const denied = await push();
  t.equal(denied.code, 1);
  t.match(denied.stderr, /does not give team\/app to somebody who is not logged in/);
  const wrong = await login("not this");
  t.equal(wrong.code, 1);
  t.match(wrong.stderr, /does not accept the user builder with this password/);
  t.notOk(existsSync(file), "nothing is kept of a login that was refused");
  const right = await login(password);
  t.equal(right.code, 0, right.stderr);
  t.notMatch(right.stderr + right.stdout, password);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const pushed = await push();
  t.equal(pushed.code, 0, pushed.stderr);
  const inspect = ["skopeo", "inspect", "--tls-verify=false", "--authfile", file, `docker://${host}/team/app:1`];
  t.equal((await run(inspect)).code, 0, "skopeo takes the same login");

  const kept = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...kept, proxies: { default: {} } }));
  const forget = () => ociBuild(["logout", host], { as: user, env });
  t.match((await forget()).stderr, /logged out of/);
  t.strictSame(JSON.parse(readFileSync(file, "utf8")), { auths: {}, proxies: { default: {} } });
  t.match((await forget()).stderr, /there was no login/);

  const unattended = await ociBuild(["login", host], { as: user, env });
  t.equal(unattended.code, 2);
  t.match(unattended.stderr, /--password-stdin/);
  t.match((await ociBuild(["login", "-p", "x", host], { as: user, env })).stderr, /list of processes/);
});

t.test("a login goes to the credential helper that the file names", async (t) => {
  const { host } = await startDockerRegistry(t, { htpasswd: true });
  const home = temporaryDirectory(t, user);
  const bin = join(home, "bin");
  mkdirSync(bin);
  const helper = join(bin, "docker-credential-test");
  writeFileSync(helper, `#!/bin/sh\n[ "$1" = get ] && exec cat ${home}/kept\nexec cat > ${home}/$1\n`);
  chmodSync(helper, 0o755);
  writeFileSync(join(home, "config.json"), JSON.stringify({ credsStore: "test" }));
  await output(["chmod", "-R", "a+rwX", home]);
  const env = { HOME: home, DOCKER_CONFIG: home, PATH: `${bin}:${process.env["PATH"]}` };
  const args = ["login", "-u", username, "--password-stdin", host];
  const ended = await ociBuild(args, { as: user, env, input: password });
  t.equal(ended.code, 0, ended.stderr);
  t.match(ended.stderr, /kept by docker-credential-test/);
  const stored = JSON.parse(readFileSync(join(home, "store"), "utf8")) as unknown;
  t.strictSame(stored, { ServerURL: host, Username: username, Secret: password });
  t.notMatch(
    readFileSync(join(home, "config.json"), "utf8"),
    Buffer.from(`${username}:${password}`).toString("base64"),
  );
});
