import type { Origin } from "./origin.ts";

/** A directory that COPY reads, and what is left out of it. */
export interface ContextTree {
  /** Absolute, without symbolic links. */
  readonly directory: string;
  /** Cleaned .dockerignore patterns. */
  readonly ignore: readonly string[];
  /** Whether the directory is there in the next build too, so that what is known of its files is worth remembering. */
  readonly lasting: boolean;
  readonly origin: Origin;
}
