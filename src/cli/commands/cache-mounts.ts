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

export const cacheMountsCommand: Command = defineCommand({
  name: "cache-mounts",
  summary: "List or remove what RUN --mount=type=cache has kept",
  description: [
    "ls lists the cache mounts of the store, rm removes those with these IDs, or with --all every one. An ID is that of the mount: id=, or its target. A cache mount that a step is using stays, and that is an error.",
  ],
  positionals: { usage: "ls | rm ID...", min: 1, max: Infinity },
  flags: {
    all: { type: "bool", short: "a", help: "rm: every cache mount." },
    format: {
      type: "choice",
      choices: ["table", "json"],
      default: "table",
      help: "ls: a table, or one JSON object per line.",
    },
    root: rootFlag,
  },
  examples: [
    { text: "What takes room", command: "oci-build cache-mounts ls" },
    { text: "Forget one", command: "oci-build cache-mounts rm /root/.cache" },
  ],
  exitCodes: [
    ["0", "done"],
    ["1", "one was not there or in use; the others are removed"],
    ["2", "the command line is wrong"],
  ],

  run: async ({ flags, positionals: [action = "", ...ids] }, context) => {
    const mounts = (): Promise<CacheMounts> => context.engine.openCacheMounts(storeRoot(flags.root, context.env));
    switch (action) {
      case "ls":
        if (ids.length > 0 || flags.all) throw usageError("cache-mounts ls takes no IDs and no --all");
        return withMounts(mounts, (opened) => list(opened, flags.format, context));
      case "rm":
        if (flags.all === ids.length > 0)
          throw usageError("cache-mounts rm takes IDs or --all", "see: oci-build cache-mounts ls");
        return withMounts(mounts, (opened) => remove(opened, ids, context));
      case "export":
      case "import":
        throw usageError(
          `cache-mounts ${action} is not supported yet`,
          "as root, tar the directory mounts of the store, which --root names",
        );
      default:
        throw usageError(
          `unknown action ${JSON.stringify(action)} of cache-mounts${didYouMean(action, ["ls", "rm"])}`,
          "it is ls or rm",
        );
    }
  },
});

async function withMounts(
  open: () => Promise<CacheMounts>,
  use: (mounts: CacheMounts) => Promise<void>,
): Promise<number> {
  const mounts = await open();
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
