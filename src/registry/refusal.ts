import { OciBuildError } from "../errors.ts";
import type { Response } from "../http/transport.ts";
import { type Reference } from "../oci/reference.ts";
import { readBody } from "./body.ts";
import { statusError } from "./status.ts";

/** What a registry's own codes mean to somebody who pushes (distribution-spec, "Error codes"). */
const meanings: ReadonlyMap<string, string> = new Map([
  ["BLOB_UPLOAD_INVALID", "it says that the upload is invalid"],
  ["BLOB_UPLOAD_UNKNOWN", "it has forgotten the upload"],
  ["DIGEST_INVALID", "what has arrived there has another digest"],
  ["MANIFEST_BLOB_UNKNOWN", "it lacks a blob that the manifest names"],
  ["MANIFEST_INVALID", "it finds the manifest invalid"],
  ["MANIFEST_UNVERIFIED", "it cannot verify the manifest"],
  ["NAME_INVALID", "it does not allow this name of a repository"],
  ["NAME_UNKNOWN", "it has no such repository, and makes none by itself"],
  ["SIZE_INVALID", "what has arrived there has another size"],
  ["TAG_INVALID", "it does not allow this tag"],
  ["UNSUPPORTED", "it is read-only, or does not take this kind of image"],
]);

const longestAnswer = 64 * 1024;

/**
 * Why a registry did not take something, as an error to be thrown. Of its answer only known codes are used: its words
 * may repeat what it was sent.
 * @param what is not taken, e.g. `the manifest of app:1.0`
 */
export async function refusalOf(
  response: Response,
  { reference, what }: { readonly reference: Reference; readonly what: string },
  signal: AbortSignal,
): Promise<OciBuildError> {
  const subject = `${what} for ${reference.repository}`;
  const { status, url } = response;
  const tooLong = (): OciBuildError => statusError(response, subject);
  const bytes = await readBody(response, { limit: longestAnswer, tooLong }, signal).catch(() => new Uint8Array());
  if (status === 401 || status === 403)
    return new OciBuildError(
      "registry-denied",
      `${url.host} does not let this login write to ${reference.repository}`,
      {
        hint: `check the name, and log in as somebody who may: oci-build login ${reference.registry}`,
      },
    );
  const [meaning] = codesIn(bytes).flatMap((code) => meanings.get(code) ?? []);
  if (meaning !== undefined)
    return new OciBuildError("upload-refused", `${url.host} does not take ${subject}: ${meaning}`);
  if (status === 404)
    return new OciBuildError("upload-refused", `${url.host} has no place for ${subject}`, {
      hint: "check the name; some registries want a repository to be made before it is pushed to",
    });
  if (status === 413) return new OciBuildError("upload-refused", `${url.host} finds ${subject} too large`);
  return statusError(response, subject);
}

function codesIn(bytes: Uint8Array): readonly string[] {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString());
    const errors: unknown = isObject(document) ? document["errors"] : undefined;
    if (!Array.isArray(errors)) return [];
    return errors.flatMap((error: unknown) =>
      isObject(error) && typeof error["code"] === "string" ? error["code"] : [],
    );
  } catch {
    return [];
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
