import { formatBytes } from "../../progress/byte-size.ts";
import { totalBytes } from "../../store/room/choose.ts";
import type { Item } from "../../store/room/item.ts";
import { formatAge } from "../age.ts";
import { defineCommand, type Command } from "../command.ts";
import { rootFlag, storeRoot } from "../store-root.ts";
import { renderTable } from "../table.ts";
import { withRoom } from "../with-room.ts";

export const duCommand: Command = defineCommand({
  name: "du",
  summary: "Show what takes room in the store",
  description: [
    "Room is needed by images with a name, or is cache, which may spare later builds work, or of no use to any build. What prune removes of it: see room.md.",
  ],
  positionals: { usage: "", min: 0, max: 0 },
  flags: {
    verbose: { type: "bool", short: "v", help: "Show everything one by one, the largest first." },
    format: {
      type: "choice",
      choices: ["table", "json"],
      default: "table",
      help: "A table, or one JSON object per line, with sizes in bytes.",
    },
    root: rootFlag,
  },
  refused: { filter: "is not supported yet" },
  examples: [
    { text: "What is largest", command: "oci-build du --verbose | head" },
    { text: "For a script", command: "oci-build du --verbose --format json | jq 'select(.need == \"nothing\").name'" },
  ],
  exitCodes: [
    ["0", "shown"],
    ["1", "the store cannot be read"],
    ["2", "the command line is wrong"],
  ],

  run: async ({ flags }, { env, stdout, engine }) => {
    const items = await withRoom(engine, storeRoot(flags.root, env), (room) => room.inventory());
    const lines = flags.verbose ? largestFirst(items).map(asObject) : kinds(items);
    if (flags.format === "json") stdout.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    else stdout.write(flags.verbose ? itemTable(items) : kindTable(items));
    return 0;
  },
});

interface KindLine {
  readonly kind: string;
  readonly count: number;
  readonly size: number;
  readonly tagged: number;
  readonly cache: number;
  readonly useless: number;
}

function kinds(items: readonly Item[]): readonly KindLine[] {
  return [...new Set(items.map(({ kind }) => kind))].toSorted().map((kind) =>
    sumOf(
      kind,
      items.filter((item) => item.kind === kind),
    ),
  );
}

function sumOf(kind: string, items: readonly Item[]): KindLine {
  const of = (need: Item["need"]): number => totalBytes(items.filter((item) => item.need === need));
  const size = totalBytes(items);
  return { kind, count: items.length, size, tagged: of("tag"), cache: of("cache"), useless: of("nothing") };
}

function kindTable(items: readonly Item[]): string {
  const rows = [...kinds(items), sumOf("total", items)].map(({ kind, count, size, tagged, cache, useless }) => [
    kind,
    String(count),
    ...[size, tagged, cache, useless].map(formatBytes),
  ]);
  return renderTable([["KIND", "COUNT", "SIZE", "NAMED IMAGES", "CACHE", "OF NO USE"], ...rows]);
}

function itemTable(items: readonly Item[]): string {
  const rows = largestFirst(items).map((item) => [
    item.kind,
    formatBytes(item.bytes),
    item.need,
    formatAge(new Date(item.lastUsed).toISOString(), Date.now()),
    item.name,
  ]);
  return renderTable([["KIND", "SIZE", "NEEDED FOR", "LAST USED", "NAME"], ...rows]);
}

function largestFirst(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => b.bytes - a.bytes);
}

function asObject({ kind, name, need, bytes, lastUsed }: Item): object {
  return { kind, name, need, size: bytes, lastUsed: new Date(lastUsed).toISOString() };
}
