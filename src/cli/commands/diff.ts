import type { Comparison } from "../../compare/compare.ts";
import { defineCommand, type Command } from "../command.ts";
import { comparisonText } from "../comparison-text.ts";
import { interruptible } from "../interruptible.ts";
import { insecureRegistryFlag, rootFlag, storeRoot } from "../store-root.ts";
import { usageError } from "../usage-error.ts";

/** The flags of every command that tells differences. */
export const comparisonFlags = {
  format: { type: "choice", choices: ["text", "json"], default: "text", help: "Text, or JSON with every difference." },
  limit: { type: "string", value: "N", help: "How many differences are shown at most, 1 to 10000 (default: 20)." },
} as const;

export const comparisonExitCodes = [
  ["2", "they could not be compared, or the command line is wrong, as with diff(1)"],
] as const;

export const diffCommand: Command = defineCommand({
  name: "diff",
  summary: "Say whether two images are equal, and what differs",
  description: [
    "Compares two images down to the file and the byte: layers from the bottom up, the entries of those that differ, then config and manifest.",
    "An IMAGE is a name or a digest of the store, oci:DIR[:TAG], oci-archive:FILE[:TAG], or docker://NAME, which asks the registry.",
  ],
  positionals: { usage: "IMAGE IMAGE", min: 2, max: 2 },
  failureExitCode: () => 2,
  flags: { ...comparisonFlags, root: rootFlag, "insecure-registry": insecureRegistryFlag },
  examples: [
    { text: "Two images of the store", command: "oci-build diff app:1.0 app:1.1" },
    {
      text: "What was built here, and what the registry has",
      command: "oci-build diff app:1.0 docker://example.com/app:1.0",
    },
    {
      text: "Paths that changed, for a script",
      command: "oci-build diff --format json oci:a oci:b | jq -r '.differences[].path'",
    },
  ],
  exitCodes: [["0", "they are equal"], ["1", "they differ"], ...comparisonExitCodes],

  run: ({ flags, positionals: [before = "", after = ""] }, context) =>
    interruptible(context, async ({ signal }) => {
      const comparison = await context.engine.diffImages({
        images: [before, after],
        most: readLimit(flags.limit),
        root: storeRoot(flags.root, context.env),
        insecureRegistries: flags["insecure-registry"],
        signal,
      });
      context.stdout.write(comparisonOutput(comparison, flags.format));
      return comparison.equal ? 0 : 1;
    }),
});

/** @throws OciBuildError `usage` */
export function readLimit(text = "20"): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 10_000) return limit;
  throw usageError(`--limit: ${JSON.stringify(text)} is no number from 1 to 10000`);
}

export function comparisonOutput(comparison: Comparison, format: "text" | "json"): string {
  return format === "json" ? `${JSON.stringify(comparison, undefined, 2)}\n` : comparisonText(comparison);
}
