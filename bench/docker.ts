import { startDockerd, type Docker } from "../test/support/dockerd.ts";
import type { Lifetime } from "../test/support/temporary.ts";
import type { Peer } from "./peer.ts";
import { successful } from "./successful.ts";

/** Debian's docker daemon with its BuildKit, as root. The daemon is up already when the clock starts. */
export async function docker(lifetime: Lifetime): Promise<Peer> {
  const daemon: Docker = await startDockerd(lifetime);
  return {
    name: "docker",
    version: async () => (await successful(daemon.run("version", "--format", "{{.Server.Version}}"))).stdout.trim(),
    empty: async () => {
      await successful(daemon.run("system", "prune", "--all", "--force"));
      await successful(daemon.run("builder", "prune", "--all", "--force"));
    },
    pull: async (base) => {
      await successful(daemon.run("pull", "--quiet", base));
    },
    build: async (context, { cache }) => {
      const flags = ["--quiet", "--network", "host", ...(cache ? [] : ["--no-cache"])];
      await successful(daemon.run("build", ...flags, "--tag", "bench", context));
    },
  };
}
