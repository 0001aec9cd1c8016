import { posix } from "node:path";
import { parseHeredocMark } from "../syntax/heredoc.ts";
import { ignores } from "./ignore-pattern.ts";
import type { Remark } from "./rule.ts";
import { type FileSubject, type StageSubject, visitsOf } from "./subject.ts";
import { listOf } from "./words.ts";

/**
 * CopyIgnoredFile: COPY and ADD name files of the context that `.dockerignore` keeps out of it. With `!` patterns nothing
 * is said, as in BuildKit: a directory may be ignored and a file in it be kept.
 */
export function copyIgnoredFile(stage: StageSubject, { ignore }: FileSubject): readonly Remark[] {
  if (ignore.length === 0 || ignore.some((pattern) => pattern.startsWith("!"))) return [];
  const isIgnored = ignores(ignore);
  return visitsOf(stage, "COPY", "ADD").flatMap(({ node, words }) => {
    if (node.flags.some(({ name }) => name === "from")) return [];
    const command = node.name === "COPY" ? "Copy" : "Add";
    const listed = new Set(listOf(node).slice(0, -1));
    return words
      .filter(({ written, text }) => listed.has(written) && isOfContext(text))
      .map(({ text }) =>
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
  });
}

function isOfContext(source: string): boolean {
  return parseHeredocMark(source) === undefined && !/^(?:[a-z][a-z0-9+.-]*:\/\/|git@)/i.test(source);
}
