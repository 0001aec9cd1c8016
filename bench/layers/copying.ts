import { cpSync, mkdirSync } from "node:fs";
import type { HelperSession } from "../../src/helper/session.ts";
import type { Comparison } from "./comparison.ts";
import { type Round, timeCommand, timeHelper } from "./timed.ts";

/** COPY: the digest of the content, and unless the cache knows it the copy, against a copy alone. */
export function copying(context: string, statCache: string): readonly Comparison[] {
  const peer = { name: "cp -a", work: (target: string) => timeCommand(["cp", "-a", context, target]) };
  return [
    {
      work: "COPY of 10,000 files that nothing is known of",
      makesFile: false,
      ours: { name: "oci-build", work: (target) => timeCopying(context, target) },
      peers: [{ ...peer, toReach: 1.5 }],
    },
    {
      work: "COPY of 10,000 files that are known and unchanged",
      makesFile: false,
      ours: {
        name: "oci-build",
        work: async (target) => {
          await timeHelper((session) => digest(session, context, statCache));
          cpSync(statCache, target);
          return timeHelper((session) => digest(session, context, target));
        },
      },
      peers: [{ ...peer, toReach: 0.2 }],
    },
  ];
}

/** As for a step that is not in the cache; the second digest tells that nothing changed meanwhile. */
export function timeCopying(context: string, target: string): Promise<Round> {
  return timeHelper(async (session) => {
    await digest(session, context, `${target}.stat`);
    mkdirSync(target);
    await session.call("copy", {
      selection: selectionOf(context),
      root: target,
      destination: "/files/",
      keepOwner: false,
    });
    await digest(session, context, `${target}.stat`);
  });
}

function digest(session: HelperSession, context: string, statCache: string): Promise<unknown> {
  return session.call("digest", { selection: selectionOf(context), ownership: false, statCache });
}

function selectionOf(root: string): {
  root: string;
  sources: string[];
  ignore: string[];
  exclude: string[];
  parents: boolean;
} {
  return { root, sources: ["."], ignore: [], exclude: [], parents: false };
}
