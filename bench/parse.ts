import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../test/support/checkout.ts";
import { temporaryDirectory } from "../test/support/temporary.ts";
import { measureInTurns, versionOf } from "./rounds.ts";

/** How long it takes to read a Dockerfile of 10,000 lines, each time in a new process: the time in it, without its start. */
const endings: (() => unknown)[] = [];
const file = join(temporaryDirectory({ teardown: (action) => endings.unshift(action) }), "Dockerfile");
writeFileSync(file, longDockerfile(10_000));

await measureInTurns("parse", [
  { name: "oci-build: parse, type, run the build checks", round: () => inNewProcess("oci-build") },
  { name: `dockerfile-ast ${versionOf("dockerfile-ast")}: parse`, round: () => inNewProcess("dockerfile-ast") },
]);
for (const end of endings) await end();

function inNewProcess(program: string): number {
  const script = join(checkout, "dist/bench/parse-once.js");
  return Number(execFileSync(process.execPath, [script, program, file], { encoding: "utf8" }));
}

/** Stages of twenty instructions with what people write: continuations, comments, variables, heredocs, a few mistakes. */
function longDockerfile(lines: number): string {
  const written: string[] = ["ARG BASE=debian:12"];
  for (let stage = 0; written.length < lines; stage += 1) {
    written.push(
      `# stage-${stage} what it is for`,
      `FROM ${stage % 5 === 0 ? "scratch" : `s${stage - 1}`} AS s${stage}`,
      `ARG VERSION=1.${stage} LEVEL`,
      `ENV DIR=/srv/$VERSION PATH=/opt/\${LEVEL:-none}/bin:$PATH`,
      "WORKDIR $DIR",
      "COPY --chown=1000:1000 package.json package-lock.json ./",
      "RUN --network=none apt-get update && \\",
      "    apt-get install -y --no-install-recommends \\",
      "      # what the build needs",
      "      gcc make \\",
      "    && rm -rf /var/lib/apt/lists/*",
      "COPY <<EOF /etc/app.conf",
      "dir = $DIR",
      "EOF",
      `COPY --from=s${Math.max(0, stage - 1)} /out /in`,
      "LABEL org.example.stage=\"$VERSION\" org.example.level='x'",
      "EXPOSE 8080 9000-9002/udp",
      `ENV OLD ${stage}`,
      "USER app:app",
      'CMD ["server", "--port", "8080"]',
    );
  }
  return `${written.slice(0, lines).join("\n")}\n`;
}
