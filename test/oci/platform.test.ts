import t from "tap";
import { distanceOf, formatPlatform, hostPlatform, parsePlatform } from "../../src/oci/platform.ts";

t.test("platforms have one spelling", (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["linux/amd64", "linux/amd64"],
    ["Linux/x86_64", "linux/amd64"],
    ["linux/amd64/v1", "linux/amd64"],
    ["linux/amd64/v3", "linux/amd64/v3"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm64/8", "linux/arm64"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/arm/v6", "linux/arm/v6"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/i386", "linux/386"],
    ["linux/s390x", "linux/s390x"],
  ];
  for (const [text, spelled] of cases) t.equal(formatPlatform(parsePlatform(text)), spelled, text);
  t.end();
});

t.test("one word leaves the rest to this machine", (t) => {
  t.strictSame(parsePlatform("linux"), hostPlatform());
  t.strictSame(parsePlatform("arm64"), { os: "linux", architecture: "arm64" });
  t.end();
});

t.test("what is no platform is refused", (t) => {
  for (const text of ["", "/", "linux/", "linux/arm/v7/x", "toaster", "linux/../x", "linux amd64"]) t.throws(() => parsePlatform(text), { code: "platform-invalid" }, text);
  t.end();
});

t.test("the host is one of Go's platforms", (t) => {
  t.match(formatPlatform(hostPlatform()), /^linux\/[a-z0-9]+(\/v\d+)?$/);
  t.notMatch(formatPlatform(hostPlatform()), /x64|ia32/);
  t.end();
});

t.test("an image runs where its own or a later variant is asked for", (t) => {
  const cases: readonly (readonly [string, string, number | undefined])[] = [
    ["linux/arm/v7", "linux/arm/v7", 0],
    ["linux/arm/v6", "linux/arm/v7", 1],
    ["linux/arm/v5", "linux/arm/v7", 2],
    ["linux/arm/v7", "linux/arm/v6", undefined],
    ["linux/arm", "linux/arm/v6", undefined],
    ["linux/arm64", "linux/arm64/v8", 0],
    ["linux/arm/v7", "linux/arm64", undefined],
    ["linux/amd64", "linux/amd64/v3", 2],
    ["linux/amd64/v2", "linux/amd64", undefined],
    ["windows/amd64", "linux/amd64", undefined],
    ["linux/ppc64le", "linux/ppc64le", 0],
    ["linux/riscv64/rva22", "linux/riscv64", undefined],
  ];
  for (const [offered, wanted, distance] of cases) t.equal(distanceOf(parsePlatform(offered), parsePlatform(wanted)), distance, `${offered} for ${wanted}`);
  t.end();
});
