import { type CacheKey, type DiffId, parseDiffId } from "../oci/digest.ts";
import { writeDurably } from "./durable.ts";
import { recordPath, type StorePaths } from "./paths.ts";
import { isRecord, isText, readRecord, readUsed } from "./record.ts";

/** What a step with these inputs produced. */
export interface StepRecord {
  readonly diffId: DiffId;
  /** The inputs of the key, as canonical JSON: they answer why another key differs. */
  readonly inputs: string;
}

export async function findStep(paths: StorePaths, key: CacheKey): Promise<DiffId | undefined> {
  const record = await readUsed(recordPath(paths.steps, key));
  return isText(record?.["diffId"]) ? parseDiffId(record["diffId"]) : undefined;
}

/** The inputs that a step was remembered with, as JSON read back; undefined when it is not known. */
export async function findInputs(
  paths: StorePaths,
  key: CacheKey,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const inputs = (await readRecord(recordPath(paths.steps, key)))?.["inputs"];
  return isRecord(inputs) ? inputs : undefined;
}

export async function rememberStep(paths: StorePaths, key: CacheKey, record: StepRecord): Promise<void> {
  await writeDurably(
    recordPath(paths.steps, key),
    JSON.stringify({ diffId: record.diffId, inputs: JSON.parse(record.inputs) as unknown }),
  );
}

/**
 * The digest of what a COPY --from selects. Layers never change, so a selection from a chain of layers is looked at
 * once; after that a cached build need not unpack the stage that it was copied from.
 */
export async function findContent(paths: StorePaths, selection: CacheKey): Promise<string | undefined> {
  const record = await readUsed(recordPath(paths.contents, selection));
  return isText(record?.["digest"]) ? record["digest"] : undefined;
}

export async function rememberContent(paths: StorePaths, selection: CacheKey, digest: string): Promise<void> {
  await writeDurably(recordPath(paths.contents, selection), JSON.stringify({ digest }));
}

/** The numbers of an owner by name in a file system; a file system never changes. */
export async function findOwner(paths: StorePaths, key: CacheKey): Promise<string | undefined> {
  const record = await readUsed(recordPath(paths.contents, key));
  return isText(record?.["owner"]) ? record["owner"] : undefined;
}

export async function rememberOwner(paths: StorePaths, key: CacheKey, owner: string): Promise<void> {
  await writeDurably(recordPath(paths.contents, key), JSON.stringify({ owner }));
}
