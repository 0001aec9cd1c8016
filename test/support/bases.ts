import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkout } from "./checkout.ts";
import { output, start } from "./process.ts";
import { temporaryDirectory, type Lifetime } from "./temporary.ts";

/** Base images in a registry of the test's own, as a Dockerfile's FROM names them. */
export interface Bases {
  /** `localhost:PORT`; takes pushes too. */
  readonly registry: string;
  /** A static busybox with sh and its other applets, about 2 MB. */
  readonly busybox: string;
}

/** Starts a registry that holds busybox. It is made once per machine, below the user's cache directory. */
export async function startBases(t: Lifetime): Promise<Bases> {
  const [registry, layout] = await Promise.all([startRegistry(t), busyboxLayout()]);
  const busybox = `${registry}/library/busybox`;
  await push(layout, busybox);
  return { registry, busybox };
}

export interface BasesWithDebian extends Bases {
  /** Minimal Debian, one layer of about 170 MB and 8,700 entries; `apt-get update` works inside. */
  readonly debian: string;
}

/** The same, with Debian beside busybox. */
export async function startBasesWithDebian(t: Lifetime): Promise<BasesWithDebian> {
  const [bases, layout] = await Promise.all([startBases(t), debianLayout()]);
  const debian = `${bases.registry}/library/debian`;
  await push(layout, debian);
  return { ...bases, debian };
}

/** Starts Debian's docker-registry, empty, on a free loopback port, until the test ends; gives `localhost:PORT`. */
export async function startRegistry(t: Lifetime): Promise<string> {
  const directory = temporaryDirectory(t);
  const { child, ended } = start([process.execPath, join(checkout, ".ci/registry.mjs"), directory]);
  t.teardown(async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  });
  const port = join(directory, "port");
  while (!existsSync(port)) {
    if (child.exitCode !== null) throw new Error(`the registry did not start: ${(await ended).stderr}`);
    await sleep(20);
  }
  return `localhost:${readFileSync(port, "utf8")}`;
}

/** Pushes the image tagged `latest` of an OCI layout as `name:latest`. */
export async function push(layout: string, name: string): Promise<void> {
  const flags = ["--quiet", "--insecure-policy", "--dest-tls-verify=false"];
  await output(["skopeo", "copy", ...flags, `oci:${layout}:latest`, `docker://${name}:latest`]);
}

export async function debianLayout(): Promise<string> {
  return (await output([join(checkout, ".ci/debian-image")])).trim();
}

/** Path of an OCI layout with busybox; made when it is missing. Two that make it at once make the same. */
export async function busyboxLayout(): Promise<string> {
  const layout = join(cacheDirectory(), "busybox-1");
  if (existsSync(layout)) return layout;
  const work = `${layout}.${process.pid}`;
  mkdirSync(join(work, "root/bin"), { recursive: true });
  await writeBusyboxRoot(join(work, "root"));
  const tar = join(work, "root.tar");
  const reproducible = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
  await output(["tar", ...reproducible, "-cf", tar, "-C", join(work, "root"), "."]);
  await output([process.execPath, join(checkout, ".ci/image-from-tar.mjs"), tar, join(work, "layout")]);
  try {
    renameSync(join(work, "layout"), layout);
  } catch (error) {
    if (!existsSync(layout)) throw error;
  }
  await output(["rm", "-rf", work]);
  return layout;
}

/** An image of nothing but busybox and a shell, for tests that unpack it hundreds of times; the directory is the test's own. */
export async function shellLayout(directory: string): Promise<string> {
  const [root, layout, tar] = [join(directory, "root"), join(directory, "layout"), join(directory, "root.tar")];
  mkdirSync(join(root, "bin"), { recursive: true });
  const busybox = (await output(["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v busybox"])).trim();
  await output(["cp", "-L", busybox, join(root, "bin/busybox")]);
  for (const applet of ["sh", "mkdir", "rm", "chmod", "dd"]) symlinkSync("busybox", join(root, "bin", applet));
  await output(["tar", "--owner=0", "--group=0", "--numeric-owner", "-cf", tar, "-C", root, "."]);
  await output([process.execPath, join(checkout, ".ci/image-from-tar.mjs"), tar, layout]);
  return layout;
}

async function writeBusyboxRoot(root: string): Promise<void> {
  const busybox = (await output(["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v busybox"])).trim();
  await output(["cp", "-L", busybox, join(root, "bin/busybox")]);
  chmodSync(join(root, "bin/busybox"), 0o755);
  const applets = (await output([busybox, "--list"])).split("\n");
  for (const applet of applets.filter((name) => name !== "" && name !== "busybox"))
    symlinkSync("busybox", join(root, "bin", applet));
  for (const [directory, mode] of [
    ["etc", 0o755],
    ["root", 0o700],
    ["tmp", 0o1777],
    ["usr", 0o755],
  ] as const) {
    mkdirSync(join(root, directory));
    chmodSync(join(root, directory), mode);
  }
  // Where scripts look for an interpreter, whatever the layout of the machine that made them.
  symlinkSync("../bin", join(root, "usr/bin"));
  const users = [
    "root:x:0:0:root:/root:/bin/sh",
    "app:x:1000:1000:app:/home/app:/bin/sh",
    "nobody:x:65534:65534:nobody:/:/bin/false",
  ];
  writeFileSync(join(root, "etc/passwd"), `${users.join("\n")}\n`);
  writeFileSync(join(root, "etc/group"), "root:x:0:\napp:x:1000:\nstaff:x:50:app\nnogroup:x:65534:\n");
}

function cacheDirectory(): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(cache, "oci-build-checkout");
}
