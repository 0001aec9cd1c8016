import t from "tap";
import { formatLock, parseLock } from "../../src/lock/lock.ts";

const digest = `sha256:${"a".repeat(64)}`;
const commit = "b".repeat(40);
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

void t.test("a lock is written in the order of its names, whatever the order that it was found in", (t) => {
  const text = formatLock(
    parseLock(
      bytes({
        commits: { "r#z": commit, "r#a": commit },
        urls: {},
        version: 1,
        images: { b: { "linux/arm64": digest, "linux/amd64": digest }, a: {} },
      }),
      "f",
    ),
  );
  const document = JSON.parse(text) as Record<string, Record<string, object>>;
  t.same(Object.keys(document), ["version", "images", "urls", "commits"]);
  t.same(Object.keys(document["images"] ?? {}), ["a", "b"]);
  t.same(Object.keys(document["images"]?.["b"] ?? {}), ["linux/amd64", "linux/arm64"]);
  t.same(Object.keys(document["commits"] ?? {}), ["r#a", "r#z"]);
  t.equal(formatLock(parseLock(bytes(text), "f")), text);
  t.end();
});

void t.test("a lock that is none is refused with its place", (t) => {
  for (const [value, problem] of [
    ["{", "it is not JSON"],
    ["[]", "the document is not an object"],
    [{}, "its version is not 1, the one that this oci-build reads"],
    [{ version: 2 }, "its version is not 1, the one that this oci-build reads"],
    [{ version: 1, image: {} }, 'it has an unknown member "image"'],
    [{ version: 1, images: [] }, "images is not an object"],
    [{ version: 1, images: { a: digest } }, 'images["a"] is not an object'],
    [{ version: 1, images: { a: { "linux/amd64": "x" } } }, /^images\["a"\]\["linux\/amd64"\] is /],
    [{ version: 1, urls: { u: 1 } }, 'urls["u"] is not a string'],
    [{ version: 1, commits: { c: "main" } }, 'commits["c"] is not the id of a commit'],
  ] as const) {
    const start = "the lock file f is not valid: ";
    const message = typeof problem === "string" ? `${start}${problem}` : new RegExp(start);
    t.throws(() => parseLock(bytes(value), "f"), { code: "lock-invalid", message });
  }
  t.end();
});
