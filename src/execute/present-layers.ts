import { OciBuildError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { layerLimits } from "../helper/layer-limits.ts";
import { LayerSupply } from "./supply.ts";

/** Knows which layers there are, and neither fetches nor unpacks one. */
export class PresentLayers extends LayerSupply {
  constructor(store: Store) {
    super({ store, limits: layerLimits(process.env), openBlob: refuse });
  }

  override unpacked(): Promise<string> {
    return refuse();
  }
}

function refuse(): Promise<never> {
  return Promise.reject(new OciBuildError("layer-not-wanted", "no layer is fetched or unpacked here"));
}
