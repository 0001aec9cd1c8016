import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";

/** The one user of a registry that was started with a login. */
export const registryLogin = { username: "builder", password: "correct horse battery" };
/** bcrypt of that password, at the lowest cost. */
const htpasswdLine = "builder:$2y$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.\n";

export interface DockerRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Where its files lie. */
  readonly storage: string;
}

/** Starts Debian's docker-registry on a free port of this machine, and stops it when the test ends. */
export async function startDockerRegistry(
  t: Test,
  { htpasswd = false }: { readonly htpasswd?: boolean } = {},
): Promise<DockerRegistry> {
  const directory = await mkdtemp(join(tmpdir(), "oci-build-registry-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const storage = join(directory, "storage");
  const users = join(directory, "htpasswd");
  await writeFile(users, htpasswdLine);
  const auth = { htpasswd: { realm: "test", path: users } };
  const config = {
    version: "0.1",
    log: { level: "info" },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: "127.0.0.1:0" },
    ...(htpasswd && { auth }),
  };
  const file = join(directory, "config.yml");
  // YAML takes JSON as it is.
  await writeFile(file, JSON.stringify(config));
  const registry = spawn("docker-registry", ["serve", file], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], OTEL_TRACES_EXPORTER: "none" },
  });
  const ended = once(registry, "exit");
  t.teardown(async () => {
    registry.kill();
    await ended;
  });
  return { host: await addressIn([registry.stdout, registry.stderr], ended), storage };
}

/** It listens on a port that the system picks, and tells which in its log. */
async function addressIn(streams: readonly NodeJS.ReadableStream[], ended: Promise<unknown>): Promise<string> {
  let log = "";
  return await new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error(`docker-registry did not start: ${log}`));
    ended.then(fail, fail);
    for (const stream of streams)
      stream.on("data", (chunk: Buffer) => {
        log += chunk.toString();
        const port = /listening on 127\.0\.0\.1:(\d+)/.exec(log)?.[1];
        if (port !== undefined) resolve(`127.0.0.1:${port}`);
      });
  });
}
