import { formatDuration } from "../instructions/duration.ts";
import type { KeyValue } from "../instructions/instruction.ts";
import type { Healthcheck } from "../oci/image.ts";
import { plainList, quotedList } from "./go-format.ts";

/** The `created_by` of history entries, character by character as BuildKit writes them, because people and tools read them. */

/** `RUN |2 A=1 B=2 /bin/sh -c make # buildkit`; `args` are the build arguments in scope, as `NAME=value`. */
export function runCreatedBy(argv: readonly string[], args: readonly string[]): string {
  const scope = args.length === 0 ? [] : [`|${args.length}`, ...args];
  return `RUN ${[...scope, ...argv].join(" ")} # buildkit`;
}

interface CopyWords {
  readonly keyword: "COPY" | "ADD";
  readonly parents: boolean;
  readonly owner?: string | undefined;
  readonly mode?: string | undefined;
  readonly sources: readonly string[];
  /** Names of inline files. */
  readonly inline: readonly string[];
  /** As written, expanded, not joined with WORKDIR. */
  readonly destination: string;
}

/** `COPY --parents --chown=1 --chmod=755 a b # buildkit`; other flags are not shown. */
export function copyCreatedBy({ keyword, parents, owner, mode, sources, inline, destination }: CopyWords): string {
  const flags = [
    ...(parents ? ["--parents"] : []),
    ...(owner === undefined ? [] : [`--chown=${owner}`]),
    ...(mode === undefined ? [] : [`--chmod=${mode}`]),
  ];
  return [keyword, ...flags, ...sources, ...inline.map((name) => `<<${name}`), destination, "# buildkit"].join(" ");
}

/** `ENV A=1 B=2`, `LABEL a=b` */
export function pairsCreatedBy(keyword: "ENV" | "LABEL", pairs: readonly KeyValue[]): string {
  return [keyword, ...pairs.map(({ key, value }) => `${key}=${value}`)].join(" ");
}

/** `ARG A=1 B`; a name alone has no value. */
export function argCreatedBy(
  declarations: readonly { readonly name: string; readonly value: string | undefined }[],
): string {
  return ["ARG", ...declarations.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`))].join(" ");
}

/** `CMD ["a" "b"]`, `ENTRYPOINT ["a" "b"]` */
export function commandCreatedBy(keyword: "CMD" | "ENTRYPOINT", argv: readonly string[]): string {
  return `${keyword} ${quotedList(argv)}`;
}

/** `EXPOSE [80/tcp]`, `VOLUME [/x]`, `SHELL [/bin/bash -c]` */
export function listCreatedBy(keyword: "EXPOSE" | "VOLUME" | "SHELL", items: readonly string[]): string {
  return `${keyword} ${plainList(items)}`;
}

/** `HEALTHCHECK {Test:[CMD-SHELL x] Interval:5s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}` */
export function healthcheckCreatedBy(healthcheck: Healthcheck): string {
  const { Test = [], Interval = 0, Timeout = 0, StartPeriod = 0, StartInterval = 0, Retries = 0 } = healthcheck;
  const fields = { Interval, Timeout, StartPeriod, StartInterval };
  const durations = Object.entries(fields).map(([name, value]) => `${name}:${formatDuration(value)}`);
  return `HEALTHCHECK {${[`Test:${plainList(Test)}`, ...durations, `Retries:${Retries}`].join(" ")}}`;
}
