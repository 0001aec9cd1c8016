import { BlockList, isIP } from "node:net";

/** Where docker.io, which is a name of images and no registry, is served. */
const dockerHub = { name: "docker.io", host: "registry-1.docker.io" };

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** The host that serves the registry of a reference, e.g. `registry-1.docker.io` for `docker.io`. */
export function hostOf(registry: string): string {
  return registry === dockerHub.name ? dockerHub.host : registry;
}

/** Whether a host, with or without a port, is this machine: `localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopback(host: string): boolean {
  const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, "");
  if (name === "localhost") return true;
  const family = isIP(name);
  return family !== 0 && loopback.check(name, family === 4 ? "ipv4" : "ipv6");
}
