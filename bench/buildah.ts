import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ended } from "../test/support/process.ts";
import { asUser, giveTo, type UserName } from "../test/support/users.ts";
import type { Peer } from "./peer.ts";
import { successful } from "./successful.ts";

/** Debian's buildah at its best for an ordinary user: overlay in its user namespace, and the lightest isolation. */
export function buildah(user: UserName, directory: string): Peer {
  const configuration = join(directory, "storage.conf");
  let rounds = 0;
  const useNewStore = (): void => {
    rounds += 1;
    const store = join(directory, `store-${rounds}`);
    mkdirSync(store);
    giveTo(user, store);
    const roots = `graphroot = "${join(store, "graph")}"\nrunroot = "${join(store, "run")}"`;
    writeFileSync(configuration, `[storage]\ndriver = "overlay"\n${roots}\n`);
  };
  useNewStore();
  const run = (...args: readonly string[]): Promise<Ended> =>
    asUser(user, ["buildah", ...args], {
      env: { HOME: directory, TMPDIR: directory, CONTAINERS_STORAGE_CONF: configuration },
    });
  return {
    name: "buildah",
    version: async () => (await successful(run("--version"))).stdout.trim().replace(/^buildah version (\S+).*/, "$1"),
    empty: () => Promise.resolve(useNewStore()),
    pull: async (base) => {
      await successful(run("pull", "--quiet", "--tls-verify=false", base));
    },
    build: async (context, { cache }) => {
      const flags = ["--layers", "--isolation", "chroot", "--quiet", "--tls-verify=false"];
      await successful(run("bud", ...flags, ...(cache ? [] : ["--no-cache"]), "--tag", "bench", context));
    },
  };
}
