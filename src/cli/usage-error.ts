import { OciBuildError } from "../errors.ts";

/** The command line itself is wrong: exit code 2, or 125 of `run`. */
export function usageError(message: string, hint?: string): OciBuildError {
  return new OciBuildError("usage", message, { hint });
}

/** Whether the words on the command line are at fault, and not what they name. */
export function isUsageError(error: unknown): boolean {
  return error instanceof OciBuildError && ["usage", "output-invalid", "context-invalid"].includes(error.code);
}
