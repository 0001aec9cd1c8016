import type { ContainerConfig, Healthcheck, HistoryEntry, ImageConfig } from "./image.ts";
import { JsonChecks, withoutUndefined, type JsonObject } from "./json.ts";
import { normalise, type Platform } from "./platform.ts";

interface Expected {
  /** How many layers the manifest has. */
  readonly layers?: number;
  /** What the document is called in an error. */
  readonly name?: string;
}

/**
 * Reads an image configuration (https://github.com/opencontainers/image-spec/blob/main/config.md). Fields that are not
 * known here are kept; a known field that is null, as docker writes it, is left out.
 * @throws OciBuildError `config-invalid`, also when `rootfs.diff_ids` are not as many as the manifest's layers
 */
export function parseImageConfig(bytes: Uint8Array, expected: Expected = {}): ImageConfig {
  const checks = new JsonChecks("config-invalid", expected.name ?? "the image configuration");
  const document = checks.object(checks.parse(bytes), "the document");
  const text = (field: string): string | undefined => checks.optional(document[field], field, checks.string);
  const rootfs = parseRootfs(document["rootfs"], expected, checks);
  const known = withoutUndefined({
    created: text("created"),
    author: text("author"),
    architecture: checks.string(document["architecture"], "architecture"),
    os: checks.string(document["os"], "os"),
    variant: text("variant"),
    "os.version": text("os.version"),
    config: checks.optional(document["config"], "config", (value, where) => parseContainerConfig(value, where, checks)),
    rootfs,
    history: checks.optional(document["history"], "history", (value, where) =>
      checks.list(value, where, (entry, at) => parseHistory(entry, at, checks)),
    ),
  });
  if (known.architecture === "" || known.os === "") throw checks.invalid("it does not say for which platform it is");
  return { ...known, ...unknownFields(document, imageFields) };
}

/** The platform that an image configuration states. */
export function platformOf(config: ImageConfig): Platform {
  const { os, architecture, variant, "os.version": osVersion } = config;
  return normalise({ os, architecture, ...withoutUndefined({ variant, osVersion }) });
}

const imageFields: readonly string[] = [
  "created",
  "author",
  "architecture",
  "os",
  "variant",
  "os.version",
  "config",
  "rootfs",
  "history",
];
const containerFields: readonly string[] = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Volumes",
  "WorkingDir",
  "Labels",
  "StopSignal",
  "ArgsEscaped",
  "Healthcheck",
  "OnBuild",
  "Shell",
];
const historyFields: readonly string[] = ["created", "created_by", "author", "comment", "empty_layer"];

function parseRootfs(value: unknown, expected: Expected, checks: JsonChecks): ImageConfig["rootfs"] {
  const object = checks.object(value, "rootfs");
  if (object["type"] !== "layers") throw checks.invalid('rootfs.type is not "layers"');
  // Go writes the empty list of an image without layers as null.
  const diffIds =
    checks.optional(object["diff_ids"], "rootfs.diff_ids", (list, where) => checks.list(list, where, checks.diffId)) ??
    [];
  if (expected.layers !== undefined && diffIds.length !== expected.layers)
    throw checks.invalid(
      `rootfs.diff_ids has ${diffIds.length} entries, but the manifest has ${expected.layers} layers`,
    );
  return { type: "layers", diff_ids: diffIds };
}

function parseContainerConfig(value: unknown, where: string, checks: JsonChecks): ContainerConfig {
  const object = checks.object(value, where);
  const field = <T>(name: string, check: (value: unknown, where: string) => T): T | undefined =>
    checks.optional(object[name], `${where}.${name}`, check);
  const emptyObjects = (v: unknown, at: string): Readonly<Record<string, Record<string, never>>> =>
    Object.fromEntries(Object.keys(checks.object(v, at)).map((key) => [key, {}]));
  const known = withoutUndefined({
    User: field("User", checks.string),
    ExposedPorts: field("ExposedPorts", emptyObjects),
    Env: field("Env", checks.strings),
    Entrypoint: field("Entrypoint", checks.strings),
    Cmd: field("Cmd", checks.strings),
    Volumes: field("Volumes", emptyObjects),
    WorkingDir: field("WorkingDir", checks.string),
    Labels: field("Labels", checks.stringMap),
    StopSignal: field("StopSignal", checks.string),
    ArgsEscaped: field("ArgsEscaped", checks.boolean),
    Healthcheck: field("Healthcheck", (v, at) => parseHealthcheck(v, at, checks)),
    OnBuild: field("OnBuild", checks.strings),
    Shell: field("Shell", checks.strings),
  });
  return { ...known, ...unknownFields(object, containerFields) };
}

function parseHealthcheck(value: unknown, where: string, checks: JsonChecks): Healthcheck {
  const object = checks.object(value, where);
  const duration = (name: string): number | undefined =>
    checks.optional(object[name], `${where}.${name}`, checks.integer);
  return withoutUndefined({
    Test: checks.optional(object["Test"], `${where}.Test`, checks.strings),
    Interval: duration("Interval"),
    Timeout: duration("Timeout"),
    StartPeriod: duration("StartPeriod"),
    StartInterval: duration("StartInterval"),
    Retries: duration("Retries"),
  });
}

function parseHistory(value: unknown, where: string, checks: JsonChecks): HistoryEntry {
  const object = checks.object(value, where);
  const text = (name: string): string | undefined => checks.optional(object[name], `${where}.${name}`, checks.string);
  const known = withoutUndefined({
    created: text("created"),
    created_by: text("created_by"),
    author: text("author"),
    comment: text("comment"),
    empty_layer: checks.optional(object["empty_layer"], `${where}.empty_layer`, checks.boolean),
  });
  return { ...known, ...unknownFields(object, historyFields) };
}

function unknownFields(object: JsonObject, known: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !known.includes(name)));
}
