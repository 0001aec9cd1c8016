import type { Method } from "../../src/helper/messages.ts";
import { HelperSession } from "../../src/helper/session.ts";

/** Called right before a request is sent; what it gives is called when the answer has come. */
export type Watch = (method: Method, helper: number | undefined) => (() => void) | undefined;

/**
 * Lets `watch` see every request to helpers that `work` starts in this process; others have been greeted before. The first,
 * `hello`, asks for the helper's process id.
 */
export async function watchingRequests<T>(watch: Watch, work: () => Promise<T>): Promise<T> {
  // oxlint-disable-next-line unbound-method -- it is only applied to sessions
  const original = HelperSession.prototype.start;
  let started: HelperSession | undefined;
  HelperSession.prototype.start = new Proxy(original, {
    apply: (target, session: HelperSession, args: Parameters<typeof original>) => {
      if (session.hello === undefined) started = session;
      const answered = session === started ? watch(args[0], session.hello?.pid) : undefined;
      const call = Reflect.apply(target, session, args);
      if (answered !== undefined) call.result.then(answered, () => undefined);
      return call;
    },
  });
  try {
    return await work();
  } finally {
    HelperSession.prototype.start = original;
  }
}
