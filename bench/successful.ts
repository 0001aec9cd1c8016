import type { Ended } from "../test/support/process.ts";

/** What a command gave, when it succeeded. @throws Error with its output otherwise */
export async function successful(running: Promise<Ended>): Promise<Ended> {
  const ended = await running;
  if (ended.code !== 0) throw new Error(`exit code ${ended.code}: ${ended.stdout}${ended.stderr}`);
  return ended;
}
