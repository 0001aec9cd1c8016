import { isUtf8 } from "node:buffer";
import { OciBuildError } from "../../errors.ts";
import type { SecretMount } from "../../plan/mount.ts";
import type { Secrets } from "../../secrets/secrets.ts";
import type { Mounted } from "./run-mounts.ts";

/**
 * A secret as a file, a variable or both; nothing when it was not given and need not be.
 * @throws OciBuildError `secret-missing`, `secret-no-text`
 */
export function secretMount({ id, target, env, required, access }: SecretMount, secrets: Secrets): Mounted {
  const content = secrets.get(id);
  if (content === undefined) {
    if (!required) return { mounts: [], env: [] };
    throw new OciBuildError("secret-missing", `the step needs the secret ${id}, which was not given`, {
      hint: `add --secret id=${id},src=FILE or --secret id=${id},env=VARIABLE`,
    });
  }
  if (env !== undefined && (!isUtf8(content) || content.includes(0)))
    throw new OciBuildError("secret-no-text", `the secret ${id} is no text, which the variable ${env} must be`, {
      hint: "mount it as a file: leave env= out",
    });
  return {
    mounts:
      target === undefined
        ? []
        : [{ kind: "file", target, content: content.toString("hex"), ...access, program: false }],
    env: env === undefined ? [] : [`${env}=${content.toString()}`],
  };
}
