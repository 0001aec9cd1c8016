import type { Excerpt } from "../errors.ts";

/** Everything a build tells while it works. The library emits these and never prints; renderers live beside this file. */
export type BuildEvent =
  | { readonly kind: "step-started"; readonly step: StepId; readonly title: string }
  | {
      readonly kind: "step-output";
      readonly step: StepId;
      readonly stream: "stdout" | "stderr";
      readonly chunk: Uint8Array;
    }
  /** A long transfer or unpack inside a step; `total` is missing when it is not known. Bytes. */
  | {
      readonly kind: "step-progress";
      readonly step: StepId;
      readonly label: string;
      readonly done: number;
      readonly total?: number;
    }
  /** Why a step has to run that the cache might have had, in one clause. */
  | { readonly kind: "step-reason"; readonly step: StepId; readonly reason: string }
  | { readonly kind: "step-finished"; readonly step: StepId; readonly outcome: StepOutcome }
  | { readonly kind: "warning"; readonly message: string }
  /** What a build check has to say about a place of the Dockerfile; they are shown together at the end. */
  | { readonly kind: "finding"; readonly rule: string; readonly message: string; readonly excerpt: Excerpt };

/** Names a step within one build, e.g. `[internal] load build context`, `[build 2/5]`. Counts up from 1 as steps start. */
export type StepId = number;

export type StepOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "cached" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "cancelled" };

/** Where events go. Called synchronously; must not throw. */
export type EventSink = (event: BuildEvent) => void;
