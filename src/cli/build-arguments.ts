import { usageError } from "./usage-error.ts";
import { readVariables } from "./variables.ts";

const epochName = "SOURCE_DATE_EPOCH";

interface AskedFlags {
  readonly "build-arg": readonly string[];
  readonly "source-date-epoch"?: string | undefined;
  readonly timestamp?: string | undefined;
}

/**
 * The build arguments. --source-date-epoch and --timestamp are SOURCE_DATE_EPOCH as one, and so is the user's own of the
 * environment, as with buildx (https://reproducible-builds.org/specs/source-date-epoch/).
 * @throws OciBuildError `usage`
 */
export function askedArguments(flags: AskedFlags, env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const given = readVariables("--build-arg", flags["build-arg"], env);
  const epoch = readEpoch(flags, given.has(epochName)) ?? env[epochName] ?? "";
  return epoch === "" || given.has(epochName) ? given : new Map([...given, [epochName, epoch]]);
}

function readEpoch(flags: AskedFlags, isArgument: boolean): string | undefined {
  const { timestamp, "source-date-epoch": epoch } = flags;
  const [flag, text] = timestamp === undefined ? ["--source-date-epoch", epoch] : ["--timestamp", timestamp];
  if (text === undefined) return undefined;
  if (timestamp !== undefined && epoch !== undefined)
    throw usageError("--timestamp and --source-date-epoch both say the time of the image", "give one of them");
  if (isArgument)
    throw usageError(`${flag} and --build-arg ${epochName} both say the time of the image`, "give one of them");
  const words = timestamp === undefined ? ["context", "now"] : ["now"];
  if (/^\d{1,11}$/.test(text) || words.includes(text)) return text;
  throw usageError(
    `${flag}: ${JSON.stringify(text)} is neither a number of seconds since 1970 nor ${words.join(" or ")}`,
    `for example ${flag}=$(git log -1 --format=%ct)`,
  );
}
