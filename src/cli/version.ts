/** Put in by the bundler. */
declare const OCI_BUILD_VERSION: string | undefined;

/** Version of the package; `unbundled` where the compiled files run as they are, as in tests. */
export const version: string = typeof OCI_BUILD_VERSION === "string" ? OCI_BUILD_VERSION : "unbundled";
