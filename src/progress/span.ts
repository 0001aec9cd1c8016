import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";

/** A piece of work that has ended. */
export interface Span {
  /** What kind of work: a phase of the build, a request to the helper, an exchange with a server. */
  readonly category: SpanCategory;
  readonly name: string;
  /** Milliseconds of `performance.now()`: since the process began. */
  readonly started: number;
  readonly ended: number;
}

export type SpanCategory = "phase" | "step" | "helper" | "network";

/** Spans go to whoever subscribes to this channel of Node's; without a subscriber none is measured. */
const channelName = "oci-build:span";
const spans = channel(channelName);

/** Does `work` and tells how long it took, also when it fails. */
export async function span<T>(category: SpanCategory, name: string, work: () => Promise<T>): Promise<T> {
  if (!spans.hasSubscribers) return work();
  const started = performance.now();
  try {
    return await work();
  } finally {
    const ended: Span = { category, name, started, ended: performance.now() };
    spans.publish(ended);
  }
}

/** Calls `listener` with every span until the function that comes back is called. */
export function onSpan(listener: (span: Span) => void): () => void {
  // The channel has this module's spans alone.
  const receive = (message: unknown): void => listener(message as Span);
  subscribe(channelName, receive);
  return () => {
    unsubscribe(channelName, receive);
  };
}
