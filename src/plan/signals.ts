/** Linux signals by number, 1 to 31 (signal(7), x86 and arm numbering). */
const names =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(" ");
const otherNames = ["IOT", "POLL", "CLD", "UNUSED"];

/** Names that STOPSIGNAL takes, without SIG. */
export const signalNames: ReadonlySet<string> = new Set([...names, ...otherNames, ...realtimeNames()]);

/** Whether docker takes this as a signal: a number but 0, or a name with or without SIG, in any case. */
export function isSignal(text: string): boolean {
  if (/^[+-]?\d+$/.test(text)) return Number(text) !== 0;
  return signalNames.has(text.toUpperCase().replace(/^SIG/, ""));
}

function realtimeNames(): string[] {
  const offsets = Array.from({ length: 15 }, (_, index) => index + 1);
  return ["RTMIN", "RTMAX", ...offsets.map((offset) => `RTMIN+${offset}`), ...offsets.slice(0, 14).map((offset) => `RTMAX-${offset}`)];
}
