import { assembleConfig } from "../image/assemble.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { DiffId } from "../oci/digest.ts";
import { serialiseManifest } from "../oci/manifest.ts";
import { configType, manifestType, ociTypeOf } from "../oci/media-type.ts";
import type { Plan, StageIndex } from "../plan/step.ts";
import type { Chain } from "../solve/keys.ts";
import { putDocument } from "../store/blobs.ts";
import type { Engine } from "./engine.ts";

/** An image that lies whole in the store. */
export interface FinishedImage {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
  /** Bytes of all of them. */
  readonly size: number;
}

export interface Finishing {
  readonly chains: ReadonlyMap<StageIndex, Chain>;
  /** Seconds since 1970: the image's own time; that of the clock without it. */
  readonly epoch: number | undefined;
  readonly annotations?: ReadonlyMap<string, string> | undefined;
}

/** Packs or fetches the layers that are not blobs yet and writes config and manifest. */
export async function finishImage(engine: Engine, plan: Plan, finishing: Finishing): Promise<FinishedImage> {
  const { chains, epoch, annotations = new Map<string, string>() } = finishing;
  const chain = chains.get(plan.target) ?? [];
  const created = new Date((epoch ?? Math.floor(Date.now() / 1000)) * 1000).toISOString().replace(".000Z", "Z");
  const layers = await Promise.all(chain.map((diffId) => blobOf(engine, diffId)));
  const config = await store(engine, configType, JSON.stringify(assembleConfig(plan, chain, created)));
  const manifest = await store(
    engine,
    manifestType,
    serialiseManifest({
      kind: "manifest",
      mediaType: manifestType,
      config,
      layers,
      ...(annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    }),
  );
  const size = [manifest, config, ...layers].reduce((sum, { size: bytes }) => sum + bytes, 0);
  return { manifest, config, layers, size };
}

/** Base layers keep their bytes; a docker media type becomes its OCI twin, as an OCI manifest may not mix them. */
async function blobOf({ supply }: Engine, diffId: DiffId): Promise<Descriptor> {
  const { mediaType, digest, size } = await supply.packed(diffId);
  return { mediaType: ociTypeOf(mediaType), digest, size };
}

async function store(engine: Engine, mediaType: string, document: string): Promise<Descriptor> {
  const bytes = Buffer.from(document);
  return { mediaType, digest: await putDocument(engine.store, bytes), size: bytes.length };
}
