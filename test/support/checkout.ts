import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Directory of the source checkout; this module runs as dist/test/support/checkout.js. */
export const checkout: string = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** Set where a test that cannot do its work must fail instead of skipping: in continuous integration. */
export const mustRun: boolean = process.env["OCI_BUILD_MUST_SANDBOX"] === "1";

export const isRoot: boolean = process.getuid?.() === 0;
