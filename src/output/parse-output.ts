import { OciBuildError } from "../errors.ts";
import { parseReference, type Reference } from "../oci/reference.ts";
import { type Attributes, readAttributes } from "../syntax/attributes.ts";
import type { OutputTarget } from "./target.ts";

const forms = "oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or docker://NAME[:TAG]";

/**
 * Reads a value of `-o`: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME]` as skopeo writes them, or
 * `type=oci|docker,dest=PATH[,tar=true|false]` as docker does, and for registries `docker://NAME`, `type=registry[,name=NAME]`. As in skopeo, a path of the first form has no colon.
 * @throws OciBuildError `output-invalid`
 */
export function parseOutput(text: string): OutputTarget {
  const transport = /^([a-z][a-z-]*):(?!\/\/)(.*)$/s.exec(text);
  if (transport !== null) return parseTransport(text, transport[1] ?? "", transport[2] ?? "");
  if (/^"?[A-Za-z-]+=/.test(text)) return parseAttributes(text);
  const meaning = text === "-" ? "a tar of the files on standard output" : "the files of the image in a directory";
  const place = /^docker:\/\/(.*)$/s.exec(text)?.[1];
  if (place !== undefined) return { kind: "registry", names: [pushName(text, place)] };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(text)?.[1];
  if (scheme !== undefined) throw invalid(text, `the output ${scheme}:// is not supported yet`);
  throw invalid(text, `${meaning} is an output that is not supported yet`);
}

function parseTransport(text: string, transport: string, rest: string): OutputTarget {
  const colon = rest.indexOf(":");
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  switch (transport) {
    case "oci":
    case "oci-archive":
    case "docker-archive":
      return target({ text, kind: transport, path, tag });
    default:
      throw invalid(text, `the output ${transport}: is not supported`);
  }
}

function parseAttributes(text: string): OutputTarget {
  const { type, ...rest } = readAttributes(text, (why) => invalid(text, why));
  if (type === undefined) throw invalid(text, "it has no type=");
  if (type === "registry" || type === "image") return registry(text, type, rest);
  const { dest = "", tar, ...others } = rest;
  if (type !== "oci" && type !== "docker") throw invalid(text, `type=${type} is not supported yet`);
  const [unknown] = Object.keys(others);
  if (unknown === "name") throw invalid(text, "name= is not supported", "name the image with -t");
  if (unknown !== undefined) throw invalid(text, `${unknown}= is not supported yet`);

  const asTar = tar === undefined || ["true", "1"].includes(tar);
  if (!asTar && !["false", "0"].includes(tar)) throw invalid(text, `tar=${tar} is neither true nor false`);
  if (!asTar && type === "docker") throw invalid(text, "type=docker with tar=false is not supported yet");
  if (dest === "") throw invalid(text, "it has no dest=", "add dest=FILE, or dest=- for standard output");
  const archive = type === "oci" ? "oci-archive" : "docker-archive";
  return target({ text, kind: asTar ? archive : "oci", path: dest, tag: undefined });
}

/** `type=registry`, and its longer form `type=image,push=true`. */
function registry(text: string, type: string, { name, push, ...others }: Attributes): OutputTarget {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(text, `${unknown}= is not supported yet`);
  const pushes = push === undefined ? type === "registry" : ["true", "1"].includes(push);
  if (!pushes) throw invalid(text, "without push=true the image goes to the store, as always", "name it with -t");
  return { kind: "registry", names: name === undefined ? [] : name.split(",").map((one) => pushName(text, one)) };
}

/** A name that says where to push to and under which tag. */
function pushName(text: string, name: string): Reference {
  const reference = parseReference(name);
  if (reference.selector.kind === "tag") return reference;
  throw invalid(text, "a digest is no name to push under", "write REGISTRY/NAME:TAG");
}

interface TargetParts {
  readonly text: string;
  readonly kind: "oci" | "oci-archive" | "docker-archive";
  readonly path: string;
  readonly tag: string | undefined;
}

/** https://github.com/opencontainers/image-spec/blob/main/annotations.md (org.opencontainers.image.ref.name) */
const refName = /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/;
/** `[host[:port]/]path[:tag]` (https://github.com/distribution/reference), without a digest. */
const imageName = /^(?:[A-Za-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*(?::\w[\w.-]{0,127})?$/;

function target({ text, kind, path, tag }: TargetParts): OutputTarget {
  if (path === "") throw invalid(text, "it names no path");
  if (tag !== undefined && !(kind === "docker-archive" ? imageName : refName).test(tag))
    throw invalid(text, `${JSON.stringify(tag)} is not a valid ${kind === "docker-archive" ? "image name" : "tag"}`);
  if (kind !== "oci") return { kind, file: path, tag };
  if (path === "-") throw invalid(text, "a directory cannot go to standard output", "use oci-archive:-");
  return { kind, directory: path, tag };
}

function invalid(text: string, why: string, hint = `write ${forms}`): OciBuildError {
  return new OciBuildError("output-invalid", `output ${JSON.stringify(text)}: ${why}`, { hint });
}
