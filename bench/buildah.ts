import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ended } from "../test/support/process.ts";
import { asUser, giveTo, type UserName } from "../test/support/users.ts";
import type { Peer } from "./peer.ts";
import { successful } from "./successful.ts";

/** Debian's buildah at its best for an ordinary user: overlay in its user namespace, and the lightest isolation. */
export function buildah(user: UserName, directory: string): Peer {
  const configuration = join(directory, "storage.conf");
  writeFileSync(configuration, `[storage]\ndriver = "overlay"\n`);
  let rounds = 0;
  let home = directory;
  // For an ordinary user the store lies below HOME, whatever storage.conf says of graphroot.
  const useNewHome = (): void => {
    rounds += 1;
    home = join(directory, `home-${rounds}`);
    mkdirSync(home);
    giveTo(user, home);
  };
  const run = (...args: readonly string[]): Promise<Ended> =>
    asUser(user, ["buildah", ...args], {
      env: { HOME: home, TMPDIR: directory, CONTAINERS_STORAGE_CONF: configuration },
    });
  return {
    name: "buildah",
    version: async () => (await successful(run("--version"))).stdout.trim().replace(/^buildah version (\S+).*/, "$1"),
    empty: () => Promise.resolve(useNewHome()),
    pull: async (base) => {
      await successful(run("pull", "--quiet", "--tls-verify=false", base));
    },
    build: async (context, { cache }) => {
      const flags = ["--layers", "--isolation", "chroot", "--quiet", "--tls-verify=false"];
      await successful(run("bud", ...flags, ...(cache ? [] : ["--no-cache"]), "--tag", "bench", context));
    },
  };
}
