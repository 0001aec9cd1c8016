import { OciBuildError } from "../errors.ts";
import type { GitLocation } from "../location/git-location.ts";
import { showGitRemote } from "../location/git-location.ts";
import type { Environment } from "../http/proxy.ts";
import { type FetchSecrets, type GitAuthorization, gitAuthorization, withoutSecrets } from "./authorization.ts";
import { offlineError } from "./offline.ts";

/** Runs git for one remote; answers what it printed. */
export type Git = (args: readonly string[], cwd?: string) => Promise<string>;

export interface GitOptions {
  readonly environment: Environment;
  readonly secrets: FetchSecrets;
  /** Ask nobody. */
  readonly offline: boolean;
  readonly signal: AbortSignal;
}

/** A listing of all references of a large repository is some megabytes. */
const longestOutput = 64 * 1024 * 1024;

/**
 * git as far as `location` needs it: it asks nobody anything, runs no hook, reads no configuration of this machine, and
 * speaks the location's protocol, https and ssh only. What proves who asks stands in the environment of git alone, which
 * other users cannot read: in no command line and no file.
 * @throws OciBuildError `git-missing`, `git-failed`, `secret-invalid`
 */
export function gitFor(location: GitLocation, options: GitOptions): Git {
  if (options.offline)
    return () => Promise.reject(offlineError(`${showGitRemote(location)} at ${location.ref ?? "its default branch"}`));
  const authorization = gitAuthorization(location, options.secrets);
  const env = environmentFor(location, authorization, options.environment);
  return async (args, cwd) => {
    // execa takes long to load, and few builds need git.
    const { execa } = await import("execa");
    options.signal.throwIfAborted();
    // A process group and a session of its own: it can be ended whole, and has no terminal to ask on.
    const git = execa("sh", ["-c", 'umask 022 && exec git "$@"', "git", ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env,
      extendEnv: false,
      stdin: "ignore",
      maxBuffer: longestOutput,
      detached: true,
      reject: false,
    });
    const kill = (): void => killGroup(git.pid);
    options.signal.addEventListener("abort", kill, { once: true });
    try {
      const { exitCode, stdout, stderr } = await git;
      options.signal.throwIfAborted();
      if (exitCode === 0) return stdout;
      throw exitCode === 127 ? missing() : failed(location, { args, stderr: withoutSecrets(stderr, authorization) });
    } finally {
      options.signal.removeEventListener("abort", kill);
    }
  };
}

/** The remote as git may be told on a command line: a user's name is fine for ssh, a password never. */
export function bareRemote({ remote, protocol }: GitLocation): string {
  if (protocol !== "https" && protocol !== "http") return remote;
  const url = new URL(remote);
  url.username = "";
  url.password = "";
  return url.href;
}

function environmentFor(
  location: GitLocation,
  authorization: GitAuthorization | undefined,
  outside: Environment,
): Record<string, string> {
  const settings: (readonly [string, string])[] = [
    ["core.hooksPath", "/dev/null"],
    ["advice.detachedHead", "false"],
    ["init.defaultBranch", "main"],
    // A transfer that stands still ends.
    ["http.lowSpeedLimit", "1"],
    ["http.lowSpeedTime", "60"],
    ["submodule.recurse", "false"],
    ["gc.auto", "0"],
    ...authorizing(authorization),
  ];
  const kept = Object.entries(outside).filter(([name, value]) => value !== undefined && isKept(name));
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TEMPLATE_DIR: "",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    SSH_ASKPASS: "",
    SSH_ASKPASS_REQUIRE: "never",
    GIT_SSH_COMMAND: outside["GIT_SSH_COMMAND"] ?? "ssh -oBatchMode=yes",
    GIT_ALLOW_PROTOCOL: [...new Set(["https", "ssh", location.protocol])].join(":"),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    GIT_CONFIG_COUNT: String(settings.length),
  };
}

/** What tells how to get out of this machine and who the user is to ssh. */
function isKept(name: string): boolean {
  return /^(PATH|HOME|USER|LOGNAME|TMPDIR|SSH_AUTH_SOCK|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR))$/i.test(name);
}

/** git sends a header also to where a server redirects, whoever that is: then it must not follow. */
function authorizing(authorization: GitAuthorization | undefined): readonly (readonly [string, string])[] {
  if (authorization === undefined) return [];
  const { scope, value } = authorization;
  return [
    [`http.${scope}.extraHeader`, `Authorization: ${value}`],
    [`http.${scope}.followRedirects`, "false"],
  ];
}

interface Failed {
  readonly args: readonly string[];
  readonly stderr: string;
}

function failed(location: GitLocation, { args, stderr }: Failed): OciBuildError {
  const verb = args.find((argument) => !argument.startsWith("-")) ?? "";
  return new OciBuildError("git-failed", `git ${verb} of ${showGitRemote(location)} failed`, {
    hint: hintFor(location, stderr),
    output: stderr.trim().split("\n").slice(-20).join("\n"),
  });
}

function hintFor({ remote }: GitLocation, stderr: string): string | undefined {
  const host = URL.canParse(remote) ? new URL(remote).host : "HOST";
  if (/terminal prompts disabled|could not read (Username|Password)|Authentication failed/.test(stderr))
    return `the repository wants a login: give a token by --secret id=GIT_AUTH_TOKEN.${host},env=VARIABLE, or use ssh with an agent`;
  if (/returned error: 30\d/.test(stderr))
    return "the server redirects, and a token or a password is for the server that it was given for: name the repository's new address";
  if (/Permission denied \(publickey/.test(stderr)) return "give the key to an ssh agent: ssh-add";
  if (/Host key verification failed/.test(stderr))
    return "connect once with ssh, to put the host's key into known_hosts";
  if (/dubious ownership/.test(stderr)) return "git reads only repositories that belong to the user who builds";
  if (/transport '\w+' not allowed/.test(stderr))
    return "a submodule wants a protocol that is not allowed; ?submodules=false leaves submodules out";
  return undefined;
}

function missing(): OciBuildError {
  return new OciBuildError("git-missing", "git is not installed, and a git repository is to be fetched", {
    hint: "install git, or download the files and name the directory",
  });
}

function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
