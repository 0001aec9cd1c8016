import { OciBuildError } from "../errors.ts";
import { parseReference, type Reference } from "../oci/reference.ts";
import { type Attributes, readAttributes } from "../syntax/attributes.ts";

/** A cache of `--cache-from`. */
export type CacheSource =
  | { readonly kind: "local"; readonly directory: string }
  /** Records lie under tags that begin with the reference's. */
  | { readonly kind: "registry"; readonly reference: Reference };

/** A cache of `--cache-to`. */
export type CacheTarget = CacheSource & {
  /** The layers of the image, or those of all steps. */
  readonly mode: "min" | "max";
  /** A cache that cannot be written is told of, and the build goes well all the same. */
  readonly ignoreError: boolean;
};

/**
 * Reads a value of `--cache-from`, as buildx has it: `type=local,src=DIR`, `type=registry,ref=NAME[:TAG]`, or the name alone.
 * @throws OciBuildError `cache-option-invalid`, `reference-invalid`
 */
export function parseCacheFrom(text: string): CacheSource {
  const flag = `--cache-from ${JSON.stringify(text)}`;
  const { source, others } = sourceOf(text, flag, "src");
  nothingElse(others, flag);
  return source;
}

/**
 * Reads a value of `--cache-to`: `type=local,dest=DIR` or `type=registry,ref=NAME[:TAG]`, `[,mode=min|max][,ignore-error=true]`.
 * @throws OciBuildError `cache-option-invalid`, `reference-invalid`
 */
export function parseCacheTo(text: string): CacheTarget {
  const flag = `--cache-to ${JSON.stringify(text)}`;
  const { source, others } = sourceOf(text, flag, "dest");
  const { mode = "min", "ignore-error": ignoreError = "false", ...rest } = others;
  nothingElse(rest, flag);
  if (mode !== "min" && mode !== "max") throw invalid(`${flag}: mode=${mode} is neither min nor max`);
  if (!["true", "false"].includes(ignoreError))
    throw invalid(`${flag}: ignore-error=${ignoreError} is neither true nor false`);
  return { ...source, mode, ignoreError: ignoreError === "true" };
}

interface Parsed {
  readonly source: CacheSource;
  readonly others: Attributes;
}

function sourceOf(text: string, flag: string, place: "src" | "dest"): Parsed {
  // What is no list of pairs is the name of an image, as in buildx.
  const { type, ...pairs } = text.includes("=")
    ? readAttributes(text, (why) => invalid(`${flag}: ${why}`))
    : { type: "registry", ref: text };
  switch (type) {
    case undefined:
      throw invalid(`${flag}: it has no type=`);
    case "local": {
      const { [place]: directory, ...others } = pairs as Attributes;
      return { source: { kind: "local", directory: required(directory, place, flag) }, others };
    }
    case "registry": {
      const { ref, ...others } = pairs as Attributes;
      return { source: { kind: "registry", reference: repositoryOf(required(ref, "ref", flag), flag) }, others };
    }
    default:
      throw invalid(`${flag}: type=${type} is not supported yet`);
  }
}

/** A tag has at most 128 characters, and a record's is made of this one, a dash and 64 digits. */
function repositoryOf(ref: string, flag: string): Reference {
  const reference = parseReference(ref);
  if (reference.selector.kind === "tag" && reference.selector.tag.length <= 63) return reference;
  throw invalid(`${flag}: its ref is no NAME:TAG with a tag of at most 63 characters`);
}

function required(value: string | undefined, name: string, flag: string): string {
  if (value === undefined || value === "") throw invalid(`${flag}: it has no ${name}=`);
  return value;
}

function nothingElse(others: Attributes, flag: string): void {
  const [name] = Object.keys(others);
  if (name !== undefined) throw invalid(`${flag}: ${name}= is not supported`);
}

function invalid(message: string): OciBuildError {
  return new OciBuildError("cache-option-invalid", message, {
    hint: "write --cache-to type=local,dest=DIR[,mode=max] and --cache-from type=local,src=DIR, or type=registry,ref=NAME:TAG for both",
  });
}
