import type { DiffId } from "../oci/digest.ts";
import type { HistoryEntry, ImageConfig, ResolvedImage } from "../oci/image.ts";
import type { Plan, Stage, StageIndex } from "../plan/step.ts";

/** BuildKit marks the history entries that it makes with this comment; tools that tell builders apart look for it. */
const HISTORY_COMMENT = "buildkit.dockerfile.v0";

/**
 * The configuration document of a plan's target (https://github.com/opencontainers/image-spec/blob/main/config.md).
 * Fields of the base image's document that oci-build does not know are carried along.
 * @param diffIds all layers, bottom first
 * @param created RFC 3339 time of the image and of its own history entries; the base's entries keep theirs
 */
export function assembleConfig(plan: Plan, diffIds: readonly DiffId[], created: string): ImageConfig {
  const stage = stageOf(plan, plan.target);
  const base = baseImageOf(plan, stage);
  const { os, architecture, variant, osVersion } = plan.platform;
  // Both at the front, where docker writes them, and over the base's.
  const own = { created, ...(stage.author === undefined ? {} : { author: stage.author }) };
  return {
    ...own,
    ...base?.config,
    ...own,
    architecture: base?.config.architecture ?? architecture,
    os: base?.config.os ?? os,
    ...(base === undefined && variant !== undefined ? { variant } : {}),
    ...(base === undefined && osVersion !== undefined ? { "os.version": osVersion } : {}),
    config: stage.config,
    rootfs: { type: "layers", diff_ids: diffIds },
    history: historyOf(plan, stage, created),
  };
}

function historyOf(plan: Plan, stage: Stage, created: string): readonly HistoryEntry[] {
  const own = stage.steps.map((step): HistoryEntry => {
    const entry = { created, created_by: step.createdBy, comment: HISTORY_COMMENT };
    return step.kind === "metadata" ? { ...entry, empty_layer: true } : entry;
  });
  return [...inheritedHistory(plan, stage, created), ...own];
}

function inheritedHistory(plan: Plan, { base }: Stage, created: string): readonly HistoryEntry[] {
  switch (base.kind) {
    case "scratch":
      return [];
    case "image":
      return base.image.config.history ?? [];
    case "stage":
      return historyOf(plan, stageOf(plan, base.stage), created);
  }
}

/** The image at the bottom of a stage; undefined over scratch. */
function baseImageOf(plan: Plan, stage: Stage): ResolvedImage | undefined {
  switch (stage.base.kind) {
    case "scratch":
      return undefined;
    case "image":
      return stage.base.image;
    case "stage":
      return baseImageOf(plan, stageOf(plan, stage.base.stage));
  }
}

function stageOf(plan: Plan, index: StageIndex): Stage {
  const stage = plan.stages.find((s) => s.index === index);
  if (stage === undefined) throw new TypeError(`the plan has no stage ${index}`);
  return stage;
}
