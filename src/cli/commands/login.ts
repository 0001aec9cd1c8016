import { ask, readSecretInput } from "../ask.ts";
import { defineCommand, type Command } from "../command.ts";
import type { Context } from "../context.ts";
import { interruptible } from "../interruptible.ts";
import { isAttended } from "../step-shell.ts";
import { insecureRegistryFlag } from "../store-root.ts";
import { usageError } from "../usage-error.ts";

const environment = {
  DOCKER_CONFIG: "Directory of docker's config.json, where logins are kept (default: ~/.docker).",
  REGISTRY_AUTH_FILE: "A file to keep logins in instead.",
};

export const loginCommand: Command = defineCommand({
  name: "login",
  summary: "Log in to a registry",
  description: [
    "Asks REGISTRY (default: docker.io) whether it accepts a user and password, or a token in its place, and keeps the login where docker and podman find it too: with the credential helper that docker's config.json names, else in that file.",
  ],
  positionals: { usage: "[REGISTRY]", min: 0, max: 1 },
  flags: {
    username: { type: "string", short: "u", value: "USER", help: "The user; without it, it is asked for." },
    "password-stdin": { type: "bool", help: "Read the password from standard input." },
    "insecure-registry": insecureRegistryFlag,
  },
  refused: {
    password: "is not supported: everybody on the machine would see it in the list of processes; use --password-stdin",
    "-p": "is not supported: everybody on the machine would see it in the list of processes; use --password-stdin",
  },
  examples: [
    { text: "At a terminal", command: "oci-build login ghcr.io" },
    { text: "In CI, with a token on standard input", command: "oci-build login -u me --password-stdin ghcr.io" },
  ],
  environment,
  exitCodes: [
    ["0", "the registry accepts the login, and it is kept"],
    ["1", "the registry does not accept it, or it cannot be kept"],
    ["2", "the command line is wrong"],
  ],

  run: ({ flags, positionals: [registry = "docker.io"] }, context) =>
    interruptible(context, async ({ signal }) => {
      const given = await readLogin(flags.username, flags["password-stdin"], context);
      const insecureRegistries = flags["insecure-registry"];
      const { path, helper } = await context.engine.login(
        { registry, insecureRegistries, environment: context.env, signal },
        given,
      );
      const keeper = helper === undefined ? path : `docker-credential-${helper}`;
      context.stderr.write(`logged in to ${registry} as ${given.username}; the login is kept by ${keeper}\n`);
      return 0;
    }),
});

export const logoutCommand: Command = defineCommand({
  name: "logout",
  summary: "Forget the login for a registry",
  positionals: { usage: "[REGISTRY]", min: 0, max: 1 },
  flags: {},
  examples: [{ text: "Of GitHub's registry", command: "oci-build logout ghcr.io" }],
  environment,
  exitCodes: [
    ["0", "forgotten, or there was none"],
    ["1", "it cannot be forgotten"],
    ["2", "the command line is wrong"],
  ],

  run: ({ positionals: [registry = "docker.io"] }, context) =>
    interruptible(context, async ({ signal }) => {
      const { env, engine, stderr } = context;
      const was = await engine.logout({ registry, insecureRegistries: [], environment: env, signal });
      stderr.write(was ? `logged out of ${registry}\n` : `there was no login for ${registry}\n`);
      return 0;
    }),
});

interface Given {
  readonly username: string;
  readonly password: string;
}

async function readLogin(user: string | undefined, fromInput: boolean, context: Context): Promise<Given> {
  if (!fromInput && !isAttended(context))
    throw usageError("there is no terminal to ask for a password", "give it with --username USER --password-stdin");
  if (fromInput && user === undefined) throw usageError("--password-stdin needs --username");
  const username = user ?? (await ask("Username: ", { hidden: false }));
  const password = fromInput ? await readSecretInput("--password-stdin") : await ask("Password: ", { hidden: true });
  if (username === "" || password === "") throw usageError("a login needs a user and a password");
  return { username, password };
}
