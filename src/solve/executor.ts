import type { CacheKey, DiffId } from "../oci/digest.ts";
import type { BindMount } from "../plan/mount.ts";
import type { CopyPart, CopyStep, FileSource, RunStep } from "../plan/step.ts";
import type { StepId } from "../progress/event.ts";
import type { Chain, LayerStep } from "./keys.ts";
import type { LayerOrigin, MissedStep } from "./miss.ts";

/** What the solver needs done. It decides what runs; it knows nothing of tars, mounts or registries. */
export interface Executor {
  /** Whether all layers of a base are in the store, packed or unpacked. */
  holds(layers: Chain): Promise<boolean>;
  /** The layer that a step with this key, which is made of `inputs`, made before, if it can still be had. */
  lookUp(key: CacheKey, inputs: string): Promise<DiffId | undefined>;
  remember(key: CacheKey, inputs: string, diffId: DiffId): Promise<void>;
  /** Digest of what a part of a COPY selects. */
  contentOf(part: CopyPart, step: CopyStep, work: StepWork): Promise<string>;
  /** Digest of what a bind mount of a RUN shows. */
  mountedContentOf(mount: BindMount, step: RunStep, work: StepWork): Promise<string>;
  /** The owner that a COPY gives to its files, by numbers: names are those of the accounts of a file system. */
  ownerOf(owner: string, accounts: Chain): Promise<string>;
  /** Runs a step on top of `work.chain` and answers the layer that came of it. */
  execute(step: LayerStep, work: StepWork): Promise<DiffId>;
  /** Why a step that is not known has to run, in one clause. */
  explain(missed: MissedStep, work: StepWork, originOf: (diffId: string) => LayerOrigin | undefined): Promise<string>;
  /** Hears of each step that has ended well. */
  settled(step: { readonly title: string; readonly key: CacheKey }, place: StepPlace): void;
  /** Hears of each layer of the stages that the image consists of, as soon as it is known. */
  layerReady(diffId: DiffId): void;
}

/** Where a step stands, as progress shows it: FROM is 1. */
export interface StepPlace {
  readonly stage: string;
  readonly number: number;
  /** `NAME@DIGEST` of the image that the stage stands on. */
  readonly base: string | undefined;
}

export interface StepWork {
  readonly id: StepId;
  readonly place: StepPlace;
  readonly chain: Chain;
  /** The file system that files are taken from; undefined for the build context. */
  readonly filesOf: (source: FileSource) => Chain | undefined;
}
