import { parseByteSize } from "../../plan/byte-size.ts";
import { formatBytes } from "../../progress/byte-size.ts";
import { totalBytes } from "../../store/room/choose.ts";
import { parseAge } from "../age-text.ts";
import { defineCommand, type Command } from "../command.ts";
import { interruptible } from "../interruptible.ts";
import { rootFlag, storeRoot } from "../store-root.ts";
import { usageError } from "../usage-error.ts";
import { withRoom } from "../with-room.ts";

export const pruneCommand: Command = defineCommand({
  name: "prune",
  summary: "Make room in the store",
  description: [
    "Removes images without a name, what no build can use any more, and of the cache as much as the flags say. Images with a name stay, and so does what a running build uses.",
  ],
  positionals: { usage: "", min: 0, max: 0 },
  flags: {
    all: { type: "bool", short: "a", help: "Remove the whole cache, cache mounts included." },
    filter: {
      type: "list",
      value: "until=AGE",
      help: "Remove what was not used for so long (24h, 30d), or since a time (2026-01-31T12:00:00Z), and nothing else.",
    },
    "keep-storage": {
      type: "string",
      value: "SIZE",
      help: "Remove what was used least recently, until the store takes no more than this (512MB, 10GB; units of 1024).",
    },
    force: { type: "bool", short: "f", hidden: true, help: "Accepted: nothing is asked in any case." },
    verbose: { type: "bool", short: "v", help: "Name everything that is removed." },
    root: rootFlag,
  },
  refused: {
    "max-used-space": "is called --keep-storage",
    "reserved-space": "is not supported yet",
    "min-free-space": "is not supported yet",
  },
  examples: [
    { text: "What was not used for a month", command: "oci-build prune --filter until=30d" },
    { text: "At most 20 GB", command: "oci-build prune --keep-storage 20GB" },
    { text: "Nothing but images with a name", command: "oci-build prune --all" },
  ],
  exitCodes: [
    ["0", "removed what nobody uses"],
    ["1", "something could not be removed"],
    ["2", "the command line is wrong"],
  ],

  run: ({ flags }, context) => {
    const clearing = {
      all: flags.all,
      unusedSince: readFilters(flags.filter),
      keepBytes: flags["keep-storage"] === undefined ? undefined : readSize(flags["keep-storage"]),
    };
    if (flags.all && clearing.keepBytes !== undefined)
      throw usageError("--all and --keep-storage exclude each other", "without --all it is the cache that makes room");
    return interruptible(context, async ({ signal }) => {
      const { stdout, engine, env } = context;
      const removed = await withRoom(engine, storeRoot(flags.root, env), (room) => room.prune(clearing, { signal }));
      if (flags.verbose) stdout.write(removed.map(({ kind, name }) => `removed ${kind} ${name}\n`).join(""));
      stdout.write(`Total reclaimed space: ${formatBytes(totalBytes(removed))}\n`);
      return 0;
    });
  },
});

function readFilters(filters: readonly string[]): number | undefined {
  const times = filters.map((filter) => {
    const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(filter) ?? [];
    if (name !== "until") throw usageError(`--filter ${name} is not supported`, "the filter that is: until=24h");
    const age = parseAge(value);
    if (age !== undefined) return Date.now() - age;
    const time = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(time))
      throw usageError(`--filter until=${value} is neither an age nor a time`, "write until=24h or until=2026-01-31");
    return time;
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

function readSize(text: string): number {
  const size = parseByteSize(text);
  if (size === undefined) throw usageError(`--keep-storage ${text} is not a size`, "write a number with a unit: 20GB");
  return size;
}
