import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { busyboxLayout } from "./bases.ts";
import { checkout } from "./checkout.ts";
import type { Docker } from "./dockerd.ts";
import { type Ended, output } from "./process.ts";
import { temporaryDirectory } from "./temporary.ts";

export interface Container {
  /** Replaces the build context. */
  write(files: Readonly<Record<string, string>>): void;
  /** Path on this machine of a file in the directory `/volume`. */
  volume(name: string): string;
  /** Runs a script in a new container without any privilege; `$OCI` is oci-build, `/volume` a directory that stays. */
  run(script: string, flags?: readonly string[]): Promise<Ended>;
}

/**
 * Containers of busybox with docker's default profile and capabilities, which borrow node, its libraries and the program
 * from this machine.
 */
export async function unprivilegedContainer(t: Test, docker: Docker): Promise<Container> {
  const directory = temporaryDirectory(t);
  const archive = join(directory, "busybox.tar");
  await output([
    "skopeo",
    "copy",
    "--quiet",
    "--insecure-policy",
    `oci:${await busyboxLayout()}:latest`,
    `docker-archive:${archive}:builder:1`,
  ]);
  const loaded = await docker.run("load", "--input", archive);
  if (loaded.code !== 0) throw new Error(loaded.stderr);
  const [context, volume] = [join(directory, "context"), join(directory, "volume")];
  mkdirSync(volume);
  const borrowed = [
    "/lib",
    "/lib64",
    "/usr/lib",
    `${process.execPath}:/node`,
    `${join(checkout, "dist")}:/program/dist`,
    `${join(checkout, "package.json")}:/program/package.json`,
    `${context}:/context`,
  ];
  const volumes = borrowed.map((path) => `--volume=${path.includes(":") ? path : `${path}:${path}`}:ro`);
  return {
    volume: (name) => join(volume, name),
    write: (files) => {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(join(context, name, ".."), { recursive: true });
        writeFileSync(join(context, name), content);
      }
    },
    run: (script, flags = []) =>
      docker.run(
        "run",
        "--rm",
        "--network=host",
        ...volumes,
        `--volume=${volume}:/volume`,
        ...flags,
        "--env=OCI=/node /program/dist/cli.js",
        "builder:1",
        "sh",
        "-c",
        script,
      ),
  };
}
