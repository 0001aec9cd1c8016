import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { OciBuildError } from "../errors.ts";
import { type OpenFetching, unpackArchive } from "./open.ts";
import type { Opened } from "./origin.ts";
import { isArchive, sniffLength } from "./sniff.ts";

/** Standard input, as far as a build cares. */
export type StandardInput = Readable & { readonly isTTY?: boolean };

/** A Dockerfile that is longer was never meant to be one. Bytes. */
export const longestDockerfile: number = 16 * 1024 * 1024;

/** Reads a Dockerfile. @throws OciBuildError `stdin-terminal`, `dockerfile-too-large` */
export async function readStdinText(stdin: StandardInput): Promise<string> {
  refuseTerminal(stdin);
  return textOf([], stdin);
}

/**
 * Reads a context: an archive of its files, or a Dockerfile alone, whichever it looks like.
 * @throws OciBuildError `stdin-terminal`, `dockerfile-too-large`, and those of unpacking
 */
export async function readStdinContext(stdin: StandardInput, openFetching: OpenFetching): Promise<Opened> {
  refuseTerminal(stdin);
  const chunks = stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const rest = { [Symbol.asyncIterator]: () => chunks };
  const start: Buffer[] = [];
  let length = 0;
  while (length < sniffLength) {
    const next = await chunks.next();
    if (next.done === true) break;
    start.push(next.value);
    length += next.value.length;
  }
  const fetching = await openFetching();
  const directory = join(fetching.store.workspace, "context");
  if (!isArchive(Buffer.concat(start).subarray(0, sniffLength))) {
    await mkdir(directory);
    return { directory, origin: { kind: "dockerfile", text: await textOf(start, rest) } };
  }
  const archive = join(fetching.store.workspace, "context.tar");
  const file = await open(archive, "wx", 0o600);
  try {
    for (const chunk of start) await file.appendFile(chunk);
    for await (const chunk of rest) await file.appendFile(chunk);
  } finally {
    await file.close();
  }
  await unpackArchive({ archive, what: "standard input", directory }, fetching);
  return { directory, origin: { kind: "archive" } };
}

async function textOf(start: readonly Buffer[], rest: AsyncIterable<Buffer>): Promise<string> {
  const chunks = [...start];
  let length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  for await (const chunk of rest) {
    length += chunk.length;
    if (length > longestDockerfile)
      throw new OciBuildError("dockerfile-too-large", `standard input gives more than ${longestDockerfile} bytes`, {
        hint: "an archive of a context must be a tar, compressed or not",
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function refuseTerminal({ isTTY }: StandardInput): void {
  if (isTTY !== true) return;
  throw new OciBuildError("stdin-terminal", "standard input is a terminal, not a file", {
    hint: "redirect it: oci-build build - < context.tar",
  });
}
