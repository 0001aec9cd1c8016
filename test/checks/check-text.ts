import { check } from "../../src/checks/check.ts";
import { type Known, subjectOf } from "../../src/checks/subject.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { parseDigest } from "../../src/oci/digest.ts";
import type { ContainerConfig, ResolvedImage } from "../../src/oci/image.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { type CheckOptions, defaultCheckOptions } from "../../src/syntax/check-options.ts";

export interface CheckingOptions {
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly ignore?: readonly string[];
  /** Configurations of images by name; the other ones are bare. */
  readonly images?: Readonly<Record<string, ContainerConfig>>;
  /** Images that are for another platform than asked. */
  readonly platforms?: Readonly<Record<string, Platform>>;
  /** No image can be had. */
  readonly offline?: boolean;
  readonly options?: CheckOptions;
  /** The stages to look at; all of them without it. */
  readonly stages?: readonly number[];
}

/** The findings on a Dockerfile, `LINE RULE: MESSAGE` each. */
export function checkText(text: string, asked: CheckingOptions = {}): readonly string[] {
  const dockerfile = parseDockerfile("Dockerfile", text);
  const platform = { os: "linux", architecture: "amd64" };
  const buildArgs = new Map(Object.entries(asked.buildArgs ?? {}));
  const file = subjectOf(dockerfile, { buildArgs, platform, buildPlatform: platform }, known(asked));
  const options = asked.options ?? dockerfile.tree.directives.check ?? defaultCheckOptions;
  const includes = (stage: number): boolean => asked.stages?.includes(stage) ?? true;
  return check(file, { options, includes }).map(
    ({ rule, message, range }) => `${range.start.line} ${rule}: ${message}`,
  );
}

function known({ ignore = [], offline = false, images = {}, platforms = {} }: CheckingOptions): Known {
  const image = (name: string, wanted: Platform): ResolvedImage => {
    const platform = platforms[name] ?? wanted;
    const { os, architecture } = platform;
    return {
      name,
      platform,
      manifestDigest: parseDigest(`sha256:${"0".repeat(64)}`),
      layers: [],
      config: { os, architecture, config: images[name] ?? {}, rootfs: { type: "layers", diff_ids: [] } },
    };
  };
  return { ignore, images: (name, platform) => (offline ? undefined : image(name, platform)) };
}
