import { OciBuildError } from "../errors.ts";
import { JsonChecks } from "../oci/json.ts";
import type { HelperCall } from "./auth-file.ts";
import type { Credentials } from "./credentials.ts";
import type { Environment } from "../http/proxy.ts";

export interface HelperOptions {
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeout?: number;
}

const defaultTimeout = 30_000;
const longestOutput = 64 * 1024;
/** What a helper says when it works but has nothing (github.com/docker/docker-credential-helpers, credentials/error.go). */
const notFound = "credentials not found in native keychain";
/** The user name that marks a secret as an identity token. */
const tokenUser = "<token>";

/**
 * Asks `docker-credential-NAME get`: the server on stdin, JSON on stdout.
 * @throws OciBuildError `credential-helper-missing`, `credential-helper-failed`
 */
export async function askHelper(call: HelperCall, options: HelperOptions): Promise<Credentials> {
  const { code, stdout } = await useHelper(call, "get", { ...options, input: call.server });
  if (code === 0) return parseAnswer(stdout, programOf(call));
  if (stdout.trim() === notFound) return { kind: "anonymous" };
  throw failed(call, `it ended with exit code ${code}`);
}

/** Gives a login to `docker-credential-NAME store`. @throws OciBuildError as `askHelper` */
export async function storeInHelper(
  call: HelperCall,
  { username, password }: { readonly username: string; readonly password: string },
  options: HelperOptions,
): Promise<void> {
  const input = JSON.stringify({ ServerURL: call.server, Username: username, Secret: password });
  const { code } = await useHelper(call, "store", { ...options, input });
  if (code !== 0) throw failed(call, `it ended with exit code ${code}`);
}

/** Lets `docker-credential-NAME erase` forget a login. @returns whether it had one */
export async function eraseFromHelper(call: HelperCall, options: HelperOptions): Promise<boolean> {
  const { code } = await useHelper(call, "erase", { ...options, input: call.server });
  return code === 0;
}

type Action = "get" | "store" | "erase";

/** Runs a helper to its end. What it prints is never shown, because it may be a secret. */
async function useHelper(
  call: HelperCall,
  action: Action,
  { input, environment, signal, timeout = defaultTimeout }: HelperOptions & { readonly input: string },
): Promise<{ readonly code: number; readonly stdout: string }> {
  const program = programOf(call);
  if (!/^[\w.-]+$/.test(call.helper)) throw failed(call, "its name may hold letters, digits, _, . and - only");
  const result = await run(program, action, { input, environment, signal, timeout });
  switch (result.kind) {
    case "missing":
      throw new OciBuildError(
        "credential-helper-missing",
        `${call.file} names the credential helper ${program}, which is not in PATH`,
        {
          hint: `install ${program}, or take it out of ${call.file}`,
        },
      );
    case "timed-out":
      throw failed(call, `it did not answer within ${timeout / 1000} s`);
    case "babbled":
      throw failed(call, `it printed more than ${longestOutput / 1024} KiB`);
    case "signalled":
      throw failed(call, `it was killed by ${result.signal}`);
    case "exited":
      return result;
  }
}

type HelperResult =
  | { readonly kind: "missing" | "timed-out" | "babbled" }
  | { readonly kind: "signalled"; readonly signal: string }
  | { readonly kind: "exited"; readonly code: number; readonly stdout: string };

function programOf({ helper }: HelperCall): string {
  return `docker-credential-${helper}`;
}

async function run(
  program: string,
  action: Action,
  options: {
    readonly input: string;
    readonly environment: Environment;
    readonly signal: AbortSignal;
    readonly timeout: number;
  },
): Promise<HelperResult> {
  // execa takes long to load, and few builds need a helper.
  const { execa } = await import("execa");
  options.signal.throwIfAborted();
  // In a process group of its own, so that what the helper starts can be ended with it.
  const helper = execa(program, [action], {
    input: options.input,
    env: { ...options.environment },
    extendEnv: false,
    stderr: "ignore",
    maxBuffer: longestOutput,
    stripFinalNewline: false,
    detached: true,
    reject: false,
  });
  const kill = (): void => killGroup(helper.pid);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, options.timeout);
  options.signal.addEventListener("abort", kill, { once: true });
  try {
    const result = await helper;
    options.signal.throwIfAborted();
    if (timedOut) return { kind: "timed-out" };
    if (result.isMaxBuffer) return { kind: "babbled" };
    if (result.code === "ENOENT" || result.code === "EACCES") return { kind: "missing" };
    if (result.exitCode !== undefined) return { kind: "exited", code: result.exitCode, stdout: result.stdout };
    return { kind: "signalled", signal: result.signal ?? "an unknown signal" };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", kill);
  }
}

function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

function parseAnswer(stdout: string, program: string): Credentials {
  const checks = new JsonChecks("credential-helper-failed", `the answer of ${program}`);
  const answer = checks.object(checks.parse(Buffer.from(stdout)), "the document");
  const username = checks.string(answer["Username"], "Username");
  const secret = checks.string(answer["Secret"], "Secret");
  if (username === tokenUser) return { kind: "identity-token", token: secret };
  return username === "" && secret === "" ? { kind: "anonymous" } : { kind: "password", username, password: secret };
}

function failed({ helper, server, file }: HelperCall, problem: string): OciBuildError {
  return new OciBuildError(
    "credential-helper-failed",
    `the credential helper docker-credential-${helper} failed for ${server}: ${problem}`,
    {
      hint: `try it: echo ${server} | docker-credential-${helper} get (it is named in ${file})`,
    },
  );
}
