import { readFile } from "node:fs/promises";
import type { FileMount } from "../helper/messages.ts";
import { isMissing } from "../store/durable.ts";

/** BuildKit's host name in a RUN. */
export const BUILD_HOSTNAME = "buildkitsandbox";

/**
 * The generated files that a process sees over its image's own, and that never reach a layer (BuildKit mounts the
 * same two). With the host's network its resolv.conf is right as it stands, a stub resolver on 127.0.0.53 included.
 */
export async function networkFiles(hostname: string): Promise<readonly FileMount[]> {
  return [
    { path: "/etc/hosts", content: `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n` },
    { path: "/etc/resolv.conf", content: await resolvConf() },
  ];
}

async function resolvConf(): Promise<string> {
  try {
    return await readFile("/etc/resolv.conf", "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}
