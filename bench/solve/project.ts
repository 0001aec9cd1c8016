import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A context with a Dockerfile of 20 steps. */
export interface Project {
  readonly directory: string;
  /** Gives this many of its last RUNs, of which there are ten, a text that they never had. */
  change(runs: number): void;
}

/** A context of `files` small files in directories of 100, and a Dockerfile that copies all of them before its RUNs. */
export function writeProject(directory: string, base: string, files: number): Project {
  for (let n = 0; n < files; n += 1) {
    const folder = join(directory, `files/${Math.floor(n / 100)}`);
    if (n % 100 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${n % 100}.txt`), `${n} of ${files}\n`.repeat(20));
  }
  let changes = 0;
  const change = (runs: number): void => {
    changes += 1;
    writeFileSync(join(directory, "Dockerfile"), dockerfile(base, { runs, text: `${process.pid}-${changes}` }));
  };
  change(0);
  return { directory, change };
}

/** One COPY of all, six of parts of it, three WORKDIRs and ten RUNs that do nothing, the last `runs` of which say `text`. */
function dockerfile(base: string, { runs, text }: { readonly runs: number; readonly text: string }): string {
  const lines = [`FROM ${base}`, "WORKDIR /a", "COPY files /app/files"];
  for (let n = 0; n < 6; n += 1) lines.push(`COPY files/${n} /part/${n}`);
  lines.push("WORKDIR /b", "WORKDIR /c");
  for (let n = 0; n < 10; n += 1) lines.push(`RUN : ${n} ${n >= 10 - runs ? text : ""}`);
  return `${lines.join("\n")}\n`;
}
