import t from "tap";
import { chooseVictims, type Clearing } from "../../../src/store/room/choose.ts";
import type { Item, ItemKind, Need } from "../../../src/store/room/item.ts";

const item = (name: string, need: Need, lastUsed: number, kind: ItemKind = "layer"): Item => ({
  kind,
  name,
  need,
  bytes: 10,
  lastUsed,
  removal: { by: "unlinking", paths: [name] },
});

const store = [
  item("image", "tag", 1),
  item("new", "cache", 40),
  item("old", "cache", 10),
  item("middle", "cache", 20),
  item("record", "cache", 5, "record"),
  item("useless", "nothing", 30),
];

const rows: readonly (readonly [what: string, clearing: Clearing, names: readonly string[]])[] = [
  ["only what is of no use", { all: false }, ["useless"]],
  ["the whole cache, what was used least recently first", { all: true }, ["useless", "record", "old", "middle", "new"]],
  ["what was not used since", { all: false, unusedSince: 25 }, ["record", "old", "middle"]],
  [
    "what was not used since, of no use or not",
    { all: false, unusedSince: 31 },
    ["useless", "record", "old", "middle"],
  ],
  ["as much as is too much", { all: false, keepBytes: 35 }, ["useless", "old", "middle"]],
  ["nothing of the cache while there is room", { all: false, keepBytes: 50 }, ["useless"]],
  [
    "no image with a name, and no record, for the sake of room",
    { all: false, keepBytes: 0 },
    ["useless", "old", "middle", "new"],
  ],
  ["of too much only what was not used since", { all: false, keepBytes: 0, unusedSince: 15 }, ["old"]],
];

for (const [what, clearing, names] of rows)
  t.test(`prune chooses ${what}`, (t) => {
    t.same(
      chooseVictims(store, clearing).map(({ name }) => name),
      names,
    );
    t.end();
  });
