import t from "tap";
import { platformArgs, predefinedNames, proxyVariables } from "../../src/plan/predefined.ts";

const platform = { os: "linux", architecture: "arm", variant: "v7" };
const buildPlatform = { os: "linux", architecture: "amd64" };

t.test("the platform's arguments are there by themselves, and a build argument replaces one", (t) => {
  const values = platformArgs({ platform, buildPlatform, buildArgs: new Map([["TARGETOS", "plan9"]]) }, "final");
  t.strictSame(Object.fromEntries(values), {
    BUILDPLATFORM: "linux/amd64",
    BUILDOS: "linux",
    BUILDOSVERSION: "",
    BUILDARCH: "amd64",
    BUILDVARIANT: "",
    TARGETPLATFORM: "linux/arm/v7",
    TARGETOS: "plan9",
    TARGETOSVERSION: "",
    TARGETARCH: "arm",
    TARGETVARIANT: "v7",
    TARGETSTAGE: "final",
  });
  for (const name of values.keys()) t.ok(predefinedNames.has(name), name);
  t.end();
});

t.test("proxies are passed on in both spellings, other arguments are not", (t) => {
  const buildArgs = new Map([["https_proxy", "a"], ["NO_PROXY", "b"], ["OTHER", "c"]]); // prettier-ignore
  t.strictSame(Object.fromEntries(proxyVariables(buildArgs)), {
    HTTPS_PROXY: "a",
    https_proxy: "a",
    NO_PROXY: "b",
    no_proxy: "b",
  });
  t.end();
});
