import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { build } from "../../../src/build.ts";
import { findHelper } from "../../../src/helper/find.ts";
import { openSession } from "../../../src/helper/session.ts";
import type { Clearing } from "../../../src/store/room/choose.ts";
import { openRoom } from "../../../src/store/room/open-room.ts";
import { shellLayout } from "../../support/bases.ts";
import { place } from "../../support/place.ts";
import { StoreCheck } from "../../support/store-check.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { mayBeRoot } from "../../support/users.ts";

const ROUNDS = Number(process.env["OCI_BUILD_ROOM_ROUNDS"] ?? 3);
const BUILDS = 16;
const VARIANTS = 5;

/** Steps that all builds share, steps that only some of them do, and a stage that others copy from. */
const dockerfile = `FROM base AS made
RUN mkdir /made && echo same > /made/it
FROM base
ARG N
COPY files /files
COPY --from=made /made /copied
RUN mkdir /own && echo $N > /own/n
RUN --mount=type=cache,target=/cache echo $N >> /cache/n && rm /files/b
`;

t.test(`${BUILDS} builds at once, with prunes in between, give the right images in ${ROUNDS} rounds`, async (t) => {
  if (!mayBeRoot(t)) return;
  const layout = await shellLayout(temporaryDirectory(t));
  const p = place(t, "self");
  const context = p.files("context", { Dockerfile: dockerfile, "files/a": "a", "files/b": "b" });
  const session = await openSession({ helper: findHelper(), namespace: false, stdio: "none" });
  t.teardown(() => session.close());
  const check = new StoreCheck(session);
  const store = join(p.directory, "shared");
  const make = async (root: string, n: number, tags: readonly string[]): Promise<string> =>
    (
      await build({
        context,
        buildContexts: [`base=oci-layout://${layout}:latest`],
        tags,
        buildArgs: new Map([["N", String(n)]]),
        cache: { kind: "use" },
        pull: "missing",
        outputs: n === 0 ? [{ kind: "oci-archive", file: join(p.directory, `${tags[0] ?? "none"}.tar`) }] : [],
        root,
        isolation: "chroot",
        events: () => undefined,
        signal: new AbortController().signal,
      })
    ).imageId;

  const expected: string[] = [];
  const undisturbed = join(p.directory, "undisturbed");
  for (let n = 0; n < VARIANTS; n += 1) expected.push(await make(undisturbed, n, [`right:${n}`]));
  await check.learn(undisturbed);

  for (let round = 0; round < ROUNDS; round += 1) {
    let running = BUILDS;
    const builds = Array.from({ length: BUILDS }, async (_, index) => {
      try {
        // Some begin when others have ended, and every third leaves an image without a name.
        await sleep(Math.random() * 400);
        const id = await make(store, index % VARIANTS, index % 3 === 0 ? [] : [`app:${index}`]);
        if (id !== expected[index % VARIANTS]) t.fail(`round ${round}: build ${index} made ${id}`);
      } catch (error) {
        t.fail(
          `round ${round}: build ${index}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      } finally {
        running -= 1;
      }
    });
    const removed = await pruneWhile(t, store, { round, isGoing: () => running > 0 });
    await Promise.all(builds);
    for (const fault of await check.faults(store)) t.fail(`round ${round}: ${fault}`);
    const left = readdirSync(join(store, "work"));
    if (left.length > 0) t.fail(`round ${round}: ${left.join(" ")} is left`);
    if (process.env["OCI_BUILD_ROOM_ROUNDS"] !== undefined) t.comment(`round ${round}: ${removed} things removed`);
  }
  t.ok(expected.every((id) => id.startsWith("sha256:")));
  rmSync(join(p.directory, "none.tar"), { force: true });
});

const clearings: readonly Clearing[] = [{ all: true }, { all: false }, { all: false, keepBytes: 0 }];

/** Prunes again and again, in every way, and answers how many things went. */
async function pruneWhile(
  t: Test,
  store: string,
  { round, isGoing }: { readonly round: number; readonly isGoing: () => boolean },
): Promise<number> {
  let removed = 0;
  for (let count = round; isGoing(); count += 1) {
    const room = await openRoom(store);
    try {
      const gone = await room.prune(clearings[count % clearings.length] ?? { all: true }, {
        signal: new AbortController().signal,
      });
      removed += gone.length;
      if (gone.some(({ need }) => need === "tag")) t.fail(`round ${round}: what an image needs was removed`);
    } finally {
      await room.close();
    }
    await sleep(Math.random() * 60);
  }
  return removed;
}
