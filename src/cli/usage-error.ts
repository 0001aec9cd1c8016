import { OciBuildError } from "../errors.ts";

/** The command line itself is wrong: exit code 2, or 125 of `run`. */
export function usageError(message: string, hint?: string): OciBuildError {
  return new OciBuildError("usage", message, { hint });
}

const usageCodes: ReadonlySet<string> = new Set([
  "usage",
  "output-invalid",
  "cache-option-invalid",
  "context-invalid",
  "host-invalid",
  "secret-invalid",
  "ssh-invalid",
]);

/** Whether the words on the command line are at fault, and not what they name. */
export function isUsageError(error: unknown): boolean {
  return error instanceof OciBuildError && usageCodes.has(error.code);
}
