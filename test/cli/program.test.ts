import { readFileSync } from "node:fs";
import t from "tap";
import { loadCommands } from "../../src/cli/commands.ts";
import { referencePage } from "../../src/cli/reference-page.ts";
import { OciBuildError } from "../../src/errors.ts";
import { runWithFakes } from "./run-with-fakes.ts";

t.test("help lists the commands, and each command's flags", async (t) => {
  const commands = await loadCommands();
  for (const args of [[], ["help"], ["--help"], ["-h"]]) {
    const { code, stdout, stderr } = await runWithFakes(args);
    t.equal(code, 0);
    t.equal(stderr, "");
    for (const { name, summary } of commands)
      t.match(stdout, new RegExp(`^  ${name} +${summary.slice(0, 30).replaceAll(/[.*+?()]/g, ".")}`, "m"));
  }
  for (const command of commands) {
    const { stdout } = await runWithFakes([command.name, "--help"]);
    for (const args of [
      ["help", command.name],
      [command.name, "-h"],
    ])
      t.equal((await runWithFakes(args)).stdout, stdout);
    for (const [name, flag] of Object.entries(command.flags))
      t.equal(stdout.includes(`--${name}`), flag.hidden !== true, name);
    for (const part of ["Usage:", "Flags:", "Examples:", "Exit codes:"]) t.match(stdout, part);
    t.ok(
      stdout.split("\n").every((line) => line.length <= 110),
      "lines are short",
    );
  }
});

t.test("the examples of the help are understood", async (t) => {
  for (const command of await loadCommands()) {
    for (const { command: line } of command.examples) {
      const words = (/^[^|&]*/.exec(line)?.[0] ?? "").trim().split(/\s+/);
      const args = words.slice(1 + command.name.split(" ").length);
      t.ok(`${line} `.startsWith(`oci-build ${command.name} `), line);
      t.doesNotThrow(() => command.parse(args, {}), line);
    }
  }
});

t.test("no flag is both known and refused, and letters are used once", async (t) => {
  for (const { flags, refused } of await loadCommands()) {
    const shorts = Object.values(flags).flatMap(({ short }) => (short === undefined ? [] : [`-${short}`]));
    t.equal(new Set(shorts).size, shorts.length);
    t.same(
      [...Object.keys(flags), ...shorts].filter((name) => Object.hasOwn(refused, name)),
      [],
    );
  }
});

t.test("docs/cli.md is what the tables say", async (t) => {
  const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");
  t.equal(page, referencePage(await loadCommands()), "write it anew with: node .ci/cli-reference.mjs");
});

t.test("the version is printed", async (t) => {
  for (const args of [["--version"], ["-v"], ["version"]])
    t.match(await runWithFakes(args), { code: 0, stdout: /^oci-build \S+\n$/ });
  const { stdout } = await runWithFakes(["version", "--format", "json"]);
  t.match(JSON.parse(stdout), { Version: String, Platform: /^linux\//, Node: process.versions.node });
});

t.test("a wrong command line answers 2 and a hint", async (t) => {
  t.same(await runWithFakes(["biuld", "."]), {
    code: 2,
    stdout: "",
    stderr: 'error: unknown command "biuld"\nhint: did you mean build?\n',
  });
  t.match(await runWithFakes(["frobnicate"]), { code: 2, stderr: /hint: see: oci-build --help/ });
  t.match(await runWithFakes(["help", "frobnicate"]), { code: 2 });
  t.match(await runWithFakes(["--root", "/x", "images"]), { code: 2, stderr: /--root goes behind the command/ });
  t.match(await runWithFakes(["version", "now"]), { code: 2, stderr: /version takes no arguments, but got "now"/ });
});

t.test("--debug and its variable show the stack", async (t) => {
  const engine = { openImages: () => Promise.reject(new OciBuildError("store-broken", "the store is broken")) };
  t.equal((await runWithFakes(["images"], { engine })).stderr, "error: the store is broken\n");
  t.match((await runWithFakes(["images", "-D"], { engine })).stderr, "program.test");
  t.match((await runWithFakes(["images"], { engine, env: { OCI_BUILD_DEBUG: "1" } })).stderr, "program.test");
  t.equal(
    (await runWithFakes(["images"], { engine, env: { OCI_BUILD_DEBUG: "0" } })).stderr,
    "error: the store is broken\n",
  );
});
