import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Comparison } from "./comparison.ts";
import { timeHelper, timeShell } from "./timed.ts";

/**
 * What a step costs without an overlay: its layers are laid out, and what it changed is found, against a copy and a search for
 * differences by sizes and times.
 * @param layer a directory with a base's files
 */
export function cloning(layer: string): Comparison {
  const changed = readdirSync(join(layer, "etc"), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .slice(0, 10)
    .map(({ name }) => `etc/${name}`);
  return {
    work: "clone and compare a root of 170 MB in which 10 files changed",
    makesFile: false,
    ours: {
      name: "oci-build",
      work: (target) =>
        timeHelper(async (session) => {
          await session.call("clone", { lowers: [layer], target, writable: true });
          for (const file of changed) writeFileSync(join(target, file), "changed");
          const upper = `${target}.upper`;
          await session.call("compare", { root: target, lowers: [layer], upper, epoch: 0, process: true });
        }),
    },
    peers: [
      {
        name: "cp -a, rsync -n",
        toReach: 1,
        work: (target) => {
          const change = changed.map((file) => `printf changed > ${target}/${file}`).join(" && ");
          return timeShell(
            `cp -a ${layer} ${target} && ${change} && rsync -a -n -i ${layer}/ ${target}/ > ${target}.list`,
          );
        },
      },
    ],
  };
}
