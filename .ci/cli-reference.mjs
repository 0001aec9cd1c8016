// Writes docs/cli.md from the compiled tables of commands and flags: run it after a change of those.
import { writeFileSync } from "node:fs";

const { loadCommands } = await import("../dist/src/cli/commands.js");
const { referencePage } = await import("../dist/src/cli/reference-page.js");
writeFileSync(new URL("../docs/cli.md", import.meta.url), referencePage(await loadCommands()));
