/** The library: what the command line does, for programs. */
export { build, type BuildOptions, type BuildResult } from "./build.ts";
export { type RunOptions, runImage } from "./container/run.ts";
export { type ErrorDetails, type Excerpt, type LineRange, OciBuildError } from "./errors.ts";
export type { Digest, DiffId } from "./oci/digest.ts";
export { parseOutput } from "./output/parse-output.ts";
export type { OutputTarget } from "./output/target.ts";
export type { BuildEvent, EventSink, StepId, StepOutcome } from "./progress/event.ts";
export { type Images, openImages, type StoredImage } from "./store/images.ts";
