import { OciBuildError } from "../errors.ts";
import type { Store } from "../store/store.ts";

/** Work on a root file system needs namespaces: says what stands in the way. @throws OciBuildError */
export function requirePlace(store: Store): void {
  const obstacle = store.session.hello?.obstacle;
  if (obstacle !== undefined) throw new OciBuildError(obstacle.code, obstacle.message, { hint: obstacle.hint });
}
