import type { Engine } from "../execute/engine.ts";
import type { Difference } from "./difference.ts";
import { differingFields } from "./fields.ts";
import { contrastLayers, type LayerPair } from "./layers.ts";
import type { Subject } from "./subject.ts";

export interface Comparison {
  readonly before: Compared;
  readonly after: Compared;
  readonly equal: boolean;
  /** Layers first, from the bottom, because they decide the rest; then the config, then the manifest. */
  readonly differences: readonly Difference[];
  /** How many more were found. */
  readonly more: number;
  /** Layers that differ and were not read, since enough had been found. */
  readonly unread: readonly number[];
}

export interface Compared {
  readonly name: string;
  /** Digest of the manifest. */
  readonly digest: string;
  /** What made each layer, as the config's history says, where it does. */
  readonly steps: readonly string[];
}

/** Tells what two images have not alike, at most `most` differences. @throws OciBuildError where a layer cannot be read */
export async function compareImages(
  { store: { session } }: Engine,
  [before, after]: readonly [Subject, Subject],
  most: number,
): Promise<Comparison> {
  const sides = { before: compared(before), after: compared(after) };
  if (before.manifestDigest === after.manifestDigest)
    return { ...sides, equal: true, differences: [], more: 0, unread: [] };
  const found: Difference[] = [];
  const unread: number[] = [];
  let count = 0;
  for (let index = 0; index < Math.max(before.layers.length, after.layers.length); index++) {
    const room = Math.max(most - found.length, 0);
    const pair = pairAt(before, after, index);
    const lone = pair === undefined ? loneLayer(before, after, index) : blobDifference(pair);
    if (lone === "unlike" && pair !== undefined && room === 0) unread.push(pair.number);
    else if (lone === "unlike" && pair !== undefined) {
      const contrast = await contrastLayers(session, pair, room);
      found.push(...contrast.differences);
      count += contrast.count;
    } else if (typeof lone === "object") {
      found.push(lone);
      count += 1;
    }
  }
  const documents = documentDifferences(before, after);
  const differences = [...found, ...documents];
  count += documents.length;
  // Keys in another order, or white space: nothing that means anything.
  if (count + unread.length === 0) return { ...sides, equal: false, differences: [anotherForm], more: 0, unread };
  const told = differences.slice(0, most);
  return { ...sides, equal: false, differences: told, more: count - told.length, unread };
}

const anotherForm: Difference = { kind: "manifest", path: "" };

function compared({ name, manifestDigest, configDocument }: Subject): Compared {
  const steps = (configDocument.history ?? []).filter(({ empty_layer: isEmpty }) => isEmpty !== true);
  return { name, digest: manifestDigest, steps: steps.map(({ created_by: step = "" }) => step) };
}

function pairAt(before: Subject, after: Subject, index: number): LayerPair | undefined {
  const [old, now] = [before.layers[index], after.layers[index]];
  if (old === undefined || now === undefined) return undefined;
  return { number: index + 1, before: { subject: before, layer: old }, after: { subject: after, layer: now } };
}

function loneLayer(before: Subject, after: Subject, index: number): Difference {
  const [old, now] = [before.layers[index]?.diffId, after.layers[index]?.diffId];
  return {
    kind: "layer",
    layer: index + 1,
    ...(old === undefined ? {} : { before: old }),
    ...(now === undefined ? {} : { after: now }),
  };
}

function blobDifference({ number, before, after }: LayerPair): Difference | "same" | "unlike" {
  if (before.layer.diffId !== after.layer.diffId) return "unlike";
  const [old, now] = [before.layer.blob.digest, after.layer.blob.digest];
  return old === now ? "same" : { kind: "blob", layer: number, before: old, after: now };
}

/** Without what only says again that layers or the config differ. */
function documentDifferences(before: Subject, after: Subject): readonly Difference[] {
  const [oldConfig, newConfig] = [before.config, after.config].map(parsed);
  const [oldManifest, newManifest] = [before.manifest, after.manifest].map(parsed);
  const config = differingFields(oldConfig, newConfig, "config");
  const manifest = differingFields(oldManifest, newManifest, "manifest");
  return [
    ...config.filter(({ path }) => !path.startsWith("rootfs.diff_ids")),
    ...manifest.filter(({ path }) => !/^(?:config|layers\[\d+\])(?:\.(?:digest|size))?$/.test(path)),
  ];
}

/** The documents were checked when they were opened. */
function parsed(document: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(document)) as unknown;
}
