import type { ContextEntry, ContextListing } from "../../list-context.ts";
import { formatBytes } from "../../progress/byte-size.ts";
import { printable } from "../../progress/terminal-text.ts";
import { parseSecret } from "../../secrets/secret-source.ts";
import { defineCommand, type Command } from "../command.ts";
import { fetchSecretFlag } from "../fetch-secret-flag.ts";
import { interruptible } from "../interruptible.ts";
import { rootFlag, storeRoot } from "../store-root.ts";
import { renderTable } from "../table.ts";

export const contextLsCommand: Command = defineCommand({
  name: "context ls",
  summary: "List what a build sees of its context",
  description: [
    "Lists the files of CONTEXT that COPY and ADD can see, with their sizes and their total. CONTEXT is what build takes: a directory, - for standard input, a git repository or a URL. A named context is listed by its location.",
  ],
  positionals: { usage: "CONTEXT", min: 1, max: 1 },
  flags: {
    why: { type: "bool", help: "List also what an ignore file drops, and the pattern that does it." },
    file: {
      type: "string",
      short: "f",
      value: "FILE",
      help: "The Dockerfile: FILE.dockerignore counts instead of the .dockerignore of the context.",
    },
    format: { type: "choice", choices: ["table", "json"], default: "table", help: "A table, or JSON." },
    secret: fetchSecretFlag,
    root: rootFlag,
  },
  examples: [
    { text: "What a COPY . can copy", command: "oci-build context ls ." },
    { text: "Which pattern of .dockerignore drops which file", command: "oci-build context ls --why ." },
  ],
  exitCodes: [
    ["0", "printed"],
    ["1", "the context cannot be read"],
    ["2", "the command line is wrong"],
  ],

  run: ({ flags, positionals: [location = ""] }, context) =>
    interruptible(context, async ({ signal }) => {
      const { file, why: dropped } = flags;
      const root = storeRoot(flags.root, context.env);
      const secrets = flags.secret.map((text) => parseSecret(text, context.env));
      const listing = await context.engine.listContext({ context: location, file, dropped, secrets, root, signal });
      context.stdout.write(flags.format === "json" ? `${JSON.stringify(listing, undefined, 2)}\n` : tableOf(listing));
      return 0;
    }),
});

function tableOf({ entries, count, bytes }: ContextListing): string {
  const hasDropped = entries.some(({ droppedBy }) => droppedBy !== undefined);
  const heads = hasDropped ? ["SIZE", "PATH", "DROPPED BY"] : ["SIZE", "PATH"];
  const rows = entries.map((entry) => [
    entry.kind === "file" ? formatBytes(entry.size) : "",
    shown(entry),
    ...(hasDropped ? [entry.droppedBy ?? ""] : []),
  ]);
  return `${renderTable([heads, ...rows])}${count} ${count === 1 ? "entry" : "entries"}, ${formatBytes(bytes)}\n`;
}

function shown({ path, kind }: ContextEntry): string {
  return printable(kind === "directory" ? `${path}/` : path);
}
