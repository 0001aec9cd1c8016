import type { Flag } from "./flag.ts";

/** How a flag is written: `-f, --file FILE`. */
export function flagLabel(name: string, flag: Flag): string {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  return `${short}--${name}${valuePart(flag)}`;
}

/** The help sentence, with default and variable. */
export function flagHelp(flag: Flag): string {
  const byDefault = flag.type === "choice" && flag.choices.length > 1 ? ` Default: ${flag.default}.` : "";
  const variable = flag.env === undefined ? "" : ` Also $${flag.env}.`;
  return `${flag.help}${byDefault}${variable}`;
}

function valuePart(flag: Flag): string {
  switch (flag.type) {
    case "bool":
      return "";
    case "string":
    case "list":
      return ` ${flag.value}`;
    case "choice":
      return ` ${flag.choices.join("|")}`;
    case "optional":
      return flag.choices.every((choice) => isTrue(choice)) ? "" : `[=${flag.choices.filter(isWord).join("|")}]`;
  }
}

function isTrue(choice: string): boolean {
  return ["true", "1", "t"].includes(choice);
}

/** The spellings of true and false are understood everywhere and not listed. */
function isWord(choice: string): boolean {
  return !isTrue(choice) && !["false", "0", "f"].includes(choice);
}

/** The flags that are shown, in alphabetical order, help last. */
export function shownFlags(flags: Readonly<Record<string, Flag>>): readonly (readonly [string, Flag])[] {
  return Object.entries(flags)
    .filter(([, flag]) => flag.hidden !== true)
    .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function rank([name]: readonly [string, Flag]): string {
  return name === "help" ? "~" : name;
}
