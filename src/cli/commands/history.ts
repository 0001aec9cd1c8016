import type { StoredImage } from "../../store/images.ts";
import { formatBytes } from "../../progress/byte-size.ts";
import { printable } from "../../progress/terminal-text.ts";
import { formatAge } from "../age.ts";
import { defineCommand, type Command } from "../command.ts";
import { rootFlag, storeRoot } from "../store-root.ts";
import { renderTable } from "../table.ts";
import { withImages } from "../with-images.ts";

export const historyCommand: Command = defineCommand({
  name: "history",
  summary: "Show the steps that an image was made of",
  description: ["Lists the last step first. A size is that of the layer as it is stored, which may be compressed."],
  positionals: { usage: "IMAGE", min: 1, max: 1 },
  flags: {
    format: {
      type: "choice",
      choices: ["table", "json"],
      default: "table",
      help: "A table, or one JSON object per line, in full.",
    },
    "no-trunc": { type: "bool", help: "Show steps in full." },
    root: rootFlag,
  },
  refused: {
    quiet: "is not supported: steps have no ids, only the image has one (oci-build images -q)",
    "-q": "is not supported: steps have no ids, only the image has one (oci-build images -q)",
    human: "is not supported: the table is for people, and --format json has bytes",
    "-H": "is not supported: the table is for people, and --format json has bytes",
    platform: "is not supported yet",
  },
  examples: [
    { text: "What makes the image large", command: "oci-build history app:1.0" },
    { text: "The steps alone", command: "oci-build history --format json app:1.0 | jq -r .CreatedBy" },
  ],
  exitCodes: [
    ["0", "printed"],
    ["1", "there is no such image"],
    ["2", "the command line is wrong"],
  ],

  run: async ({ flags, positionals: [reference = ""] }, { env, stdout, engine }) => {
    const image = await withImages(engine, storeRoot(flags.root, env), (images) => images.find(reference));
    const steps = stepsOf(image);
    if (flags.format === "json") stdout.write(steps.map((step) => `${JSON.stringify(step)}\n`).join(""));
    else stdout.write(table(steps, flags["no-trunc"]));
    return 0;
  },
});

/** An entry of the history under docker's keys (`docker history --format json`); the size is in bytes, though. */
interface Step {
  readonly CreatedAt: string;
  readonly CreatedBy: string;
  readonly Size: number;
  readonly Comment: string;
}

/** The last step first. Layers belong to the entries that are not empty, in order; those beyond the history show as well. */
function stepsOf({ configDocument: { history = [] }, layers }: StoredImage): readonly Step[] {
  const left = [...layers];
  const told = history.map((entry) => ({
    CreatedAt: entry.created ?? "",
    CreatedBy: entry.created_by ?? "",
    Size: entry.empty_layer === true ? 0 : (left.shift()?.size ?? 0),
    Comment: entry.comment ?? "",
  }));
  const untold = left.map(({ size }) => ({ CreatedAt: "", CreatedBy: "", Size: size, Comment: "" }));
  return [...told, ...untold].toReversed();
}

const shownLength = 60;

function table(steps: readonly Step[], full: boolean): string {
  const lines = steps.map((step) => [
    formatAge(step.CreatedAt, Date.now()),
    shown(step.CreatedBy, full),
    formatBytes(step.Size),
    printable(step.Comment),
  ]);
  return renderTable([["CREATED", "CREATED BY", "SIZE", "COMMENT"], ...lines]);
}

function shown(text: string, full: boolean): string {
  const line = printable(text);
  return full || line.length <= shownLength ? line : `${line.slice(0, shownLength - 1)}…`;
}
