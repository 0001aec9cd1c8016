import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ociBuild } from "../test/support/cli.ts";
import type { Ended } from "../test/support/process.ts";
import { giveTo, type UserName } from "../test/support/users.ts";
import type { Peer } from "./peer.ts";
import { successful } from "./successful.ts";

export function ociBuildPeer(user: UserName, directory: string): Peer {
  let rounds = 0;
  let store = join(directory, "store");
  const pulled = join(directory, "pulled");
  const run = (...args: readonly string[]): Promise<Ended> =>
    ociBuild(args, { as: user, env: { OCI_BUILD_ROOT: store } });
  return {
    name: "oci-build",
    version: async () => (await successful(run("--version"))).stdout.trim().replace(/^oci-build (version )?/, ""),
    empty: () => {
      rounds += 1;
      store = join(directory, `store-${rounds}`);
      mkdirSync(store);
      giveTo(user, store);
      return Promise.resolve();
    },
    // There is no command that only pulls. The RUN makes the build unpack the base, as the others' pull does.
    pull: async (base) => {
      mkdirSync(pulled, { recursive: true });
      writeFileSync(join(pulled, "Dockerfile"), `FROM ${base}\nRUN true\n`);
      await successful(run("build", "--quiet", pulled));
    },
    build: async (context, { cache }) => {
      await successful(run("build", "--quiet", ...(cache ? [] : ["--no-cache"]), "--tag", "bench", context));
    },
  };
}
