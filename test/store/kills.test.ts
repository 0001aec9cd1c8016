import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { OciBuildError } from "../../src/errors.ts";
import { findHelper } from "../../src/helper/find.ts";
import { openSession } from "../../src/helper/session.ts";
import { push, shellLayout, startRegistry } from "../support/bases.ts";
import { buildInto } from "../support/build-into.ts";
import { startOciBuild } from "../support/cli.ts";
import { place } from "../support/place.ts";
import { watchingRequests } from "../support/requests.ts";
import { StoreCheck } from "../support/store-check.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { mayBeRoot } from "../support/users.ts";

const KILLS = 200;
const OF_THE_WHOLE_BUILD = 30;

/** Steps of every kind that write to the store: a pull, a copy, processes that make, change and delete. */
const dockerfile = (base: string): string => `FROM ${base}
COPY files /files
RUN mkdir /made && echo made > /made/it && rm /files/b && chmod 700 /files/c
WORKDIR /new/directory
RUN rm -r /files && echo again > /made/it
`;

t.test(`a store is sound after each of ${KILLS} kills, and the next build gives the right image`, async (t) => {
  if (!mayBeRoot(t)) return;
  const base = `${await startRegistry(t)}/library/shell`;
  await push(await shellLayout(temporaryDirectory(t)), base);
  const p = place(t, "self");
  const context = p.files("context", {
    Dockerfile: dockerfile(base),
    "files/a": "a",
    "files/b": "b",
    "files/c/d": "d",
  });
  const session = await openSession({ helper: findHelper(), namespace: false, stdio: "none" });
  t.teardown(() => session.close());
  const check = new StoreCheck(session);
  let stores = 0;
  const newStore = (): string => join(p.directory, `store-${(stores += 1)}`);

  const undisturbed = newStore();
  const plain = await counted(() => imageOf(undisturbed, context));
  await check.learn(undisturbed);
  const work = { context, newStore, check, id: plain.result };
  t.ok(plain.requests > 20, `a build makes ${plain.requests} requests`);
  const [ofHelpers, ofBuilds] = await Promise.all([
    killHelpers(t, work, { kills: KILLS - OF_THE_WHOLE_BUILD, requests: plain.requests }),
    killBuilds(t, work),
  ]);
  t.equal(ofHelpers + ofBuilds, KILLS);
});

interface Work {
  readonly context: string;
  readonly newStore: () => string;
  readonly check: StoreCheck;
  /** Of the image as a build that nobody disturbs makes it. */
  readonly id: string;
}

/** Kills the helper at each of its requests in turn: as it is asked, while it works, when it has answered. */
async function killHelpers(
  t: Test,
  { context, newStore, check, id }: Work,
  { kills, requests }: { readonly kills: number; readonly requests: number },
): Promise<number> {
  for (let kill = 0; kill < kills; kill += 1) {
    const store = newStore();
    const at = 2 + Math.floor((kill * (requests - 2)) / kills);
    const phase = (["asked", "working", "answered"] as const)[kill % 3] ?? "asked";
    const where = `${phase}, request ${at} of ${requests}`;
    const error = await killing({ at, phase }, () => imageOf(store, context)).catch((thrown: unknown) => thrown);
    // Whoever dies after its last answer that matters has done its work.
    if (error instanceof OciBuildError) {
      if (error.code !== "helper-died") t.fail(`${where}: ${error.code}: ${error.message}`);
      if (!/killed by SIGKILL|the connection to it broke/.test(error.message)) t.fail(`${where}: ${error.message}`);
    } else if (error !== id) t.fail(`${where}: ${String(error)}`);
    await mustBeSound(t, { check, store, where });
    if ((await imageOf(store, context)) !== id) t.fail(`${where}: the next build made another image`);
    const left = readdirSync(join(store, "work"));
    if (left.length > 0) t.fail(`${where}: the next build left ${left.join(" ")}`);
  }
  return kills;
}

/** Kills the command line at random moments, until a build has come through in spite of that; and so on with a new store. */
async function killBuilds(t: Test, { context, newStore, check, id }: Work): Promise<number> {
  let longest = 200;
  let kills = 0;
  for (let store = newStore(), tries = 0; kills < OF_THE_WHOLE_BUILD; tries += 1) {
    const start = performance.now();
    const { child, ended } = startOciBuild(["build", "--quiet", "--root", store, "--tag", "app", context]);
    const delay = new AbortController();
    const timer = sleep(longest * (0.3 + 0.7 * Math.random()), undefined, { signal: delay.signal });
    void timer.then(() => child.kill("SIGKILL")).catch(() => undefined);
    const { code, stdout, stderr } = await ended;
    delay.abort();
    const where = `try ${tries} of the whole build`;
    if (code === 128 + 9) kills += 1;
    else if (code === 0) {
      longest = performance.now() - start;
      if (stdout.trim() !== id) t.fail(`${where} made another image`);
    } else t.fail(`${where}: ${stderr}`);
    await mustBeSound(t, { check, store, where });
    if (code === 0) store = newStore();
    else longest *= 1.1;
  }
  return kills;
}

async function mustBeSound(
  t: Test,
  { check, store, where }: { readonly check: StoreCheck; readonly store: string; readonly where: string },
): Promise<void> {
  for (const fault of await check.faults(store)) t.fail(`${where}: ${fault}`);
}

async function imageOf(root: string, context: string): Promise<string> {
  return (await buildInto(root, context, ["app"])).imageId;
}

async function counted<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly requests: number }> {
  let requests = 0;
  const result = await watchingRequests(() => {
    requests += 1;
    return undefined;
  }, work);
  return { result, requests };
}

interface Moment {
  /** The number of the request, from 1. The first tells who the helper is. */
  readonly at: number;
  readonly phase: "asked" | "working" | "answered";
}

function killing<T>({ at, phase }: Moment, work: () => Promise<T>): Promise<T> {
  let requests = 0;
  return watchingRequests((_, helper) => {
    requests += 1;
    if (requests !== at || helper === undefined) return undefined;
    const kill = (): void => killIfThere(helper);
    if (phase === "answered") return kill;
    if (phase === "asked") kill();
    else setTimeout(kill, Math.random() * 4).unref();
    return undefined;
  }, work);
}

/** After the last request a helper ends by itself, which may be sooner than it is killed. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
