import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startBases } from "../support/bases.ts";
import { ociBuild } from "../support/cli.ts";
import { gitRepository } from "../support/git-repository.ts";
import { place } from "../support/place.ts";
import type { Ended } from "../support/process.ts";
import { giveTo, mayBeRoot } from "../support/users.ts";
import { startWebServer } from "../support/web-server.ts";

const as = "ocib-subids";

void t.test("a locked build takes what the lock says, and nothing else", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = place(t, as);
  const { busybox } = await startBases(t);
  let version = 1;
  const server = await startWebServer(t, (_, response) => void response.end(`version ${version}\n`));
  const repository = gitRepository(join(p.directory, "r"));
  // git works only on what belongs to who runs it.
  const commitAs = (content: string): void => {
    execFileSync("chown", ["-R", "0:0", repository.path]);
    repository.commit({ file: content });
    giveTo(as, repository.path);
  };
  commitAs("1\n");
  const recipe = `FROM ${busybox}\nADD ${server.origin}/file?token=secret /u\nCOPY --from=source file /g\n`;
  const context = p.files("context", { Dockerfile: recipe });
  const file = join(context, "oci-build.lock");
  const flags = ["--build-context", `source=${repository.url}#main`];
  const lock = (...args: string[]): Promise<Ended> =>
    ociBuild(["lock", "--progress", "plain", "--root", "store", ...flags, ...args], { as, cwd: p.directory });
  const locked = (...args: string[]): Promise<Ended> => p.build([...flags, "--locked", ...args, context]);

  t.match(await locked(), { code: 1, stderr: /there is no lock file .*\/context\/oci-build\.lock\n/ });
  t.match(await lock(context), {
    code: 0,
    stderr: /locked images: 1, URLs: 1, commits: 1 in context\/oci-build\.lock/,
  });
  const text = readFileSync(file, "utf8");
  const skopeo = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", `docker://${busybox}:latest`];
  const digest = execFileSync("skopeo", skopeo, { encoding: "utf8" }).trim();
  const sum = execFileSync("sha256sum", { input: "version 1\n", encoding: "utf8" }).slice(0, 64);
  const commit = execFileSync("git", ["-c", "safe.directory=*", "-C", repository.path, "rev-parse", "main"], {
    encoding: "utf8",
  }).trim();
  for (const part of [`"${digest}"`, `"sha256:${sum}"`, `"${commit}"`, `"${busybox}:latest"`])
    t.ok(text.includes(part), part);
  t.notMatch(text, /secret/, "a query, which may be a secret, is not in it");
  t.match(await lock(context), { code: 0 });
  t.equal(readFileSync(file, "utf8"), text, "the same again");

  const first = await locked("--iidfile", "one");
  t.match(first, { code: 0 });
  const idOf = (name: string): string => readFileSync(join(p.directory, name), "utf8");
  commitAs("2\n");
  t.match(await locked("--iidfile", "two"), { code: 0 }, "the branch moved, the lock did not");
  t.equal(idOf("two"), idOf("one"));
  version = 2;
  const asked = server.requests.length;
  t.match(await locked("--iidfile", "three", "--no-cache"), { code: 0 });
  t.equal(idOf("three"), idOf("one"), "the file is here, and nobody is asked for it");
  t.equal(server.requests.length, asked);
  t.match(await locked("--iidfile", "four", "--no-cache", "--offline"), { code: 0 });
  t.equal(idOf("four"), idOf("one"), "and it builds without a network");
  const elsewhere = await locked("--root", join(p.directory, "other"));
  t.match(elsewhere, { code: 1, stderr: new RegExp(`not sha256:${sum}[^]*hint: the second is what the lock says`) });

  writeFileSync(join(context, "Dockerfile"), `${recipe}ADD ${server.origin}/a ${server.origin}/b /\n`);
  const missing = await locked();
  t.match(missing, {
    code: 1,
    stderr: /oci-build\.lock does not have the file .*\/a, the file .*\/b\nhint: oci-build lock, /,
  });
  writeFileSync(join(context, "Dockerfile"), `FROM ${busybox}:other AS a\nFROM ${busybox}:new\nCOPY --from=a / /x/\n`);
  t.match(await locked(), { code: 1, stderr: /the image .*:other for linux\/\w+, the image .*:new for linux/ });
  writeFileSync(join(context, "Dockerfile"), recipe);
  t.match(await lock("--lock-file", "elsewhere.lock", context), { code: 0 });
  t.ok(existsSync(join(p.directory, "elsewhere.lock")));
  t.match(await locked("--lock-file", "elsewhere.lock", "--iidfile", "five"), { code: 0 });
  t.not(idOf("five"), idOf("one"), "the newer lock, the newer files");
  rmSync(join(context, "Dockerfile"));
  t.match(await lock(context), { code: 1 });
  t.equal(readFileSync(file, "utf8"), text, "a lock that cannot be made anew stays");
  for (const [args, stderr] of [
    [["--lock-file", "x", context], /--lock-file has no meaning without --locked/],
    [["--locked", "--check", context], /--locked and --call=check cannot be used together/],
  ] as const)
    t.match(await p.build(args), { code: 2, stderr });
});
