import { trim } from "./space.ts";
import { splitOnce } from "./words.ts";

/** What `# check=` asks of the build checks. */
export interface CheckOptions {
  /** Names of rules; `all` for all that are not experimental. */
  readonly skip: readonly string[];
  /** Names of experimental rules that are wanted; `all` for all. */
  readonly experimental: readonly string[];
  /** Whether a warning makes the build fail. */
  readonly error: boolean;
}

export const defaultCheckOptions: CheckOptions = { skip: [], experimental: [], error: false };

/** A part of the options that cannot be read. */
export interface CheckOptionFault {
  readonly fault: string;
}

/**
 * Reads `skip=A,B;error=true;experimental=C`, the value of `# check=` and of BUILDKIT_DOCKERFILE_CHECK
 * (https://docs.docker.com/reference/dockerfile/#check).
 */
export function readCheckOptions(text: string): CheckOptions | CheckOptionFault {
  let options = defaultCheckOptions;
  if (trim(text) === "") return options;
  for (const part of text.split(";")) {
    const [key, value] = splitOnce(part, "=").map((side) => side && trim(side));
    const names = value?.split(",").map(trim);
    const truth = value === undefined ? undefined : truthOf(value);
    if (key === "skip" && names !== undefined) options = { ...options, skip: names };
    else if (key === "experimental" && names !== undefined) options = { ...options, experimental: names };
    else if (key === "error" && truth !== undefined) options = { ...options, error: truth };
    else return { fault: `invalid check option ${JSON.stringify(part)}` };
  }
  return options;
}

/** The options of a comment above an instruction, `# check=skip=A`; undefined for any other comment. What follows a blank is a remark. */
export function commentedCheckOptions(comments: readonly string[]): CheckOptions | undefined {
  for (const comment of comments) {
    const value = /^check\s*=\s*(\S+)/i.exec(comment)?.[1];
    if (value === undefined) continue;
    const options = readCheckOptions(value);
    return "fault" in options ? undefined : options;
  }
  return undefined;
}

/** Go's strconv.ParseBool. */
function truthOf(text: string): boolean | undefined {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  return ["0", "f", "F", "false", "FALSE", "False"].includes(text) ? false : undefined;
}
