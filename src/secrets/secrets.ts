import { open } from "node:fs/promises";
import { messageOf, OciBuildError } from "../errors.ts";
import type { SecretSource } from "./secret-source.ts";

/** BuildKit's limit for one secret. */
const MOST_BYTES = 500 * 1024;

/** The secrets of a build by their ids. They are in the memory of this process only. */
export type Secrets = ReadonlyMap<string, Buffer>;

/**
 * Reads all secrets, so that what cannot be read is known before anything is built. Of two with one id the later counts. That
 * of a variable that is not set is empty, as with docker buildx; `warn` is told.
 * @throws OciBuildError `secret-unreadable`, `secret-too-large`
 */
export async function readSecrets(
  sources: readonly SecretSource[],
  environment: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Promise<Secrets> {
  const secrets = new Map<string, Buffer>();
  for (const source of sources) {
    const content = await read(source, environment, warn);
    if (content.length > MOST_BYTES)
      throw new OciBuildError("secret-too-large", `the secret ${source.id} is larger than 500 KiB`, {
        hint: "mount large files by --mount=type=bind",
      });
    secrets.set(source.id, content);
  }
  return secrets;
}

async function read(
  { id, from }: SecretSource,
  environment: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Promise<Buffer> {
  if (from.kind === "file") return readFile(id, from.path);
  const value = environment[from.name];
  if (value === undefined) warn(`the secret ${id} is empty: its variable ${from.name} is not set`);
  return Buffer.from(value ?? "");
}

/** Reads no more than tells that a file is too large. A pipe, as `<(command)` makes it, is read to its end. */
async function readFile(id: string, path: string): Promise<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      const chunks: Buffer[] = [];
      let size = 0;
      while (size <= MOST_BYTES) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, null);
        if (bytesRead === 0) break;
        chunks.push(buffer.subarray(0, bytesRead));
        size += bytesRead;
      }
      return Buffer.concat(chunks);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new OciBuildError("secret-unreadable", `cannot read the secret ${id} from ${path}: ${messageOf(error)}`, {
      hint: "src names a file, env a variable: --secret id=NAME,env=VARIABLE",
      cause: error,
    });
  }
}
