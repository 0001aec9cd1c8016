import { EventEmitter } from "node:events";
import { Writable } from "node:stream";
import type { BuildOptions, BuildResult } from "../../src/build.ts";
import type { Engine } from "../../src/cli/engine.ts";
import { runProgram } from "../../src/cli/program.ts";
import type { RunOptions } from "../../src/container/run.ts";
import { OciBuildError } from "../../src/errors.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { parseDigest, parseDiffId, type Digest } from "../../src/oci/digest.ts";
import type { Images, StoredImage } from "../../src/store/images.ts";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FakeOptions {
  readonly engine?: Partial<Engine>;
  readonly env?: NodeJS.ProcessEnv;
  readonly process?: EventEmitter & { exit(code: number): void };
  readonly terminal?: "stdout" | "stderr";
}

/** Runs a command line in this process, with parts of the engine replaced and the output caught. */
export async function runWithFakes(args: readonly string[], options: FakeOptions = {}): Promise<Ended> {
  const [stdout, stderr] = [new Caught(options.terminal === "stdout"), new Caught(options.terminal === "stderr")];
  const code = await runProgram(args, {
    env: { HOME: "/home/me", ...options.env },
    stdout,
    stderr,
    process: options.process ?? Object.assign(new EventEmitter(), { exit: () => undefined }),
    isTerminal: () => false,
    engine: {
      build: unexpected,
      checkBuild: unexpected,
      outlineBuild: unexpected,
      targetsOfBuild: unexpected,
      dryRun: unexpected,
      listContext: unexpected,
      runImage: unexpected,
      push: unexpected,
      login: unexpected,
      logout: unexpected,
      diffImages: unexpected,
      verifyImage: unexpected,
      lockBuild: unexpected,
      openImages: unexpected,
      openCacheMounts: unexpected,
      openCacheMountArchives: unexpected,
      openRoom: unexpected,
      ...options.engine,
    },
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Caught extends Writable {
  readonly isTTY: boolean;
  text = "";

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: () => void): void {
    this.text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    done();
  }
}

function unexpected(): Promise<never> {
  return Promise.reject(new TypeError("this part of the engine should not be called"));
}

export const manifestDigest: Digest = parseDigest(`sha256:${"a".repeat(64)}`);
export const imageId: Digest = parseDigest(`sha256:${"b".repeat(64)}`);

/** A build that keeps its options, lets `act` tell events, and succeeds. */
export function fakeBuild(act: (options: BuildOptions) => void | Promise<void> = () => undefined): {
  readonly engine: Partial<Engine>;
  readonly seen: BuildOptions[];
} {
  const seen: BuildOptions[] = [];
  const build = async (options: BuildOptions): Promise<BuildResult> => {
    seen.push(options);
    await act(options);
    return {
      digest: manifestDigest,
      manifest: descriptor(manifestDigest, "manifest", 500),
      imageId,
      size: 45_200_000,
      names: options.tags.map((tag) => `docker.io/library/${tag}`),
    };
  };
  return { engine: { build }, seen };
}

export function fakeRun(code: number): { readonly engine: Partial<Engine>; readonly seen: RunOptions[] } {
  const seen: RunOptions[] = [];
  const runImage = (options: RunOptions): Promise<number> => {
    seen.push(options);
    return Promise.resolve(code);
  };
  return { engine: { runImage }, seen };
}

export function storedImage(...names: readonly string[]): StoredImage {
  return {
    manifest: descriptor(manifestDigest, "manifest", 500),
    config: descriptor(imageId, "config", 300),
    configDocument: {
      created: "1970-01-01T00:00:00Z",
      architecture: "amd64",
      os: "linux",
      config: { Cmd: ["sh"], Env: ["A=1"] },
      rootfs: { type: "layers", diff_ids: [parseDiffId(`sha256:${"c".repeat(64)}`)] },
    },
    layers: [],
    names,
    size: 1_234_000,
  };
}

function descriptor(digest: Digest, kind: string, size: number): Descriptor {
  return { mediaType: `application/vnd.oci.image.${kind}.v1+json`, digest, size };
}

/** A store with these images, found by name only. */
export function fakeImages(images: readonly StoredImage[]): {
  readonly engine: Partial<Engine>;
  readonly calls: string[];
} {
  const calls: string[] = [];
  const find = (reference: string): StoredImage => {
    const found = images.find(({ names }) => names.includes(reference));
    if (found === undefined) throw new OciBuildError("image-unknown", `there is no image ${reference}`);
    return found;
  };
  const store: Images = {
    list: () => Promise.resolve(images),
    find: async (reference) => find(reference),
    tag: async (reference, name) => {
      find(reference);
      calls.push(`tag ${reference} ${name}`);
    },
    remove: async (reference) => {
      const { names, manifest } = find(reference);
      calls.push(`remove ${reference}`);
      return { untagged: [reference], deleted: names.length === 1 ? manifest.digest : undefined };
    },
    close: async () => void calls.push("close"),
  };
  return {
    calls,
    engine: {
      openImages: async (root) => {
        calls.push(`open ${root}`);
        return store;
      },
    },
  };
}

/** The one thing that a fake has seen. */
export function only<T>(seen: readonly T[]): T {
  const [first] = seen;
  if (first === undefined || seen.length > 1) throw new Error(`called ${seen.length} times`);
  return first;
}
