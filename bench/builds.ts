import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { debianLayout, push, startRegistry } from "../test/support/bases.ts";
import { checkout, isRoot } from "../test/support/checkout.ts";
import { temporaryDirectory, type Lifetime } from "../test/support/temporary.ts";
import { giveTo, type UserName } from "../test/support/users.ts";
import { withLifetime } from "./lifetime.ts";
import { buildah } from "./buildah.ts";
import { docker } from "./docker.ts";
import { measureBuilds, measurePull, rows, type Row, type Work } from "./measure.ts";
import { ociBuildPeer } from "./oci-build.ts";
import type { Peer } from "./peer.ts";
import { renderTable, replaceMarked, type Column } from "./report.ts";
import { machineLine } from "./rounds.ts";
import { writeContext } from "./scenario.ts";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    /** Of oci-build, buildah, docker (which needs root); the first is compared with the others. */
    peers: { type: "string", default: "oci-build,buildah" },
    /** Put the table into docs/benchmarks.md. */
    write: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

await withLifetime(main);

async function main(lifetime: Lifetime): Promise<void> {
  // Everything is measured as an ordinary user with sub-ids: root becomes one.
  const user: UserName = isRoot ? "ocib-subids" : "self";
  const directory = temporaryDirectory(lifetime, user);
  const base = `${await startRegistry(lifetime)}/library/debian`;
  await push(await debianLayout(), base);
  const context = writeContext(join(directory, "context"), base);
  giveTo(user, context);

  const peers = await Promise.all(
    flags.peers.split(",").map((name) => makePeer(name, { user, directory: join(directory, name), lifetime })),
  );
  const columns = await measure(peers, { context, base }, Number(flags.rounds));
  const report = `${machineLine(flags.rounds)}\n\n${renderTable(columns)}`;
  console.log(report);
  if (!flags.write) return;
  const page = join(checkout, "docs/benchmarks.md");
  writeFileSync(page, replaceMarked(readFileSync(page, "utf8"), report));
}

interface Surroundings {
  readonly user: UserName;
  readonly directory: string;
  readonly lifetime: Lifetime;
}

function makePeer(name: string, { user, directory, lifetime }: Surroundings): Promise<Peer> {
  mkdirSync(directory, { recursive: true });
  giveTo(user, directory);
  if (name === "oci-build") return Promise.resolve(ociBuildPeer(user, directory));
  if (name === "buildah") return Promise.resolve(buildah(user, directory));
  if (name === "docker") return docker(lifetime);
  throw new Error(`unknown peer ${name}: oci-build, buildah or docker`);
}

/** Peer by peer: what one deletes slows the file system for whoever comes next (docs/benchmarks.md), and that should be itself. */
async function measure(peers: readonly Peer[], work: Work, rounds: number): Promise<readonly Column[]> {
  const columns = await Promise.all(
    peers.map(async (peer) => ({
      name: peer.name,
      version: await peer.version(),
      times: new Map<Row, number[]>(rows.map((row) => [row, []])),
    })),
  );
  for (const [index, peer] of peers.entries()) {
    for (const part of [measurePull, measureBuilds]) {
      for (let round = 1; round <= rounds; round += 1) {
        const times = await part(peer, work);
        const shown = [...times].map(([row, time]) => `${row} ${time.toFixed(2)}`);
        console.error(`round ${round}, ${peer.name}: ${shown.join(", ")}`);
        for (const [row, time] of times) columns[index]?.times.get(row)?.push(time);
      }
    }
  }
  return columns;
}
