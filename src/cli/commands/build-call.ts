import type { CallOptions, CheckAnswer } from "../../call.ts";
import type { Outline, OutlineMount } from "../../describe/outline.ts";
import type { Target } from "../../describe/targets.ts";
import { linesOf } from "../../syntax/source.ts";
import type { Context } from "../context.ts";
import { findingText } from "../finding-text.ts";
import { interruptible } from "../interruptible.ts";
import { suggest } from "../../syntax/suggest.ts";
import { renderTable } from "../table.ts";
import { usageError } from "../usage-error.ts";
import { version } from "../version.ts";

const formats = {
  build: [],
  check: ["text", "json", "sarif"],
  outline: ["text", "json"],
  targets: ["text", "json"],
} as const;

type Method = keyof typeof formats;

/** What `--call` asks for. */
export interface Call {
  readonly method: Method;
  readonly format: "text" | "json" | "sarif";
}

/** Reads `--call=METHOD[,format=FORMAT]` and `--check`. @throws OciBuildError `usage` */
export function readCall(text: string | undefined, check: boolean): Call {
  if (text === undefined || text === "") return { method: check ? "check" : "build", format: "text" };
  const [name = "", ...options] = text.split(",");
  const method = methodOf(name === "lint" ? "check" : name);
  if (check && method !== "check") throw usageError(`--check and --call=${method} cannot be used together`);
  let format: Call["format"] = "text";
  for (const option of options) {
    const value = /^format=(.*)$/.exec(option)?.[1];
    const known = formats[method].find((one) => one === value);
    if (value === undefined)
      throw usageError(`--call: ${JSON.stringify(option)} is not supported`, "write format=json");
    if (known === undefined)
      throw usageError(
        `--call=${method}: ${JSON.stringify(value)} is no format of it`,
        formats[method].length === 0 ? `${method} takes none` : `it takes ${formats[method].join(", ")}`,
      );
    format = known;
  }
  return { method, format };
}

function methodOf(name: string): Method {
  const names = Object.keys(formats) as Method[];
  const found = names.find((one) => one === name);
  if (found !== undefined) return found;
  const meant = suggest(name, names);
  throw usageError(
    `--call: ${JSON.stringify(name)} is not one of ${names.join(", ")}`,
    meant === undefined ? undefined : `did you mean --call=${meant}?`,
  );
}

/** Answers on standard output. The exit code of `check` says whether there is something to mend, as buildx's does. */
export function answerCall(context: Context, call: Call, options: Omit<CallOptions, "signal">): Promise<number> {
  return interruptible(context, async ({ signal }) => {
    const asked = { ...options, signal };
    switch (call.method) {
      case "check":
        return answerCheck(context, call, await context.engine.checkBuild(asked));
      case "outline": {
        const { outline, source } = await context.engine.outlineBuild(asked);
        const { outlineJson } = await import("../../describe/json.ts");
        print(context, call.format === "json" ? jsonText(outlineJson(outline, source)) : outlineText(outline));
        return 0;
      }
      case "targets": {
        const { targets, source } = await context.engine.targetsOfBuild(asked);
        const { targetsJson } = await import("../../describe/json.ts");
        print(context, call.format === "json" ? jsonText(targetsJson(targets, source)) : targetsText(targets));
        return 0;
      }
      case "build":
        throw new TypeError("a build is not answered here");
    }
  });
}

async function answerCheck(context: Context, { format }: Call, answer: CheckAnswer): Promise<number> {
  const { findings, notes, problem } = answer;
  for (const note of notes) context.stderr.write(`note: ${note}\n`);
  if (format === "json") print(context, jsonText((await import("../../checks/json.ts")).checkJson(answer, problem)));
  else if (format === "sarif")
    print(context, jsonText((await import("../../checks/sarif.ts")).checkSarif(answer, { version, problem })));
  else print(context, checkText(answer));
  if (problem !== undefined) throw problem;
  return findings.length === 0 ? 0 : 1;
}

function checkText({ dockerfile, findings }: CheckAnswer): string {
  const { file, text } = dockerfile.source;
  const verdict =
    findings.length === 0
      ? "Check complete, no warnings found."
      : findings.length === 1
        ? "Check complete, 1 warning has been found!"
        : `Check complete, ${findings.length} warnings have been found!`;
  const shown = findings.map(({ range, ...finding }) =>
    findingText({ ...finding, excerpt: { file, text, lines: linesOf(range) } }),
  );
  return `${verdict}\n${shown.join("")}`;
}

function outlineText({ target, args, secrets, ssh, caches }: Outline): string {
  const mounts = (title: string, rows: readonly OutlineMount[]) =>
    table(
      [title, "REQUIRED"],
      rows.map(({ name, required }) => [name, required ? "true" : ""]),
    );
  const blocks = [
    renderTable([
      ["TARGET:", target.name ?? "(default)"],
      ...(target.description === undefined ? [] : [["DESCRIPTION:", target.description]]),
    ]),
    table(
      ["BUILD ARG", "VALUE", "DESCRIPTION"],
      args.map(({ name, value = "", description = "" }) => [name, value, description]),
    ),
    mounts("SECRET", secrets),
    mounts("SSH", ssh),
    table(
      ["CACHE"],
      caches.map(({ name }) => [name]),
    ),
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

function targetsText(targets: readonly Target[]): string {
  return table(
    ["TARGET", "DESCRIPTION"],
    targets.map(({ name, isDefault, description = "" }) => {
      const mark = isDefault ? "(default)" : "";
      return [[name, mark].filter(Boolean).join(" "), description];
    }),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "" : renderTable([head, ...rows]);
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function print({ stdout }: Context, text: string): void {
  stdout.write(text);
}
