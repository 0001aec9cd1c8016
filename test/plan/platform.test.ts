import t from "tap";
import { formatPlatform, parsePlatform } from "../../src/plan/platform.ts";

const standard = { os: "linux", architecture: "amd64" };

t.test("platforms are read and normalised as containerd does", (t) => {
  const rows: readonly [string, string | undefined][] = [
    ["linux/amd64", "linux/amd64"],
    ["Linux/AMD64", "linux/amd64"],
    ["linux/x86_64", "linux/amd64"],
    ["linux/amd64/v2", "linux/amd64/v2"],
    ["linux/amd64/v1", "linux/amd64"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/arm/7", "linux/arm/v7"],
    ["linux/arm/v6", "linux/arm/v6"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/i386", "linux/386"],
    ["arm64", "linux/arm64"],
    ["windows", "windows/amd64"],
    ["linux/somenewcpu", "linux/somenewcpu"],
    ["somenewcpu", undefined],
    ["", undefined],
    ["linux/", undefined],
    ["linux/a/b/c", undefined],
    ["linux/a b", undefined],
  ];
  for (const [text, expected] of rows) {
    const platform = parsePlatform(text, standard);
    t.equal(platform && formatPlatform(platform), expected, text);
  }
  t.end();
});
