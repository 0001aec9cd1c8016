import { createHash } from "node:crypto";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { type CacheKey, parseCacheKey } from "../oci/digest.ts";
import { isRecord, isText, readRecord } from "./record.ts";
import { isMissing, writeAtomically } from "./durable.ts";
import type { StorePaths } from "./paths.ts";

/** What the last builds of one Dockerfile did, stage by stage: what a build that must run a step again is compared with. */
export interface BuildRecord {
  readonly stages: ReadonlyMap<string, StageRecord>;
}

export interface StageRecord {
  /** `NAME@DIGEST` of the image that the stage stands on. */
  readonly base?: string | undefined;
  readonly steps: readonly RecordedStep[];
}

export interface RecordedStep {
  /** As progress shows it: FROM is 1. */
  readonly number: number;
  readonly title: string;
  readonly key: CacheKey;
  /** Digests of the contents that are listed, by the part of the COPY. */
  readonly listed?: Readonly<Record<string, string>> | undefined;
}

/** The directory of a build's record: one for each Dockerfile and context, so that the newest build replaces the one before. */
export function buildRecordDirectory(paths: StorePaths, context: string, dockerfile: string): string {
  return join(paths.builds, createHash("sha256").update(`${context}\n${dockerfile}`).digest("hex"));
}

/** @returns an empty record when there is none, or one that cannot be read: it only explains */
export async function readBuildRecord(directory: string): Promise<BuildRecord> {
  const stages = (await readRecord(join(directory, "record.json")))?.["stages"];
  if (!isRecord(stages)) return { stages: new Map() };
  return { stages: new Map(Object.entries(stages).map(([name, stage]) => [name, parseStage(stage)])) };
}

export async function writeBuildRecord(directory: string, { stages }: BuildRecord): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeAtomically(join(directory, "record.json"), JSON.stringify({ stages: Object.fromEntries(stages) }));
}

/** Where the files that a part of a COPY selected are listed, for the last content that was seen. */
export function listingPath(directory: string, place: ListingPlace): string {
  return join(directory, `${place.stage}.${place.number}.${place.part}.list`);
}

export interface ListingPlace {
  readonly stage: string;
  readonly number: number;
  readonly part: number;
}

/** Puts a new listing in the place of the one before; without one, `from` does not exist and the one before stays. */
export async function keepListing(directory: string, place: ListingPlace, from: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  try {
    await rename(from, listingPath(directory, place));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function parseStage(value: unknown): StageRecord {
  const { base, steps } = isRecord(value) ? value : {};
  return {
    base: isText(base) ? base : undefined,
    steps: Array.isArray(steps) ? steps.flatMap(parseStep) : [],
  };
}

function parseStep(value: unknown): readonly RecordedStep[] {
  const { number, title, key, listed } = isRecord(value) ? value : {};
  if (typeof number !== "number" || !isText(title) || !isText(key)) return [];
  const digests = Object.entries(isRecord(listed) ? listed : {}).filter((entry): entry is [string, string] =>
    isText(entry[1]),
  );
  return [{ number, title, key: parseCacheKey(key), listed: Object.fromEntries(digests) }];
}
