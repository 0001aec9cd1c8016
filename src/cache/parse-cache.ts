import { OciBuildError } from "../errors.ts";
import { splitCsv } from "../syntax/csv.ts";

/** A cache of `--cache-from`. */
export interface CacheSource {
  readonly kind: "local";
  readonly directory: string;
}

/** A cache of `--cache-to`. */
export interface CacheTarget extends CacheSource {
  /** The layers of the image, or those of all steps. */
  readonly mode: "min" | "max";
  /** A cache that cannot be written is told of, and the build goes well all the same. */
  readonly ignoreError: boolean;
}

/** Reads a value of `--cache-from`, as buildx has it: `type=local,src=DIR`. @throws OciBuildError `cache-option-invalid` */
export function parseCacheFrom(text: string): CacheSource {
  const flag = `--cache-from ${JSON.stringify(text)}`;
  const { src, ...others } = localAttributes(text, flag);
  return { kind: "local", directory: required(src, "src", flag), ...nothingElse(others, flag) };
}

/** Reads a value of `--cache-to`: `type=local,dest=DIR[,mode=min|max][,ignore-error=true]`. @throws OciBuildError `cache-option-invalid` */
export function parseCacheTo(text: string): CacheTarget {
  const flag = `--cache-to ${JSON.stringify(text)}`;
  const { dest, mode = "min", "ignore-error": ignoreError = "false", ...others } = localAttributes(text, flag);
  nothingElse(others, flag);
  if (mode !== "min" && mode !== "max") throw invalid(`${flag}: mode=${mode} is neither min nor max`);
  if (!["true", "false"].includes(ignoreError))
    throw invalid(`${flag}: ignore-error=${ignoreError} is neither true nor false`);
  return { kind: "local", directory: required(dest, "dest", flag), mode, ignoreError: ignoreError === "true" };
}

type Attributes = Partial<Record<string, string>>;

function localAttributes(text: string, flag: string): Attributes {
  // What is no list of pairs is the name of an image, as in buildx.
  const pairs = text.includes("=") ? pairsOf(text, flag) : { type: "registry" };
  const { type, ...others } = pairs;
  if (type === undefined) throw invalid(`${flag}: it has no type=`);
  if (type !== "local") throw invalid(`${flag}: type=${type} is not supported yet`);
  return others;
}

function pairsOf(text: string, flag: string): Attributes {
  const fields = splitCsv(text);
  if (fields === undefined) throw invalid(`${flag}: its quotes are not closed or not at the ends of a field`);
  const pairs = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf("=");
    if (equals < 1) throw invalid(`${flag}: ${JSON.stringify(field)} is not of the form key=value`);
    const name = field.slice(0, equals).trim().toLowerCase();
    if (pairs.has(name)) throw invalid(`${flag}: ${name}= is there twice`);
    pairs.set(name, field.slice(equals + 1));
  }
  return Object.fromEntries(pairs);
}

function required(value: string | undefined, name: string, flag: string): string {
  if (value === undefined || value === "") throw invalid(`${flag}: it has no ${name}=`);
  return value;
}

function nothingElse(others: Attributes, flag: string): Record<string, never> {
  const [name] = Object.keys(others);
  if (name !== undefined) throw invalid(`${flag}: ${name}= is not supported`);
  return {};
}

function invalid(message: string): OciBuildError {
  return new OciBuildError("cache-option-invalid", message, {
    hint: "write --cache-to type=local,dest=DIR[,mode=max] and --cache-from type=local,src=DIR",
  });
}
