import { OciBuildError } from "../errors.ts";

/** https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions */
export interface Platform {
  /** e.g. `linux` */
  readonly os: string;
  /** Go's name, e.g. `amd64` */
  readonly architecture: string;
  /** e.g. `v7` for 32-bit arm; never `v8` for arm64, which is its default */
  readonly variant?: string | undefined;
  readonly osVersion?: string | undefined;
}

/** Names that people and kernels use, in Go's spelling (github.com/containerd/platforms, database.go). */
const aliases: ReadonlyMap<string, { readonly architecture: string; readonly variant?: string }> = new Map([
  ["x86_64", { architecture: "amd64" }],
  ["x86-64", { architecture: "amd64" }],
  ["i386", { architecture: "386" }],
  ["i686", { architecture: "386" }],
  ["aarch64", { architecture: "arm64" }],
  ["armhf", { architecture: "arm", variant: "v7" }],
  ["armel", { architecture: "arm", variant: "v6" }],
]);

/** Node's `process.arch` in Go's spelling, where they differ. */
const nodeArchitectures: ReadonlyMap<string, string> = new Map([
  ["x64", "amd64"],
  ["ia32", "386"],
  ["ppc64", "ppc64le"],
  ["mipsel", "mipsle"],
]);

const architectures: ReadonlySet<string> = new Set(
  "386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm".split(" "),
);
const systems: ReadonlySet<string> = new Set(
  "aix android darwin freebsd linux netbsd openbsd solaris wasip1 windows".split(" "),
);

/** The platform of this machine, which is what an image is built for when nobody says otherwise. */
export function hostPlatform(): Platform {
  const architecture = nodeArchitectures.get(process.arch) ?? process.arch;
  if (architecture !== "arm") return normalise({ os: process.platform, architecture });
  const version = (process.config.variables as { arm_version?: unknown }).arm_version;
  return normalise({ os: process.platform, architecture, variant: typeof version === "string" ? `v${version}` : "v7" });
}

/**
 * Reads `OS/ARCH[/VARIANT]`, or one word that names either and leaves the other to `standard`.
 * @throws OciBuildError `platform-invalid`
 */
export function parsePlatform(text: string, standard: Platform = hostPlatform()): Platform {
  const parts = text.trim().toLowerCase().split("/");
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9][a-z0-9._-]*$/.test(part))) throw invalid(text);
  const [first = "", second, variant] = parts;
  if (second !== undefined)
    return normalise({ os: first, architecture: second, ...(variant !== undefined && { variant }) });
  if (systems.has(first)) return { ...standard, os: first };
  const platform = normalise({ os: standard.os, architecture: first });
  if (!architectures.has(platform.architecture)) throw invalid(text);
  return platform;
}

/** `linux/arm/v7` */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** One spelling per platform: Go's architecture names, arm with its variant, amd64 and arm64 without their default one. */
export function normalise(platform: Platform): Platform {
  const { os, variant, osVersion } = platform;
  const alias = aliases.get(platform.architecture);
  const architecture = alias?.architecture ?? platform.architecture;
  const spelled = defaultVariant(architecture, variant === undefined || variant === "" ? alias?.variant : variant);
  return {
    os,
    architecture,
    ...(spelled !== undefined && { variant: spelled }),
    ...(osVersion !== undefined && { osVersion }),
  };
}

/**
 * How well an image for `offered` runs where `wanted` is asked for: 0 is exact, a higher number an older variant of the
 * same architecture, undefined not at all. A 32-bit image is never taken for a 64-bit platform, unlike containerd does:
 * many arm64 machines cannot run it.
 */
export function distanceOf(offered: Platform, wanted: Platform): number | undefined {
  const have = normalise(offered);
  const want = normalise(wanted);
  if (have.os !== want.os || have.architecture !== want.architecture) return undefined;
  if (have.variant === want.variant) return 0;
  const haveLevel = variantLevel(have);
  const wantLevel = variantLevel(want);
  if (haveLevel === undefined || wantLevel === undefined || haveLevel > wantLevel) return undefined;
  return wantLevel - haveLevel;
}

/** Variants of these architectures are generations: a processor runs what was built for an earlier one. */
function variantLevel(platform: Platform): number | undefined {
  const firstLevel: Readonly<Record<string, string>> = { amd64: "v1", arm: "v5", arm64: "v8" };
  const variant = platform.variant ?? firstLevel[platform.architecture];
  const level = /^v([0-9]+)$/.exec(variant ?? "")?.[1];
  return firstLevel[platform.architecture] === undefined || level === undefined ? undefined : Number(level);
}

function defaultVariant(architecture: string, variant: string | undefined): string | undefined {
  const spelled = variant !== undefined && /^[0-9]+$/.test(variant) ? `v${variant}` : variant;
  switch (architecture) {
    case "amd64":
      return spelled === "v1" ? undefined : spelled;
    case "arm64":
      return spelled === "v8" ? undefined : spelled;
    case "arm":
      return spelled ?? "v7";
    default:
      return spelled;
  }
}

function invalid(text: string): OciBuildError {
  return new OciBuildError("platform-invalid", `not a platform: ${JSON.stringify(text.slice(0, 100))}`, {
    hint: "write it as OS/ARCHITECTURE[/VARIANT], e.g. linux/amd64 or linux/arm/v7",
  });
}
