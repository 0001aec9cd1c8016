import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A git repository of a test's own. */
export interface GitRepository {
  readonly path: string;
  /** `file://PATH` */
  readonly url: string;
  /** Writes files and commits them at `time`; a value that begins with `->` makes a link. Answers the commit's id. */
  commit(files: Readonly<Record<string, string>>, time?: number): string;
  git(...args: readonly string[]): string;
}

export const commitTime = 1_600_000_000;

export function gitRepository(path: string): GitRepository {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-c", "protocol.file.allow=always", ...args], {
      cwd: path,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_AUTHOR_NAME: "A",
        GIT_AUTHOR_EMAIL: "a@example.com",
        GIT_COMMITTER_NAME: "A",
        GIT_COMMITTER_EMAIL: "a@example.com",
        GIT_AUTHOR_DATE: `${time} +0000`,
        GIT_COMMITTER_DATE: `${time} +0000`,
      },
    }).trim();
  let time = commitTime;
  mkdirSync(path, { recursive: true });
  git("init", "--quiet", "--initial-branch=main");
  return {
    path,
    url: `file://${path}`,
    git,
    commit: (files, at = commitTime) => {
      for (const [name, content] of Object.entries(files)) {
        const file = join(path, name);
        mkdirSync(dirname(file), { recursive: true });
        rmSync(file, { force: true });
        if (content.startsWith("->")) symlinkSync(content.slice(2), file);
        else writeFileSync(file, content);
      }
      time = at;
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "-m", "change");
      return git("rev-parse", "HEAD");
    },
  };
}
