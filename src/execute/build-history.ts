import { join } from "node:path";
import type { CacheKey } from "../oci/digest.ts";
import type { Json } from "../oci/canonical-json.ts";
import type { StepPlace } from "../solve/executor.ts";
import { differingFiles } from "../solve/file-listing.ts";
import { type EarlierStep, type LayerOrigin, type MissedStep, whyMissed } from "../solve/miss.ts";
import {
  type BuildRecord,
  buildRecordDirectory,
  keepListing,
  listingPath,
  readBuildRecord,
  type RecordedStep,
  writeBuildRecord,
} from "../store/build-records.ts";
import { readIfPresent } from "../store/durable.ts";
import { findInputs } from "../store/steps.ts";
import type { Store } from "../store/store.ts";

/** Where the helper writes a listing, unless the content is `known`. */
export interface Listing {
  readonly path: string;
  readonly known: string | undefined;
}

/**
 * What earlier builds of the same Dockerfile did, step by step, and what this one does. It only explains: no result
 * depends on it, and what is lost of it is found out again.
 */
export class BuildHistory {
  readonly #store: Store;
  readonly #directory: string;
  readonly #before: BuildRecord;
  readonly #now = new Map<string, { base: string | undefined; steps: Map<number, RecordedStep> }>();
  readonly #listed = new Map<string, Record<string, string>>();

  private constructor(store: Store, directory: string, before: BuildRecord) {
    this.#store = store;
    this.#directory = directory;
    this.#before = before;
  }

  /** @param context,dockerfile tell one Dockerfile from another, as the user calls them */
  static async open(store: Store, context: string, dockerfile: string): Promise<BuildHistory> {
    const directory = buildRecordDirectory(store.paths, context, dockerfile);
    return new BuildHistory(store, directory, await readBuildRecord(directory));
  }

  /** Where the files of a part of a COPY are to be listed. */
  listing({ stage, number }: StepPlace, part: number): Listing {
    const before = this.#before.stages.get(stage)?.steps.find((step) => step.number === number);
    return { path: this.#fresh({ stage, number }, part), known: before?.listed?.[part] };
  }

  /** Hears what the content of a part of a COPY turned out to be. */
  listed(place: StepPlace, part: number, digest: string): void {
    const name = nameOf(place);
    this.#listed.set(name, { ...this.#listed.get(name), [part]: digest });
  }

  settled({ title, key }: { readonly title: string; readonly key: CacheKey }, place: StepPlace): void {
    const stage = this.#now.get(place.stage) ?? { base: place.base, steps: new Map() };
    const listed = this.#listed.get(nameOf(place));
    stage.steps.set(place.number, { number: place.number, title, key, ...(listed && { listed }) });
    this.#now.set(place.stage, stage);
  }

  async explain(
    missed: MissedStep,
    place: StepPlace,
    originOf: (diffId: string) => LayerOrigin | undefined,
  ): Promise<string> {
    const stage = this.#before.stages.get(place.stage);
    const nearest = nearestStep(stage?.steps ?? [], missed.title, place.number);
    const before = nearest === undefined ? undefined : await this.#earlier(nearest);
    const files = nearest === undefined ? [] : await this.#changedFiles(missed, place, nearest.number);
    return whyMissed(missed, before, { originOf, baseBefore: stage?.base, filesOf: (part) => files[part] });
  }

  /** Keeps what this build did, for the next to be compared with. A stage that did not get to its end keeps what is known of its later steps. */
  async save(): Promise<void> {
    const stages = new Map(this.#before.stages);
    for (const [name, { base, steps }] of this.#now) {
      const last = Math.max(...steps.keys());
      const later = (this.#before.stages.get(name)?.steps ?? []).filter(({ number }) => number > last);
      stages.set(name, { base, steps: [...steps.values()].toSorted((a, b) => a.number - b.number).concat(later) });
    }
    if (JSON.stringify([...stages]) === JSON.stringify([...this.#before.stages])) return;
    for (const [stage, { steps }] of this.#now)
      for (const { number, listed = {} } of steps.values())
        for (const part of Object.keys(listed).map(Number))
          await keepListing(this.#directory, { stage, number, part }, this.#fresh({ stage, number }, part));
    await writeBuildRecord(this.#directory, { stages });
  }

  async #earlier({ title, key }: RecordedStep): Promise<EarlierStep> {
    const inputs = await findInputs(this.#store.paths, key);
    return { title, key, inputs: inputs as Readonly<Record<string, Json | undefined>> | undefined };
  }

  /** For each part of a COPY, in one clause, what differs from the files that the step `number` selected then. */
  async #changedFiles(
    { inputs }: MissedStep,
    place: StepPlace,
    number: number,
  ): Promise<readonly (string | undefined)[]> {
    const { contents } = inputs;
    if (!Array.isArray(contents)) return [];
    return Promise.all(
      contents.map(async (_, part) => {
        const now = await readIfPresent(this.#fresh(place, part));
        const then = await readIfPresent(listingPath(this.#directory, { stage: place.stage, number, part }));
        return now === undefined || then === undefined ? undefined : differingFiles(now, then);
      }),
    );
  }

  #fresh({ stage, number }: { readonly stage: string; readonly number: number }, part: number): string {
    return join(this.#store.workspace, `listing-${stage}.${number}.${part}`);
  }
}

function nameOf({ stage, number }: StepPlace): string {
  return `${stage} ${number}`;
}

/** The step with the same words that stands nearest, else the one at the same place. */
function nearestStep(steps: readonly RecordedStep[], title: string, number: number): RecordedStep | undefined {
  const distance = (step: RecordedStep): number => Math.abs(step.number - number);
  const [nearest] = steps.filter((step) => step.title === title).toSorted((a, b) => distance(a) - distance(b));
  return nearest ?? steps.find((step) => step.number === number);
}
