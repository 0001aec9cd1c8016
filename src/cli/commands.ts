import type { Command } from "./command.ts";

type Loader = () => Promise<Command>;

/** The commands in the order of the help; a name may be two words. Each is loaded only when it is used. */
export const commands: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ["build", async () => (await import("./commands/build.ts")).buildCommand],
  ["run", async () => (await import("./commands/run.ts")).runCommand],
  ["push", async () => (await import("./commands/push.ts")).pushCommand],
  ["login", async () => (await import("./commands/login.ts")).loginCommand],
  ["logout", async () => (await import("./commands/login.ts")).logoutCommand],
  ["images", async () => (await import("./commands/images.ts")).imagesCommand],
  ["tag", async () => (await import("./commands/tag.ts")).tagCommand],
  ["rmi", async () => (await import("./commands/rmi.ts")).rmiCommand],
  ["cache-mounts ls", async () => (await import("./commands/cache-mounts.ts")).cacheMountsLsCommand],
  ["cache-mounts rm", async () => (await import("./commands/cache-mounts.ts")).cacheMountsRmCommand],
  ["cache-mounts export", async () => (await import("./commands/cache-mount-archives.ts")).cacheMountsExportCommand],
  ["cache-mounts import", async () => (await import("./commands/cache-mount-archives.ts")).cacheMountsImportCommand],
  ["du", async () => (await import("./commands/du.ts")).duCommand],
  ["prune", async () => (await import("./commands/prune.ts")).pruneCommand],
  ["inspect", async () => (await import("./commands/inspect.ts")).inspectCommand],
  ["history", async () => (await import("./commands/history.ts")).historyCommand],
  ["diff", async () => (await import("./commands/diff.ts")).diffCommand],
  ["verify", async () => (await import("./commands/verify.ts")).verifyCommand],
  ["lock", async () => (await import("./commands/lock.ts")).lockCommand],
  ["context ls", async () => (await import("./commands/context-ls.ts")).contextLsCommand],
  ["debug ast", async () => (await import("./commands/debug-ast.ts")).debugAstCommand],
  ["debug plan", async () => (await import("./commands/debug-plan.ts")).debugPlanCommand],
  ["debug shell", async () => (await import("./commands/debug-shell.ts")).debugShellCommand],
  ["version", async () => (await import("./commands/version.ts")).versionCommand],
]);

export function loadCommands(): Promise<readonly Command[]> {
  return Promise.all(Array.from(commands.values(), (load) => load()));
}
