import { build, type BuildOptions } from "./build.ts";
import { compareImages, type Comparison } from "./compare/compare.ts";
import { openSubject, subjectOfStore } from "./compare/subject.ts";
import { openEngine } from "./execute/engine.ts";
import { makeShadow } from "./store/shadow.ts";

export interface VerifyOptions {
  /** As `openSubject` takes it. */
  readonly image: string;
  /** How it was built; nothing is tagged or put anywhere. */
  readonly build: Omit<BuildOptions, "tags" | "cache" | "outputs">;
  /** How many differences are told at most. */
  readonly most: number;
}

/**
 * Builds an image again, every step of it, and compares it with what there is. Nothing that the store remembers of other
 * builds is asked or changed, cache mounts included, which begin empty.
 * @throws OciBuildError as `openSubject`, `build` and `compareImages`
 */
export async function verifyImage({ image, build: how, most }: VerifyOptions): Promise<Comparison> {
  const { root, insecureRegistries, signal } = how;
  const engine = await openEngine({ root, insecureRegistries, signal, stdio: "none" });
  try {
    const wanted = await openSubject(engine, image);
    const shadow = await makeShadow(engine.store);
    const { digest } = await build({ ...how, root: shadow, cache: { kind: "ignore" }, tags: [], outputs: [] });
    const rebuilt = await subjectOfStore(engine, "the image built again", digest);
    return await compareImages(engine, [wanted, rebuilt], most);
  } finally {
    await engine.close();
  }
}
