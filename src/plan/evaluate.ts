import { unreachable } from "../errors.ts";
import { type Command, placeOf, type StageInstruction } from "../instructions/instruction.ts";
import type { ContainerConfig } from "../oci/image.ts";
import type { Escape } from "../syntax/directives.ts";
import { addedTo, sorted, withCmd, withEntrypoint, withShell } from "./config.ts";
import { planCopy } from "./copy.ts";
import {
  argCreatedBy,
  commandCreatedBy,
  healthcheckCreatedBy,
  listCreatedBy,
  pairsCreatedBy,
  runCreatedBy,
} from "./created-by.ts";
import type { ExpandOptions } from "./expand.ts";
import { expand, expandToWords } from "./expand.ts";
import { PlanFault } from "./fault.ts";
import { planMounts } from "./mounts.ts";
import { joinWorkdir } from "./paths.ts";
import { parsePorts } from "./ports.ts";
import { heredocSummary, runCommand } from "./run.ts";
import type { ArgSources, Scope } from "./scope.ts";
import { isSignal } from "./signals.ts";
import type { FileSource, RunStep, Step } from "./step.ts";
import { ExpansionError } from "./substitution.ts";

/** A stage while its instructions are evaluated. */
export interface StageState {
  readonly scope: Scope;
  config: ContainerConfig;
  author: string | undefined;
  /** Whether this stage itself set CMD. */
  cmdSet: boolean;
}

/** What evaluation needs from outside the stage. */
export interface Surroundings extends ArgSources {
  readonly escape: Escape;
  /** Variables of RUN that the cache does not count, by name. */
  readonly unkeyed: ReadonlyMap<string, string>;
  /** Sets the cache mounts of some builds apart. */
  readonly cacheNamespace: string | undefined;
  /** The network of a RUN that chooses none. */
  readonly network: RunStep["network"];
  readonly extraHosts: RunStep["extraHosts"];
  /** The host name that RUN sees, when it is not the usual one. */
  readonly hostname: string | undefined;
  /** Where files come from, by the text of a `from`; without one from the build context. */
  readonly sourceOf: (from: string | undefined) => FileSource;
}

/**
 * Applies one instruction to the stage and gives its step; ONBUILD has none, nor a history entry. All its variables have the values from before it.
 * @throws PlanFault, ExpansionError
 */
export function evaluate(instruction: StageInstruction, state: StageState, around: Surroundings): Step | undefined {
  const { config, scope } = state;
  const title = titleOf(instruction, scope, around.escape);
  const lookup = (name: string): string | undefined => scope.get(name);
  const value = (word: string): string => expand(word, { lookup, escape: around.escape });
  const { lines } = placeOf(instruction);
  const metadata = (createdBy: string): Step => ({ kind: "metadata", title, lines, createdBy });
  const set = (changes: Partial<ContainerConfig>): void => void (state.config = { ...config, ...changes });

  switch (instruction.kind) {
    case "env": {
      const pairs = instruction.pairs.map(({ key, value: word }) => ({ key: value(key), value: value(word) }));
      if (pairs.some(({ key }) => key === "")) throw new PlanFault("argument-invalid", "the name of an ENV is empty");
      for (const pair of pairs) scope.setEnv(pair);
      return metadata(pairsCreatedBy("ENV", pairs));
    }
    case "arg": {
      const declarations = instruction.declarations.map((declaration) => ({
        name: declaration.name,
        value: scope.declareArg(declaration, around, value),
      }));
      return metadata(argCreatedBy(declarations));
    }
    case "label": {
      const pairs = instruction.pairs.map(({ key, value: word }) => ({ key: value(key), value: value(word) }));
      set({
        Labels: sorted({ ...config.Labels, ...Object.fromEntries(pairs.map(({ key, value: text }) => [key, text])) }),
      });
      return metadata(pairsCreatedBy("LABEL", pairs));
    }
    case "run": {
      const { argv, script } = runCommand(instruction, config);
      const workdir = config.WorkingDir || "/";
      return {
        kind: "run",
        title: title + heredocSummary(instruction),
        lines,
        createdBy: runCreatedBy(argv, scope.argEntries()),
        argv,
        env: scope.processEntries(),
        unkeyedEnv: [...around.unkeyed]
          .filter(([name]) => scope.get(name) === undefined)
          .map(([name, text]) => `${name}=${text}`),
        cwd: workdir,
        user: config.User ?? "",
        network: instruction.network === "default" ? around.network : instruction.network,
        extraHosts: around.extraHosts,
        mounts: planMounts(instruction.mounts, {
          workdir,
          expand: value,
          sourceOf: around.sourceOf,
          cacheNamespace: around.cacheNamespace,
        }),
        script,
        hostname: around.hostname,
      };
    }
    case "copy":
    case "add": {
      const expandBody = (text: string): string => expand(text, { lookup, escape: "\\", quotes: "ignore" });
      const from = around.sourceOf(instruction.kind === "copy" ? instruction.from : undefined);
      return planCopy(instruction, { config, from, title, expand: value, expandBody });
    }
    case "workdir": {
      const path = joinWorkdir(config.WorkingDir ?? "/", value(instruction.path));
      set({ WorkingDir: path });
      const createdBy = `WORKDIR ${path}`;
      if (path === "/") return metadata(createdBy);
      return { kind: "workdir", title, lines, createdBy, path, user: config.User ?? "" };
    }
    case "user": {
      const user = value(instruction.user);
      set({ User: user });
      return metadata(`USER ${user}`);
    }
    case "cmd": {
      const argv = argvOf(instruction.command, config);
      state.config = withCmd(config, argv);
      state.cmdSet = true;
      return metadata(commandCreatedBy("CMD", argv));
    }
    case "entrypoint": {
      const argv = argvOf(instruction.command, config);
      state.config = withEntrypoint(config, argv, state.cmdSet);
      return metadata(commandCreatedBy("ENTRYPOINT", argv));
    }
    case "shell":
      set({ Shell: instruction.argv });
      return metadata(listCreatedBy("SHELL", instruction.argv));
    case "expose": {
      const words = instruction.ports.flatMap((word) => expandToWords(word, { lookup, escape: around.escape }));
      const ports = words.flatMap(portsOf);
      set({ ExposedPorts: addedTo(config.ExposedPorts, ports) });
      return metadata(listCreatedBy("EXPOSE", ports));
    }
    case "volume": {
      const paths = instruction.paths.map(value);
      if (paths.includes("")) throw new PlanFault("argument-invalid", "a VOLUME cannot be an empty string");
      set({ Volumes: addedTo(config.Volumes, paths) });
      return metadata(listCreatedBy("VOLUME", paths));
    }
    case "stopsignal": {
      const signal = value(instruction.signal);
      if (!isSignal(signal))
        throw new PlanFault(
          "argument-invalid",
          `invalid signal ${JSON.stringify(signal)}`,
          "write a name such as SIGTERM, or a number",
          instruction.signal,
        );
      set({ StopSignal: signal });
      return metadata(`STOPSIGNAL ${signal}`);
    }
    case "healthcheck":
      set({ Healthcheck: instruction.healthcheck });
      return metadata(healthcheckCreatedBy(instruction.healthcheck));
    case "maintainer":
      state.author = instruction.author;
      return metadata(`MAINTAINER ${instruction.author}`);
    case "onbuild":
      set({ OnBuild: [...(config.OnBuild ?? []), instruction.trigger] });
      return undefined;
    case "unsupported":
      throw new PlanFault(instruction.code, instruction.message, instruction.hint);
    default:
      return unreachable(instruction);
  }
}

function argvOf(command: Command, config: ContainerConfig): readonly string[] {
  return command.form === "exec" ? command.argv : withShell(config, command.line);
}

function portsOf(word: string): readonly string[] {
  const ports = parsePorts(word);
  if (!("fault" in ports)) return ports;
  throw new PlanFault(
    "argument-invalid",
    `invalid EXPOSE ${word}: ${ports.fault}`,
    "write port, port/udp or first-last",
    word,
  );
}

/** The line as written, keyword in capitals, with the variables that have a value replaced. */
function titleOf({ node, kind, inherited }: StageInstruction, scope: Scope, escape: Escape): string {
  const prefix = inherited === undefined ? "" : "ONBUILD ";
  const upper = prefix + node.line.replace(/^\S+/, (keyword) => keyword.toUpperCase());
  const options: ExpandOptions = { lookup: (name) => scope.get(name), escape, quotes: "keep", unset: "keep" };
  if (kind !== "run" && kind !== "copy" && kind !== "add" && kind !== "workdir") return upper;
  try {
    return expand(upper, options);
  } catch (error) {
    if (error instanceof ExpansionError) return upper;
    throw error;
  }
}
