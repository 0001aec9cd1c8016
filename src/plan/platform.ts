import type { Platform } from "../oci/platform.ts";

const operatingSystems = new Set(["linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "solaris", "android", "wasip1", "js"]);

/** Other names of architectures, with the variant that they imply. */
const aliases: Readonly<Record<string, readonly [string, string?]>> = {
  i386: ["386"],
  x86_64: ["amd64"],
  "x86-64": ["amd64"],
  aarch64: ["arm64"],
  armhf: ["arm", "v7"],
  armel: ["arm", "v6"],
};

/**
 * Reads `os/architecture[/variant]`, an architecture alone or an operating system alone; what is missing comes from
 * `standard`. Names are normalised as containerd does: `x86_64` is `amd64`, `arm` is `arm/v7`, `arm64/v8` is `arm64`.
 * Undefined when the text is no platform.
 */
export function parsePlatform(text: string, standard: Platform): Platform | undefined {
  const parts = text.toLowerCase().split("/");
  const [first = "", second, third] = parts;
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) return undefined;
  if (second !== undefined) return normalise(first, second, third);
  if (operatingSystems.has(first)) return { ...standard, os: first };
  return knownArchitectures.has(first) || first in aliases ? normalise(standard.os, first) : undefined;
}

/** `os/architecture[/variant]` */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined || variant === "" ? [] : [variant])].join("/");
}

const knownArchitectures = new Set(
  "386 amd64 amd64p32 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x sparc64 wasm".split(" "),
);

function normalise(os: string, name: string, given?: string): Platform {
  const [architecture, implied] = aliases[name] ?? [name];
  const variant = given ?? implied ?? (architecture === "arm" ? "v7" : undefined);
  const plain = variant === undefined || (architecture === "arm64" && (variant === "v8" || variant === "8")) || (architecture === "amd64" && variant === "v1");
  if (plain) return { os, architecture };
  return { os, architecture, variant: architecture === "arm" && /^[5-8]$/.test(variant) ? `v${variant}` : variant };
}
