import { jsonLocation } from "../checks/json.ts";
import type { Source } from "../syntax/source.ts";
import type { Outline, OutlineMount } from "./outline.ts";
import type { Target } from "./targets.ts";

/** `--call=outline,format=json`, with the fields of BuildKit's frontend.outline. */
export function outlineJson({ target, args, secrets, ssh, caches }: Outline, source: Source): object {
  return {
    ...target,
    args: args.map(({ range, ...arg }) => ({ ...arg, location: jsonLocation(range) })),
    secrets: secrets.map(mountJson),
    ssh: ssh.map(mountJson),
    cache: caches.map(({ name, range }) => ({ ID: name, location: jsonLocation(range) })),
    sources: [sourceJson(source)],
  };
}

/** `--call=targets,format=json`, with the fields of BuildKit's frontend.targets. */
export function targetsJson(targets: readonly Target[], source: Source): object {
  return {
    targets: targets.map(({ isDefault, range, ...target }) => ({
      ...target,
      ...(isDefault && { default: true }),
      location: jsonLocation(range),
    })),
    sources: [sourceJson(source)],
  };
}

function mountJson({ name, required, range }: OutlineMount): object {
  return { name, ...(required && { required }), location: jsonLocation(range) };
}

function sourceJson({ text }: Source): string {
  return Buffer.from(text).toString("base64");
}
