import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { build } from "../../../src/build.ts";
import { OciBuildError } from "../../../src/errors.ts";
import { findHelper } from "../../../src/helper/find.ts";
import { openSession } from "../../../src/helper/session.ts";
import { openRoom } from "../../../src/store/room/open-room.ts";
import { shellLayout } from "../../support/bases.ts";
import { startOciBuild } from "../../support/cli.ts";
import { place } from "../../support/place.ts";
import { watchingRequests } from "../../support/requests.ts";
import { StoreCheck } from "../../support/store-check.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { mayBeRoot } from "../../support/users.ts";

const dockerfile = `FROM base
COPY files /files
RUN mkdir /made && echo made > /made/it && rm /files/b
RUN --mount=type=cache,target=/cache echo kept > /cache/it && echo again > /made/it
`;
const OF_THE_WHOLE_PRUNE = 10;
const never = new AbortController().signal;

t.test("a store is sound after a prune was killed at each of its requests, and at random moments", async (t) => {
  if (!mayBeRoot(t)) return;
  const layout = await shellLayout(temporaryDirectory(t));
  const p = place(t, "self");
  const context = p.files("context", { Dockerfile: dockerfile, "files/a": "a", "files/b": "b" });
  const store = join(p.directory, "store");
  const session = await openSession({ helper: findHelper(), namespace: false, stdio: "none" });
  t.teardown(() => session.close());
  const check = new StoreCheck(session);
  const make = async (tags: readonly string[], buildArgs: ReadonlyMap<string, string> = new Map()): Promise<string> =>
    (
      await build({
        context,
        buildContexts: [`base=oci-layout://${layout}:latest`],
        tags,
        buildArgs,
        cache: { kind: "use" },
        pull: "missing",
        outputs: [],
        root: store,
        isolation: "chroot",
        events: () => undefined,
        signal: never,
      })
    ).imageId;
  const id = await make(["app"]);
  await check.learn(store);
  const afterwards = async (where: string): Promise<void> => {
    for (const fault of await check.faults(store)) t.fail(`${where}: ${fault}`);
    if ((await make(["app"])) !== id) t.fail(`${where}: the next build made another image`);
    const left = readdirSync(join(store, "work"));
    if (left.length > 0) t.fail(`${where}: the next build left ${left.join(" ")}`);
  };

  const requests = await killedPrunes(t, store, afterwards);
  t.ok(requests >= 8, `a prune makes ${requests} requests`);
  for (let kill = 0, longest = 300; kill < OF_THE_WHOLE_PRUNE;) {
    const { child, ended } = startOciBuild(["prune", "--all", "--root", store]);
    const start = performance.now();
    const delay = new AbortController();
    const timer = sleep(longest * (0.3 + 0.7 * Math.random()), undefined, { signal: delay.signal });
    void timer.then(() => child.kill("SIGKILL")).catch(() => undefined);
    const { code, stderr } = await ended;
    delay.abort();
    if (code === 128 + 9) kill += 1;
    else if (code === 0) longest = performance.now() - start;
    else t.fail(stderr);
    await afterwards(`kill ${kill} of the whole prune`);
  }
});

/** Kills the helper of a prune at each of its requests in turn: as it is asked, while it works, when it has answered. */
async function killedPrunes(t: Test, store: string, afterwards: (where: string) => Promise<void>): Promise<number> {
  for (let count = 0; ; count += 1) {
    const at = 2 + Math.floor(count / 3);
    const phase = (["asked", "working", "answered"] as const)[count % 3] ?? "asked";
    let requests = 0;
    const error = await watchingRequests(
      (_, helper) => {
        requests += 1;
        if (requests !== at || helper === undefined) return undefined;
        const kill = (): void => void process.kill(helper, "SIGKILL");
        if (phase === "answered") return kill;
        if (phase === "asked") kill();
        else setTimeout(kill, Math.random() * 2).unref();
        return undefined;
      },
      async () => {
        const room = await openRoom(store);
        try {
          await room.prune({ all: true }, { signal: never });
        } finally {
          await room.close();
        }
      },
    ).catch((thrown: unknown) => thrown);
    if (error !== undefined && !(error instanceof OciBuildError && error.code === "helper-died"))
      t.fail(`${phase}, request ${at}: ${error instanceof Error ? error.message : "no error"}`);
    await afterwards(`${phase}, request ${at}`);
    if (requests < at) return requests;
  }
}
