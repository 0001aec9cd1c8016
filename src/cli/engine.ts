import type { BuildOptions, BuildResult } from "../build.ts";
import type { CallOptions, CheckAnswer } from "../call.ts";
import type { DryRun } from "../dry-run.ts";
import type { Comparison } from "../compare/compare.ts";
import type { DiffOptions } from "../compare/diff.ts";
import type { RunOptions } from "../container/run.ts";
import type { CacheMountArchives } from "../store/cache-mount-archive.ts";
import type { CacheMounts } from "../store/cache-mount-list.ts";
import type { Pushed, PushOptions } from "../push.ts";
import type { KeptLogin, LoginOptions } from "../login.ts";
import type { Login } from "../registry/login-file.ts";
import type { Outline } from "../describe/outline.ts";
import type { Target } from "../describe/targets.ts";
import type { ContextListing, ListContextOptions } from "../list-context.ts";
import type { Images } from "../store/images.ts";
import type { Room } from "../store/room/open-room.ts";
import type { Locked, LockOptions } from "../lock-build.ts";
import type { VerifyOptions } from "../verify.ts";
import type { Source } from "../syntax/source.ts";

/** What the commands call. Each part is loaded when it is first called, as reading code is most of a quick command's time. */
export interface Engine {
  build(options: BuildOptions): Promise<BuildResult>;
  checkBuild(options: CallOptions): Promise<CheckAnswer>;
  outlineBuild(options: CallOptions): Promise<{ readonly outline: Outline; readonly source: Source }>;
  targetsOfBuild(options: CallOptions): Promise<{ readonly targets: readonly Target[]; readonly source: Source }>;
  dryRun(options: CallOptions): Promise<DryRun>;
  listContext(options: ListContextOptions): Promise<ContextListing>;
  runImage(options: RunOptions): Promise<number>;
  push(options: PushOptions): Promise<Pushed>;
  login(options: LoginOptions, given: Login): Promise<KeptLogin>;
  logout(options: LoginOptions): Promise<boolean>;
  diffImages(options: DiffOptions): Promise<Comparison>;
  verifyImage(options: VerifyOptions): Promise<Comparison>;
  lockBuild(options: LockOptions): Promise<Locked>;
  openImages(root: string): Promise<Images>;
  openCacheMounts(root: string): Promise<CacheMounts>;
  openCacheMountArchives(root: string): Promise<CacheMountArchives>;
  openRoom(root: string): Promise<Room>;
}

export const engine: Engine = {
  build: async (options) => (await import("../build.ts")).build(options),
  checkBuild: async (options) => (await import("../call.ts")).checkBuild(options),
  outlineBuild: async (options) => (await import("../call.ts")).outlineBuild(options),
  targetsOfBuild: async (options) => (await import("../call.ts")).targetsOfBuild(options),
  dryRun: async (options) => (await import("../dry-run.ts")).dryRun(options),
  listContext: async (options) => (await import("../list-context.ts")).listContext(options),
  runImage: async (options) => (await import("../container/run.ts")).runImage(options),
  push: async (options) => (await import("../push.ts")).push(options),
  login: async (options, given) => (await import("../login.ts")).login(options, given),
  logout: async (options) => (await import("../login.ts")).logout(options),
  diffImages: async (options) => (await import("../compare/diff.ts")).diffImages(options),
  verifyImage: async (options) => (await import("../verify.ts")).verifyImage(options),
  lockBuild: async (options) => (await import("../lock-build.ts")).lockBuild(options),
  openImages: async (root) => (await import("../store/images.ts")).openImages(root),
  openCacheMounts: async (root) => (await import("../store/cache-mount-list.ts")).openCacheMounts(root),
  openCacheMountArchives: async (root) =>
    (await import("../store/cache-mount-archive.ts")).openCacheMountArchives(root),
  openRoom: async (root) => (await import("../store/room/open-room.ts")).openRoom(root),
};
