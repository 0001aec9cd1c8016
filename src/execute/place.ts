import { OciBuildError } from "../errors.ts";
import type { Store } from "../store/store.ts";

/** Work on a root file system needs namespaces, or root: says what stands in the way. @throws OciBuildError */
export function requirePlace(store: Store): void {
  const obstacle = store.session.hello?.obstacle;
  if (obstacle !== undefined && !isBare(store))
    throw new OciBuildError(obstacle.code, obstacle.message, { hint: obstacle.hint });
}

/** Whether processes run with nothing but another root directory: then nothing can be mounted for them. */
export function isBare(store: Store): boolean {
  return store.session.hello?.place === "container";
}
