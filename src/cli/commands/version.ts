import { defineCommand, type Command } from "../command.ts";
import { version } from "../version.ts";

export const versionCommand: Command = defineCommand({
  name: "version",
  summary: "Show the version",
  positionals: { usage: "", min: 0, max: 0 },
  flags: {
    format: {
      type: "choice",
      choices: ["text", "json"],
      default: "text",
      help: "A line of text, or JSON with the platform and Node's version too.",
    },
  },
  examples: [{ text: "For a bug report", command: "oci-build version --format json" }],
  exitCodes: [
    ["0", "printed"],
    ["2", "the command line is wrong"],
  ],

  run: ({ flags }, { stdout }) => {
    const platform = `${process.platform}/${process.arch}`;
    const json = { Version: version, Platform: platform, Node: process.versions.node };
    stdout.write(flags.format === "json" ? `${JSON.stringify(json)}\n` : `oci-build ${version}\n`);
    return Promise.resolve(0);
  },
});
