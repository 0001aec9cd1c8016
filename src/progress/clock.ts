/** Time as the renderers see it; tests bring their own. */
export interface Clock {
  /** Milliseconds; only differences mean something. */
  readonly now: () => number;
  /** Calls `tick` every so many milliseconds until the function that comes back is called. Does not keep the program alive. */
  readonly every: (milliseconds: number, tick: () => void) => () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  every: (milliseconds, tick) => {
    const timer = setInterval(tick, milliseconds).unref();
    return () => clearInterval(timer);
  },
};
