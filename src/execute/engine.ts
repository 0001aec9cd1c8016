import { findHelper } from "../helper/find.ts";
import { type HelperSession, openSession, type SessionStdio } from "../helper/session.ts";
import { parseReference } from "../oci/reference.ts";
import { createRegistry, type Registry } from "../registry/registry.ts";
import type { Pins } from "../lock/pins.ts";
import { offlineError } from "../fetch/offline.ts";
import type { Steps } from "../progress/steps.ts";
import { closeStore, openStore, type Store } from "../store/store.ts";
import { layerLimits } from "../helper/layer-limits.ts";
import type { Roots } from "./rootfs.ts";
import { rootsOf, storageChoice } from "./roots.ts";
import { LayerSupply } from "./supply.ts";

/** What building and running share: a store, the helper session that guards it, and the way to registries. */
export interface Engine {
  readonly store: Store;
  readonly registry: Registry;
  readonly supply: LayerSupply;
  readonly roots: Roots;
  /** What names of images stand for, where that is asked for or noted down. */
  readonly pins: Pins | undefined;
  close(): Promise<void>;
}

export interface EngineOptions {
  /** Directory of the store. */
  readonly root: string;
  readonly stdio: SessionStdio;
  /** Shows downloads as steps; none when nobody watches. */
  readonly steps?: Steps | undefined;
  /** Fetch nothing: a layer that the store lacks is an error. */
  readonly offline?: boolean | undefined;
  readonly pins?: Pins | undefined;
  /** Hosts that may be asked over plain http although they are elsewhere. */
  readonly insecureRegistries?: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

export async function openEngine({
  root,
  stdio,
  steps,
  insecureRegistries = [],
  offline = false,
  pins,
  signal,
}: EngineOptions): Promise<Engine> {
  const limits = layerLimits(process.env);
  const storage = storageChoice(process.env);
  const session = await openSession({ helper: findHelper(), namespace: true, stdio });
  const store = await openOrEnd(root, session);
  const registry = createRegistry({ signal, environment: process.env, insecureRegistries });
  const supply = new LayerSupply({
    store,
    steps,
    limits,
    openBlob: (image, blob) =>
      offline
        ? Promise.reject(offlineError(`layer ${blob.digest} of ${image.name}`))
        : registry.openBlob(parseReference(image.name), blob, { signal }),
  });
  return {
    store,
    registry,
    supply,
    roots: rootsOf(store, storage),
    pins,
    close: async () => {
      registry.close();
      await closeStore(store);
      await session.close();
    },
  };
}

async function openOrEnd(root: string, session: HelperSession): Promise<Store> {
  try {
    return await openStore(root, session);
  } catch (error) {
    await session.close();
    throw error;
  }
}
