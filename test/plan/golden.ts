import type { Dockerfile } from "../../src/instructions/dockerfile.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import type { Instruction } from "../../src/instructions/instruction.ts";
import { parseDigest } from "../../src/oci/digest.ts";
import type { ContainerConfig, ResolvedImage } from "../../src/oci/image.ts";
import type { Platform } from "../../src/oci/platform.ts";
import type { ImageLookup } from "../../src/plan/options.ts";
import { imagesNeeded, makePlan } from "../../src/plan/plan.ts";
import type { Mount } from "../../src/plan/mount.ts";
import { formatPlatform } from "../../src/oci/platform.ts";
import type { CopyPart, FileSource, Plan, StageBase, Step } from "../../src/plan/step.ts";
import { DockerfileErrors } from "../../src/syntax/problem.ts";
import { OciBuildError } from "../../src/errors.ts";
import type { SourceRange } from "../../src/syntax/source.ts";

/** What an `options.json` beside a Dockerfile may say. */
export interface CaseOptions {
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platform?: Platform;
}

/** The typed instructions of a Dockerfile, or its errors, as they stand in `expected.json`. */
export function dumpDockerfile(text: string): unknown {
  return orErrors(() => {
    const dockerfile = parseDockerfile("Dockerfile", text);
    const instructions = [
      ...dockerfile.globalArgs,
      ...dockerfile.stages.flatMap((stage) => [stage.from, ...stage.instructions]),
    ];
    const warnings = dockerfile.warnings.map(({ message, range }) => `${at(range)} ${message}`);
    return { instructions: instructions.map(dumpInstruction), ...unlessEmpty({ warnings }) };
  });
}

/** The plan of a Dockerfile, or its errors. */
export function dumpPlan(text: string, options: CaseOptions): unknown {
  return orErrors(() => {
    const dockerfile = parseDockerfile("Dockerfile", text);
    return {
      images: dumpImages(dockerfile, options),
      ...dumpStages(makePlan(dockerfile, image, planOptions(options))),
    };
  });
}

function planOptions(options: CaseOptions): Parameters<typeof makePlan>[2] {
  const standard = { os: "linux", architecture: "amd64" };
  const buildArgs = new Map(Object.entries(options.buildArgs ?? {}));
  return { buildArgs, target: options.target, platform: options.platform ?? standard, buildPlatform: standard };
}

/** Images by name: most are bare, a few have a config that matters. */
const configs: Readonly<Record<string, ContainerConfig>> = {
  "with-cmd": { Env: ["PATH=/bin"], Cmd: ["bash"] },
  triggers: { OnBuild: ["COPY . /src", "RUN make"] },
  "triggers-more": {
    OnBuild: [
      "ARG VERSION=1",
      "ENV BUILT=$VERSION",
      "COPY --from=tools /bin/t /bin/",
      "COPY --from=0 /a /a",
      "RUN <<-EOF\n\tmake $VERSION\nEOF",
      'CMD ["serve"]',
    ],
  },
  "triggers-broken": {
    OnBuild: ["COPY", "RUNN x", "FROM x", "RUN a\nRUN b", "RUN a", "EXPOSE x", "COPY --from=9 a b"],
  },
  rich: {
    Env: ["LANG=C", "EMPTY="],
    Labels: { base: "yes" },
    User: "web",
    WorkingDir: "/home/web",
    Shell: ["/bin/ash", "-c"],
    ExposedPorts: { "80/tcp": {} },
    OnBuild: [],
  },
};

function image(name: string, platform: Platform): ResolvedImage {
  const digest = parseDigest(`sha256:${"0".repeat(64)}`);
  const config = {
    architecture: platform.architecture,
    os: platform.os,
    author: "base",
    rootfs: { type: "layers" as const, diff_ids: [] },
  };
  return { name, platform, manifestDigest: digest, layers: [], config: { ...config, config: configs[name] ?? {} } };
}

/** Every image that is asked for, in as many rounds as it takes. */
function dumpImages(dockerfile: Dockerfile, options: CaseOptions): string[] {
  const known = new Map<string, ResolvedImage>();
  const lookup: ImageLookup = (name, platform) => known.get(`${name} ${formatPlatform(platform)}`);
  const asked: string[] = [];
  for (;;) {
    const needs = imagesNeeded(dockerfile, planOptions(options), lookup);
    if (needs.length === 0) return asked;
    for (const { name, platform, lines, trigger } of needs) {
      const key = `${name} ${formatPlatform(platform)}`;
      known.set(key, image(name, platform));
      asked.push(`${key} line ${lines.start}${trigger === undefined ? "" : ` for ${trigger}`}`);
    }
  }
}

function dumpStages({ stages, target, warnings, sourceDateEpoch }: Plan): object {
  const dumped = stages.map(({ base, steps, ...stage }) => ({
    ...stage,
    base: dumpSource(base),
    steps: steps.map(dumpStep),
  }));
  const told = warnings.map(({ message, lines }) => (lines === undefined ? message : `${lines.start} ${message}`));
  return {
    target,
    ...unlessEmpty({ warnings: told }),
    ...(sourceDateEpoch === undefined ? {} : { sourceDateEpoch }),
    stages: dumped,
  };
}

function dumpStep({ lines, ...step }: Step): object {
  const place = lines.start === lines.end ? `${lines.start}` : `${lines.start}-${lines.end}`;
  const { title, createdBy, ...rest } = step;
  if (rest.kind === "metadata") return { lines: place, kind: rest.kind, createdBy };
  if (rest.kind === "copy") return { lines: place, ...rest, parts: rest.parts.map(dumpPart), title, createdBy };
  if (rest.kind === "run") {
    const { mounts, ...run } = rest;
    return { lines: place, ...run, ...unlessEmpty({ mounts: mounts.map(dumpMount) }), title, createdBy };
  }
  return { lines: place, ...rest, title, createdBy };
}

function dumpMount(mount: Mount): object {
  if (mount.kind === "bind") return { ...mount, from: dumpSource(mount.from) };
  if (mount.kind !== "cache" || mount.seed === undefined) return mount;
  return { ...mount, seed: { ...mount.seed, from: dumpSource(mount.seed.from) } };
}

function dumpPart(part: CopyPart): object {
  return part.kind === "paths" ? { ...part, from: dumpSource(part.from) } : part;
}

function dumpSource(source: FileSource | StageBase): string {
  if (source.kind === "image") return `image ${source.image.name} ${formatPlatform(source.image.platform)}`;
  return source.kind === "stage" ? `stage ${source.stage}` : source.kind;
}

function dumpInstruction(instruction: Instruction): object {
  const { kind, node, ...rest } = instruction;
  const common = { at: at(node.range), kind, ...unlessEmpty({ comments: node.comments }) };
  if (!("mounts" in rest)) return { ...common, ...rest };
  const { mounts, ...run } = rest;
  const dumped = mounts.map(({ text, from, options }) => ({
    text,
    ...(from === undefined ? {} : { from }),
    options: Object.fromEntries(options),
  }));
  return { ...common, ...run, ...unlessEmpty({ mounts: dumped }) };
}

function at({ start, end }: SourceRange): string {
  return `${start.line}:${start.column}-${end.line}:${end.column}`;
}

function unlessEmpty(lists: Readonly<Record<string, readonly unknown[]>>): object {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

function orErrors(dump: () => unknown): unknown {
  try {
    return dump();
  } catch (error) {
    if (!(error instanceof OciBuildError)) throw error;
    const errors = error instanceof DockerfileErrors ? error.errors : [error];
    return {
      errors: errors.map(({ code, message, hint }) => ({ code, message, ...(hint === undefined ? {} : { hint }) })),
    };
  }
}
