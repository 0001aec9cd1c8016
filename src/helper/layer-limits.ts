import { OciBuildError } from "../errors.ts";
import type { LayerLimits } from "./messages.ts";

/** Generous: the largest layers that people publish are a tenth of it, and deflate alone reaches a ratio of 1,000. */
const usual: LayerLimits = { size: 256 * 1024 ** 3, ratio: 200 };

/**
 * What a layer, or an archive of a context or an ADD, may unpack to, so that a small download cannot fill the disk:
 * `OCI_BUILD_MAX_LAYER_SIZE` in bytes, and `OCI_BUILD_MAX_LAYER_RATIO` times its compressed size, which counts from 1 GiB on.
 * @throws OciBuildError `usage` when one of them is no positive whole number
 */
export function layerLimits(environment: NodeJS.ProcessEnv): LayerLimits {
  return {
    size: positive(environment, "OCI_BUILD_MAX_LAYER_SIZE") ?? usual.size,
    ratio: positive(environment, "OCI_BUILD_MAX_LAYER_RATIO") ?? usual.ratio,
  };
}

function positive(environment: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = environment[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0 && Number.isSafeInteger(value)) return value;
  throw new OciBuildError("usage", `${name} is ${JSON.stringify(text)}, which is no positive whole number`, {
    hint: `for example ${name}=${name.endsWith("SIZE") ? "274877906944" : "200"}`,
  });
}
