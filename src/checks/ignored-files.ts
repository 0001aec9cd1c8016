import { posix } from "node:path";
import { parseHeredocMark } from "../syntax/heredoc.ts";
import type { Remark } from "./rule.ts";
import type { FileSubject, StageSubject } from "./subject.ts";
import type { Visit } from "./variables.ts";
import { listOf } from "./words.ts";

/** CopyIgnoredFile: COPY and ADD name files of the context that `.dockerignore` keeps out of it. */
export function copyIgnoredFile(visit: Visit, _stage: StageSubject, { isIgnored }: FileSubject): readonly Remark[] {
  const { node } = visit.instruction;
  if (isIgnored === undefined || node.flags.some(({ name }) => name === "from")) return [];
  const command = node.name === "COPY" ? "Copy" : "Add";
  const listed = new Set(listOf(node).slice(0, -1));
  return visit.words
    .flatMap(({ word, text }) => (text !== undefined && listed.has(word) && isOfContext(text) ? [text] : []))
    .map((text) =>
      posix
        .normalize(text)
        .replace(/^\/+/, "")
        .replace(/(?<=.)\/$/, ""),
    )
    .filter(isIgnored)
    .map((path) => ({
      message: `Attempting to ${command} file ${JSON.stringify(path)} that is excluded by .dockerignore`,
      range: node.range,
    }));
}

function isOfContext(source: string): boolean {
  return parseHeredocMark(source) === undefined && !/^(?:[a-z][a-z0-9+.-]*:\/\/|git@)/i.test(source);
}
