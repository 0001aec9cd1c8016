import { readFile } from "node:fs/promises";
import { OciBuildError } from "../errors.ts";
import type { FileMount, Network } from "../helper/messages.ts";
import { HOST_GATEWAY, type ExtraHost, type Names } from "../network/names.ts";
import { isStub, resolvConf } from "../network/resolv-conf.ts";
import { isMissing } from "../store/durable.ts";

/** BuildKit's host name in a RUN. */
export const BUILD_HOSTNAME = "buildkitsandbox";

/** The servers that systemd-resolved asks, where /etc/resolv.conf names only itself. */
const BEHIND_RESOLVED = "/run/systemd/resolve/resolv.conf";

interface Naming {
  readonly network: Network;
  readonly names: Names;
  readonly warn: (message: string) => void;
}

/**
 * The generated files that a process sees over its image's own, and that never reach a layer (BuildKit mounts the
 * same two).
 * @throws OciBuildError `host-gateway-unavailable`
 */
export async function networkFiles(hostname: string, naming: Naming): Promise<readonly FileMount[]> {
  const hosts = naming.names.hosts.map((host) => ({ ...host, address: addressOf(host, naming.network) }));
  const own = `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  return [
    { path: "/etc/hosts", content: own + hosts.map(({ name, address }) => `${address}\t${name}\n`).join("") },
    { path: "/etc/resolv.conf", content: resolvConf(await machineSettings(naming), naming.names) },
  ];
}

/** With the host's network the host is where it is from itself. A private one is there to keep it out of reach. */
function addressOf({ name, address }: ExtraHost, network: Network): string {
  if (address !== HOST_GATEWAY) return address;
  if (network === "private")
    throw new OciBuildError(
      "host-gateway-unavailable",
      `--add-host ${name}:host-gateway: a private network has no way to this machine`,
      {
        hint: "give the RUN the machine's network (RUN --network=host), or name an address that the machine has outside",
      },
    );
  return "127.0.0.1";
}

/**
 * The machine's resolv.conf. With its network that is right as it stands, a stub resolver on 127.0.0.53 included; a private
 * network does not reach a stub, but the servers behind it.
 */
async function machineSettings({ network, names, warn }: Naming): Promise<string> {
  const text = (await textOf("/etc/resolv.conf")) ?? "";
  if (network !== "private" || names.servers.length > 0 || !isStub(text)) return text;
  const behind = await textOf(BEHIND_RESOLVED);
  if (behind !== undefined && !isStub(behind)) return behind;
  warn(
    "this machine's name server listens on its loopback, which a private network does not reach: name one with --dns",
  );
  return text;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
