import type { Command } from "./command.ts";
import { commands, loadCommands } from "./commands.ts";
import type { Context } from "./context.ts";
import { parseFlags } from "./parse-flags.ts";
import { suggest } from "../syntax/suggest.ts";
import { isUsageError, usageError } from "./usage-error.ts";
import { version } from "./version.ts";

const topGrammar = {
  flags: {
    help: { type: "bool", short: "h", help: "Show this help." },
    version: { type: "bool", short: "v", help: "Show the version." },
  },
  refused: {
    debug: "goes behind the command",
    "-D": "goes behind the command",
    root: "goes behind the command",
  },
  interspersed: false,
} as const;

/** Runs the command line `args` (without node and script). Answers the exit code; throws nothing. */
export async function runProgram(args: readonly string[], context: Context): Promise<number> {
  let command: Command | undefined;
  let debug = ["1", "t", "T", "true", "TRUE", "True"].includes(context.env["OCI_BUILD_DEBUG"] ?? "");
  try {
    const { flags, positionals } = parseFlags(args, topGrammar, context.env);
    const [name, rest] = splitName(positionals);
    if (flags.version) return print(context, `oci-build ${version}\n`);
    if (flags.help || name === undefined) return await printHelp(context, undefined);
    if (name === "help") return await printHelp(context, splitName(rest)[0]);
    command = await findCommand(name);
    const invocation = command.parse(rest, context.env);
    debug ||= invocation.debug;
    if (invocation.help) return await printHelp(context, name);
    return await invocation.run(context);
  } catch (error) {
    const [{ renderError }, { usesColor }] = await Promise.all([
      import("./error-report.ts"),
      import("../progress/color.ts"),
    ]);
    context.stderr.write(renderError(error, { debug, color: usesColor(context.stderr, context.env) }));
    if (isUsageError(error)) return command?.usageExitCode ?? 2;
    return command?.failureExitCode(error) ?? 1;
  }
}

/** Takes the command's name, of one or two words, off the front. */
function splitName(words: readonly string[]): readonly [string | undefined, readonly string[]] {
  const [first, second] = words;
  const both = `${first} ${second}`;
  return commands.has(both) ? [both, words.slice(2)] : [first, words.slice(1)];
}

async function findCommand(name: string): Promise<Command> {
  const load = commands.get(name);
  if (load !== undefined) return load();
  const longer = [...commands.keys()].filter((known) => known.startsWith(`${name} `));
  if (longer.length > 0) throw usageError(`${name} needs one word more`, `there is ${longer.join(", ")}`);
  const meant = suggest(name, [...commands.keys(), "help"]);
  throw usageError(
    `unknown command ${JSON.stringify(name)}`,
    meant === undefined ? "see: oci-build --help" : `did you mean ${meant}?`,
  );
}

async function printHelp(context: Context, name: string | undefined): Promise<number> {
  const { commandHelp, programHelp } = await import("./help.ts");
  const { columns = 100 } = context.stdout;
  const help =
    name === undefined ? programHelp(await loadCommands(), columns) : commandHelp(await findCommand(name), columns);
  return print(context, help);
}

function print(context: Context, text: string): number {
  context.stdout.write(text);
  return 0;
}
