import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { usageError } from "./usage-error.ts";

/** Reads what somebody types; `hidden` shows none of it. The terminal is that of standard input and error. */
export async function ask(question: string, { hidden }: { readonly hidden: boolean }): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: hidden ? nowhere : process.stderr, terminal: true });
  try {
    return await terminal.question("");
  } finally {
    terminal.close();
    if (hidden) process.stderr.write("\n");
  }
}

/** All of standard input, without the newline at its end. @throws OciBuildError `usage` for a page of it */
export async function readSecretInput(flag: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if ((length += chunk.length) > 64 * 1024) throw usageError(`${flag}: standard input is too long for a password`);
  }
  return Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, "");
}
