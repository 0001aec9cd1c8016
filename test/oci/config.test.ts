import t from "tap";
import { parseImageConfig, platformOf } from "../../src/oci/config.ts";

const diffId = `sha256:${"b".repeat(64)}`;
const minimal = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [diffId] } };

function bytes(document: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(document));
}

t.test("known fields are checked, unknown fields are kept", (t) => {
  const document = {
    ...minimal,
    created: "2024-01-01T00:00:00Z",
    docker_version: "20.10",
    "moby.buildkit.cache.v0": { a: [1] },
    config: {
      Env: ["PATH=/bin"],
      Cmd: ["sh"],
      Hostname: "x",
      Healthcheck: { Test: ["CMD", "true"], Interval: 30_000_000_000 },
      ExposedPorts: { "80/tcp": {} },
    },
    history: [{ created_by: "RUN x", empty_layer: true, extra: 1 }],
  };
  t.strictSame(parseImageConfig(bytes(document), { layers: 1 }), document);
  t.end();
});

t.test("docker's nulls are left out", (t) => {
  const document = {
    ...minimal,
    config: { Volumes: null, OnBuild: null, Labels: null, Entrypoint: null, Cmd: null },
    history: null,
    author: null,
  };
  t.strictSame(parseImageConfig(bytes(document)), { ...minimal, config: {} });
  t.strictSame(parseImageConfig(bytes({ ...minimal, config: null })), minimal);
  t.strictSame(
    parseImageConfig(bytes({ ...minimal, rootfs: { type: "layers", diff_ids: null } }), { layers: 0 }).rootfs.diff_ids,
    [],
  );
  t.end();
});

t.test("there are as many diffIDs as layers", (t) => {
  for (const layers of [0, 2])
    t.throws(() => parseImageConfig(bytes(minimal), { layers, name: "the config of debian" }), {
      code: "config-invalid",
      message: `the config of debian is not valid: rootfs.diff_ids has 1 entries, but the manifest has ${layers} layers`,
    });
  t.end();
});

const refused: readonly (readonly [string, unknown])[] = [
  ["an array", []],
  ["no architecture", { ...minimal, architecture: undefined }],
  ["an empty os", { ...minimal, os: "" }],
  ["no rootfs", { ...minimal, rootfs: undefined }],
  ["another rootfs type", { ...minimal, rootfs: { type: "tree", diff_ids: [] } }],
  ["a path as diffID", { ...minimal, rootfs: { type: "layers", diff_ids: ["sha256:../../x"] } }],
  ["config as a list", { ...minimal, config: [] }],
  ["Env as an object", { ...minimal, config: { Env: { PATH: "/bin" } } }],
  ["a number in Env", { ...minimal, config: { Env: [1] } }],
  ["Cmd as text", { ...minimal, config: { Cmd: "sh" } }],
  ["labels with numbers", { ...minimal, config: { Labels: { a: 1 } } }],
  ["a user as number", { ...minimal, config: { User: 0 } }],
  ["history as an object", { ...minimal, history: {} }],
  ["empty_layer as text", { ...minimal, history: [{ empty_layer: "true" }] }],
  ["an interval as text", { ...minimal, config: { Healthcheck: { Interval: "30s" } } }],
];

t.test("what is not a config is refused", (t) => {
  for (const [title, document] of refused)
    t.throws(() => parseImageConfig(bytes(document)), { code: "config-invalid" }, title);
  t.end();
});

t.test("the platform is given in its one spelling", (t) => {
  t.strictSame(platformOf(parseImageConfig(bytes({ ...minimal, architecture: "arm64", variant: "v8" }))), {
    os: "linux",
    architecture: "arm64",
  });
  t.strictSame(platformOf(parseImageConfig(bytes({ ...minimal, architecture: "arm", variant: "v6" }))), {
    os: "linux",
    architecture: "arm",
    variant: "v6",
  });
  t.end();
});
