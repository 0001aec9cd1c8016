/** A program for tests: the command line with a build that waits for its end; `stubborn` does not heed it. */
import { setTimeout as sleep } from "node:timers/promises";
import { runProgram } from "../../src/cli/program.ts";

const stubborn = process.argv[2] === "stubborn";
const { env, stdout, stderr } = process;
const never = (): Promise<never> => Promise.reject(new TypeError("not called"));

process.exitCode = await runProgram(["build", "."], {
  env,
  stdout,
  stderr,
  process,
  isTerminal: () => false,
  engine: {
    checkBuild: never,
    outlineBuild: never,
    targetsOfBuild: never,
    dryRun: never,
    listContext: never,
    push: never,
    login: never,
    logout: never,
    openImages: never,
    diffImages: never,
    verifyImage: never,
    lockBuild: never,
    openCacheMounts: never,
    openCacheMountArchives: never,
    openRoom: never,
    runImage: never,
    build: async ({ signal }) => {
      stdout.write("waiting\n");
      signal.addEventListener("abort", () => stdout.write("aborted\n"));
      await sleep(60_000, undefined, stubborn ? {} : { signal });
      return never();
    },
  },
});
