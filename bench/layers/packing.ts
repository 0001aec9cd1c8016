import type { Compression } from "../../src/helper/messages.ts";
import type { Comparison } from "./comparison.ts";
import { timeHelper, timeShell } from "./timed.ts";

/** A new upper directory becomes a layer and its blob, against a tar of the same directory. */
export function packing(
  work: string,
  upper: string,
  toReach: Readonly<Record<"gzip" | "zstd", number>>,
): readonly Comparison[] {
  const programs = { gzip: "pigz", zstd: "zstd -q -T0" };
  return (["gzip", "zstd"] as const).map((compression) => ({
    work: `diff and pack ${work}, ${compression}`,
    makesFile: true,
    ours: { name: "oci-build", work: (target) => timePacking(upper, { target, compression }) },
    peers: [
      {
        name: `tar, ${programs[compression].replace(" -q", "")}`,
        toReach: toReach[compression],
        work: (target) => timeShell(`tar -C ${upper} -cf - . | ${programs[compression]} > ${target}`),
      },
    ],
  }));
}

/** The diffID first, as a build needs it, then the blob. */
export function timePacking(
  upper: string,
  { target, compression }: { readonly target: string; readonly compression: Compression },
): ReturnType<typeof timeHelper> {
  return timeHelper(async (session) => {
    const { diffId } = await session.call("commit", { upper, lowers: [], epoch: 0, process: true });
    await session.call("pack", { layer: upper, compression, target, expected: diffId });
  });
}
