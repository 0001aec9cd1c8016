/** When a registry is asked what a name stands for. */
export type PullPolicy =
  | "always"
  /** Ask, and be content with what the store knows when there is no answer. */
  | "newer"
  /** Ask only about names that the store does not know. */
  | "missing"
  | "never";
