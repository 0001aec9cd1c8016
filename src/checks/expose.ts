import type { Remark } from "./rule.ts";
import { type StageSubject, visitsOf } from "./subject.ts";

/** ExposeProtoCasing: `80/tcp`, not `80/TCP`. */
export function exposeProtoCasing(stage: StageSubject): readonly Remark[] {
  return overPorts(stage, (port) => {
    const protocol = /\/([^/]*)$/.exec(port)?.[1] ?? "";
    if (protocol === protocol.toLowerCase()) return undefined;
    return `Defined protocol '${port}' in EXPOSE instruction should be lowercase`;
  });
}

/** ExposeInvalidFormat: a port of the container, without an address or a port of the host in front. */
export function exposeInvalidFormat(stage: StageSubject): readonly Remark[] {
  return overPorts(stage, (port) => {
    if (!/[^:]:/.test(port)) return undefined;
    return `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`;
  });
}

function overPorts(stage: StageSubject, fault: (port: string) => string | undefined): readonly Remark[] {
  return visitsOf(stage, "EXPOSE").flatMap(({ node, words }) =>
    words
      .flatMap((word) => word.words)
      .flatMap((port) => {
        const message = fault(port);
        return message === undefined ? [] : [{ message, range: node.range }];
      }),
  );
}
