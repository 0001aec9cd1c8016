import type { BuildOptions, BuildResult } from "../build.ts";
import type { RunOptions } from "../container/run.ts";
import type { CacheMounts } from "../store/cache-mount-list.ts";
import type { Images } from "../store/images.ts";

/** What the commands call. Each part is loaded when it is first called, as reading code is most of a quick command's time. */
export interface Engine {
  build(options: BuildOptions): Promise<BuildResult>;
  runImage(options: RunOptions): Promise<number>;
  openImages(root: string): Promise<Images>;
  openCacheMounts(root: string): Promise<CacheMounts>;
}

export const engine: Engine = {
  build: async (options) => (await import("../build.ts")).build(options),
  runImage: async (options) => (await import("../container/run.ts")).runImage(options),
  openImages: async (root) => (await import("../store/images.ts")).openImages(root),
  openCacheMounts: async (root) => (await import("../store/cache-mount-list.ts")).openCacheMounts(root),
};
