import { copyFile } from "node:fs/promises";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { messageOf, OciBuildError } from "../../errors.ts";
import { writeAtomically } from "../../output/atomic-file.ts";
import type { CacheMountArchives } from "../../store/cache-mount-archive.ts";
import { didYouMean } from "../../syntax/suggest.ts";
import { defineCommand, type Command } from "../command.ts";
import type { Context } from "../context.ts";
import { rootFlag, storeRoot } from "../store-root.ts";
import { usageError } from "../usage-error.ts";

const exitCodes = [
  ["0", "done"],
  ["1", "there is no such cache mount, a step uses it, or the file cannot be read or written"],
  ["2", "the command line is wrong"],
] as const;

export const cacheMountsExportCommand: Command = defineCommand({
  name: "cache-mounts export",
  summary: "Write what a RUN --mount=type=cache has kept to a tar",
  description: [
    "For a machine that forgets its store: import it before the next build there. Equal content gives equal bytes; owners are those that the steps see. See mounts.md.",
  ],
  positionals: { usage: "ID", min: 1, max: 1 },
  flags: {
    output: { type: "string", short: "o", value: "FILE", help: "Write to FILE (default: - for standard output)." },
    root: rootFlag,
  },
  examples: [{ text: "Keep apt's packages", command: "oci-build cache-mounts export /var/cache/apt -o apt.tar" }],
  exitCodes,

  run: ({ flags: { output = "-", root }, positionals: [id = ""] }, context) => {
    const { stdout, env } = context;
    if (output === "-" && stdout.isTTY === true)
      throw usageError("a tar is not written to a terminal", "name a file with -o, or redirect standard output");
    return withArchives(storeRoot(root, env), context, async (archives) => {
      await mustBeKnown(archives, id);
      await archives.exporting(id, async (file) => {
        if (output === "-") await pipeline(createReadStream(file), stdout, { end: false });
        else
          await writeAtomically(output, (temporary) => copyFile(file, temporary)).catch(asFailure(`write ${output}`));
      });
    });
  },
});

export const cacheMountsImportCommand: Command = defineCommand({
  name: "cache-mounts import",
  summary: "Fill a RUN --mount=type=cache from a tar",
  description: [
    "What the cache mount held before is gone. The tar may be compressed with gzip or zstd. Where the mount has uid=, gid= or mode=, give the same here.",
  ],
  positionals: { usage: "ID", min: 1, max: 1 },
  flags: {
    input: { type: "string", short: "i", value: "FILE", help: "Read FILE (default: - for standard input)." },
    uid: { type: "string", value: "NUMBER", help: "The mount's uid=." },
    gid: { type: "string", value: "NUMBER", help: "The mount's gid=." },
    mode: { type: "string", value: "MODE", help: "The mount's mode=, octal." },
    root: rootFlag,
  },
  examples: [
    { text: "As it was on the last machine", command: "oci-build cache-mounts import /var/cache/apt -i apt.tar" },
  ],
  exitCodes,

  run: ({ flags, positionals: [id = ""] }, context) => {
    const { input = "-", uid, gid, mode, root } = flags;
    const asked = [uid, gid, mode].some((value) => value !== undefined);
    const access = {
      uid: numberOf("uid", uid ?? "0", 10),
      gid: numberOf("gid", gid ?? "0", 10),
      mode: numberOf("mode", mode ?? "755", 8),
    };
    return withArchives(storeRoot(root, context.env), context, async (archives) => {
      const archive = input === "-" ? process.stdin : createReadStream(input);
      await archives.importing({ id, access: asked ? access : undefined }, archive).catch(asFailure(`read ${input}`));
    });
  },
});

async function withArchives(
  root: string,
  { engine }: Context,
  use: (archives: CacheMountArchives) => Promise<void>,
): Promise<number> {
  const archives = await engine.openCacheMountArchives(root);
  try {
    await use(archives);
    return 0;
  } finally {
    await archives.close();
  }
}

async function mustBeKnown(archives: CacheMountArchives, id: string): Promise<void> {
  const names = (await archives.names()).map((mount) => mount.id);
  if (names.includes(id)) return;
  throw new OciBuildError(
    "cache-mount-unknown",
    `no cache mount is called ${JSON.stringify(id)}${didYouMean(id, names)}`,
    { hint: "see: oci-build cache-mounts ls" },
  );
}

function numberOf(name: string, text: string, base: 8 | 10): number {
  const digits = base === 8 ? /^0*[0-7]{1,4}$/ : /^\d{1,10}$/;
  if (!digits.test(text)) throw usageError(`--${name} ${text} is no number of base ${base}`);
  return Number.parseInt(text, base);
}

function asFailure(what: string): (error: unknown) => never {
  return (cause) => {
    if (cause instanceof OciBuildError) throw cause;
    throw new OciBuildError("file-failed", `cannot ${what}: ${messageOf(cause)}`, { cause });
  };
}
