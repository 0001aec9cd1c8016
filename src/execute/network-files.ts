import { readFile } from "node:fs/promises";
import type { FileMount } from "../helper/messages.ts";
import { HOST_GATEWAY, type Names } from "../network/names.ts";
import { resolvConf } from "../network/resolv-conf.ts";
import { isMissing } from "../store/durable.ts";

/** BuildKit's host name in a RUN. */
export const BUILD_HOSTNAME = "buildkitsandbox";

/**
 * The generated files that a process sees over its image's own, and that never reach a layer (BuildKit mounts the
 * same two). With the host's network its resolv.conf is right as it stands, a stub resolver on 127.0.0.53 included, and
 * the host is where it is from itself: at 127.0.0.1.
 */
export async function networkFiles(hostname: string, names: Names): Promise<readonly FileMount[]> {
  const hosts = names.hosts.map(({ name, address }) => ({
    name,
    address: address === HOST_GATEWAY ? "127.0.0.1" : address,
  }));
  return [
    { path: "/etc/hosts", content: hostsFile(hostname, hosts) },
    { path: "/etc/resolv.conf", content: resolvConf(await textOf("/etc/resolv.conf"), names) },
  ];
}

function hostsFile(hostname: string, hosts: Names["hosts"]): string {
  const own = `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  return own + hosts.map(({ name, address }) => `${address}\t${name}\n`).join("");
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}
