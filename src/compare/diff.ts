import { openEngine } from "../execute/engine.ts";
import { compareImages, type Comparison } from "./compare.ts";
import { openSubject } from "./subject.ts";

export interface DiffOptions {
  /** Each as `openSubject` takes it. */
  readonly images: readonly [before: string, after: string];
  /** How many differences are told at most. */
  readonly most: number;
  /** Directory of the store. */
  readonly root: string;
  readonly insecureRegistries?: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/** Compares two images, wherever they are. @throws OciBuildError as `openSubject` and `compareImages` */
export async function diffImages(options: DiffOptions): Promise<Comparison> {
  const { images, most, ...opening } = options;
  const engine = await openEngine({ ...opening, stdio: "none" });
  try {
    const before = await openSubject(engine, images[0]);
    const after = await openSubject(engine, images[1]);
    return await compareImages(engine, [before, after], most);
  } finally {
    await engine.close();
  }
}
