import { once } from "node:events";
import { writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Test } from "tap";
import { output } from "../support/process.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { giveTo, startAsUser, type UserName } from "../support/users.ts";

/** The word that a step has as a secret, and that no other may find. */
export const word = "geheim";

/** Things of a machine that no step may reach. */
export interface Attacked {
  readonly file: string;
  readonly content: string;
  /** What the attacks ask for in their environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the process that is to be left alone still runs. */
  processLives(): boolean;
}

/** A file, a process and services of a user, where whoever is let out of a sandbox finds them. */
export async function attackedMachine(t: Test, user: UserName, store: string): Promise<Attacked> {
  const directory = temporaryDirectory(t, user);
  const [file, socket, abstract] = [join(directory, "file"), join(directory, "socket"), `oci-build${directory}`];
  const content = "of the machine\n";
  writeFileSync(file, content);
  const { child } = startAsUser(user, ["sleep", "3600"], { env: { SECRET: word } });
  t.teardown(() => child.kill("SIGKILL"));
  const disk = await attachDisk(t, directory);
  const port = await listen(t, 0);
  await listen(t, socket);
  await listen(t, `\0${abstract}`);
  giveTo(user, directory);
  return {
    file,
    content,
    environment: {
      HOST_FILE: file,
      HOST_PID: String(child.pid),
      HOST_PORT: String(port),
      HOST_SOCKET: socket,
      HOST_ABSTRACT: abstract,
      STORE: store,
      DISK: disk,
    },
    processLives: () => child.exitCode === null && child.signalCode === null,
  };
}

/** A service that answers everybody; gives its port. */
async function listen(t: Test, where: number | string): Promise<number> {
  const server = http.createServer((_, response) => response.end("of the machine\n"));
  server.listen(typeof where === "number" ? { port: where, host: "127.0.0.1" } : { path: where });
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address() as AddressInfo | string;
  return typeof address === "string" ? 0 : address.port;
}

/** Number of a device like a disk, as `MAJOR:MINOR`; needs root. */
async function attachDisk(t: Test, directory: string): Promise<string> {
  const file = join(directory, "disk");
  writeFileSync(file, "x".repeat(4096));
  const device = (await output(["losetup", "--find", "--show", file])).trim();
  t.teardown(() => output(["losetup", "--detach", device]));
  return (await output(["lsblk", "--noheadings", "--output", "MAJ:MIN", device])).trim();
}
