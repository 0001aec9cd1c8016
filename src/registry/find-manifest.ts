import { OciBuildError } from "../errors.ts";
import { discard } from "../http/discard.ts";
import { indexType, manifestType } from "../oci/media-type.ts";
import { familiarReference, type Reference } from "../oci/reference.ts";
import { readBody } from "./body.ts";
import type { Ask } from "./session.ts";
import { statusError } from "./status.ts";

interface Finding {
  /** Bytes. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * The bytes of what a tag names, whatever it is; undefined when there is no such tag. They are what the registry says, and are not checked.
 * @throws OciBuildError `registry-…`
 */
export async function findManifest(
  ask: Ask,
  reference: Reference,
  { limit, signal }: Finding,
): Promise<Uint8Array | undefined> {
  const { selector } = reference;
  const target = `manifests/${selector.kind === "tag" ? selector.tag : selector.digest}`;
  const headers = { accept: `${manifestType}, ${indexType}`, "accept-encoding": "identity" };
  const response = await ask(reference, { method: "GET", target, headers }, signal);
  if (response.status === 404) {
    discard(response);
    return undefined;
  }
  const name = familiarReference(reference);
  if (response.status !== 200) {
    discard(response);
    throw statusError(response, `the manifest of ${name}`);
  }
  const tooLong = (): OciBuildError =>
    new OciBuildError("registry-protocol", `the manifest of ${name} has more than ${limit} bytes`);
  return readBody(response, { limit, tooLong }, signal);
}
