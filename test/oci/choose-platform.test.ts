import t from "tap";
import { choosePlatform } from "../../src/oci/choose-platform.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/hash.ts";
import type { Index } from "../../src/oci/manifest.ts";
import { indexType, manifestType } from "../../src/oci/media-type.ts";
import { parsePlatform, type Platform } from "../../src/oci/platform.ts";

function entry(platform: Platform | undefined, mediaType: string = manifestType, mark = ""): Descriptor {
  return {
    mediaType,
    digest: digestOf(JSON.stringify([platform, mediaType, mark])),
    size: 7,
    ...(platform !== undefined && { platform }),
  };
}

function indexOf(...manifests: Descriptor[]): Index {
  return { kind: "index", mediaType: indexType, manifests };
}

const attestation = entry({ os: "unknown", architecture: "unknown" });
const amd64 = entry(parsePlatform("linux/amd64"));
const armV5 = entry(parsePlatform("linux/arm/v5"));
const armV6 = entry(parsePlatform("linux/arm/v6"));
const armV7 = entry(parsePlatform("linux/arm/v7"));
const arm64 = entry({ os: "linux", architecture: "arm64", variant: "v8" });

t.test("the exact platform is taken, wherever it stands", (t) => {
  t.equal(choosePlatform(indexOf(attestation, armV6, armV7, amd64), parsePlatform("linux/arm/v7"), "x"), armV7);
  t.equal(choosePlatform(indexOf(attestation, armV6, armV7, amd64), parsePlatform("linux/amd64"), "x"), amd64);
  t.equal(choosePlatform(indexOf(amd64, arm64), parsePlatform("linux/arm64"), "x"), arm64);
  t.end();
});

t.test("without it the nearest older variant is taken", (t) => {
  t.equal(choosePlatform(indexOf(armV5, armV6, amd64), parsePlatform("linux/arm/v7"), "x"), armV6);
  t.end();
});

t.test("of equals the first is taken", (t) => {
  const second = entry(parsePlatform("linux/amd64"), manifestType, "second");
  t.equal(choosePlatform(indexOf(amd64, second), parsePlatform("linux/amd64"), "x"), amd64);
  t.end();
});

t.test("an image without a platform is taken only when it stands alone", (t) => {
  const bare = entry(undefined);
  t.equal(choosePlatform(indexOf(attestation, bare), parsePlatform("linux/amd64"), "x"), bare);
  t.throws(() => choosePlatform(indexOf(bare, armV7), parsePlatform("linux/amd64"), "x"), {
    code: "platform-not-found",
  });
  t.end();
});

t.test("the error lists what there is, without attestations and other artefacts", (t) => {
  const chart = entry(parsePlatform("linux/s390x"), "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
  t.throws(
    () =>
      choosePlatform(indexOf(attestation, amd64, armV7, amd64, chart), parsePlatform("linux/s390x"), "debian:latest"),
    {
      code: "platform-not-found",
      message: "debian:latest has no image for linux/s390x",
      hint: "it has linux/amd64, linux/arm/v7",
    },
  );
  t.throws(() => choosePlatform(indexOf(attestation), parsePlatform("linux/amd64"), "x"), {
    code: "platform-not-found",
    hint: "it has no images at all",
  });
  t.end();
});
