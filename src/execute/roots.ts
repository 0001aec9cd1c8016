import { OciBuildError } from "../errors.ts";
import type { DiffId } from "../oci/digest.ts";
import type { Chain } from "../solve/keys.ts";
import type { Store } from "../store/store.ts";
import { CloneRoots } from "./clone-roots.ts";
import { OverlayRoots } from "./overlay-roots.ts";
import { lowersOf, type Roots } from "./rootfs.ts";
import type { LayerSupply } from "./supply.ts";

/** How layers become a file system: the first way that this machine allows, or one that the user wants. */
export type StorageChoice = "auto" | "overlay" | "clone";

/** The storage that `OCI_BUILD_STORAGE` names, or `auto`. @throws OciBuildError `usage` */
export function storageChoice(environment: NodeJS.ProcessEnv): StorageChoice {
  const text = environment["OCI_BUILD_STORAGE"] ?? "";
  switch (text) {
    case "":
      return "auto";
    case "auto":
    case "overlay":
    case "clone":
      return text;
    default:
      throw new OciBuildError("usage", `OCI_BUILD_STORAGE is ${JSON.stringify(text)}, which is no storage`, {
        hint: "use auto, overlay or clone",
      });
  }
}

/** Roots of a store by the chosen storage. What `auto` means is found out when the first root is needed. */
export function rootsOf(store: Store, choice: StorageChoice): Roots {
  let chosen: Promise<Roots> | undefined;
  const roots = (): Promise<Roots> => (chosen ??= choose(store, choice));
  return {
    reading: async (lowers, use) => (await roots()).reading(lowers, use),
    writing: async (lowers, use) => (await roots()).writing(lowers, use),
    changing: async (beneath, change) => (await roots()).changing(beneath, change),
  };
}

async function choose(store: Store, choice: StorageChoice): Promise<Roots> {
  const wanted =
    choice === "auto" ? (await store.session.call("storage", { directory: store.workspace })).kind : choice;
  return wanted === "overlay" ? new OverlayRoots(store) : new CloneRoots(store);
}

export interface Committing {
  readonly roots: Roots;
  readonly supply: LayerSupply;
  readonly chain: Chain;
  /** Seconds since 1970; new times later than this become this. */
  readonly epoch: number | undefined;
  /** Whether a process of the image may have written there. */
  readonly process: boolean;
}

/** Lets `change` work on the file system of a chain and keeps what it changed as a layer. */
export async function makeLayer(
  { roots, supply, chain, epoch, process }: Committing,
  change: (root: string) => Promise<void>,
): Promise<DiffId> {
  return roots.changing({ lowers: await lowersOf(supply, chain), epoch, process }, change);
}
