import { OciBuildError } from "../../errors.ts";
import { formatBytes } from "../../progress/byte-size.ts";
import type { CacheMounts, ListedCacheMount } from "../../store/cache-mount-list.ts";
import { didYouMean } from "../../syntax/suggest.ts";
import { formatAge } from "../age.ts";
import { collectFailures } from "../collect-failures.ts";
import { defineCommand, type Command } from "../command.ts";
import type { Context } from "../context.ts";
import { rootFlag, storeRoot } from "../store-root.ts";
import { renderTable } from "../table.ts";
import { usageError } from "../usage-error.ts";

export const cacheMountsLsCommand: Command = defineCommand({
  name: "cache-mounts ls",
  summary: "List what RUN --mount=type=cache has kept",
  description: ["An ID is that of the mount: id=, or its target."],
  positionals: { usage: "", min: 0, max: 0 },
  flags: {
    format: {
      type: "choice",
      choices: ["table", "json"],
      default: "table",
      help: "A table, or one JSON object per line.",
    },
    root: rootFlag,
  },
  examples: [{ text: "Sizes for a script", command: "oci-build cache-mounts ls --format json" }],
  exitCodes: [
    ["0", "listed"],
    ["1", "the store cannot be read"],
    ["2", "the command line is wrong"],
  ],

  run: ({ flags }, context) =>
    withMounts(storeRoot(flags.root, context.env), context, (mounts) => list(mounts, flags.format, context)),
});

export const cacheMountsRmCommand: Command = defineCommand({
  name: "cache-mounts rm",
  summary: "Remove what RUN --mount=type=cache has kept",
  description: ["A cache mount that a step is using stays, and that is an error."],
  positionals: { usage: "[ID...]", min: 0, max: Infinity },
  flags: { all: { type: "bool", short: "a", help: "Remove every cache mount." }, root: rootFlag },
  examples: [{ text: "Forget one", command: "oci-build cache-mounts rm /root/.cache" }],
  exitCodes: [
    ["0", "removed"],
    ["1", "one was not there or in use; the others are removed"],
    ["2", "the command line is wrong"],
  ],

  run: ({ flags, positionals }, context) => {
    if (flags.all === positionals.length > 0)
      throw usageError("cache-mounts rm takes IDs or --all", "see: oci-build cache-mounts ls");
    return withMounts(storeRoot(flags.root, context.env), context, (mounts) => remove(mounts, positionals, context));
  },
});

async function withMounts(
  root: string,
  { engine }: Context,
  use: (mounts: CacheMounts) => Promise<void>,
): Promise<number> {
  const mounts = await engine.openCacheMounts(root);
  try {
    await use(mounts);
    return 0;
  } finally {
    await mounts.close();
  }
}

async function list(mounts: CacheMounts, format: "table" | "json", { stdout }: Context): Promise<void> {
  const found = await mounts.list();
  if (format === "json") stdout.write(found.map((mount) => `${JSON.stringify(shown(mount))}\n`).join(""));
  else {
    const rows = found.map(({ id, size, lastUsed }) => [
      id,
      formatBytes(size),
      formatAge(lastUsed.toISOString(), Date.now()),
    ]);
    stdout.write(renderTable([["ID", "SIZE", "LAST USED"], ...rows]));
  }
}

function shown({ id, size, lastUsed, directories }: ListedCacheMount): object {
  return { id, size, lastUsed: lastUsed.toISOString(), directories };
}

/** Several mounts may have one id: those that began differently. */
async function remove(mounts: CacheMounts, ids: readonly string[], { stdout }: Context): Promise<void> {
  const names = [...new Set((await mounts.names()).map(({ id }) => id))];
  await collectFailures(ids.length === 0 ? names : ids, async (id) => {
    if (!names.includes(id))
      throw new OciBuildError(
        "cache-mount-unknown",
        `no cache mount is called ${JSON.stringify(id)}${didYouMean(id, names)}`,
        { hint: "see: oci-build cache-mounts ls" },
      );
    await mounts.remove(id);
    stdout.write(`${id}\n`);
  });
}
