import t from "tap";
import { parseCacheKey } from "../../src/oci/digest.ts";
import { digestOf } from "../../src/oci/hash.ts";
import { differingFiles } from "../../src/solve/file-listing.ts";
import { type EarlierStep, type Inputs, type LayerOrigin, whyMissed } from "../../src/solve/miss.ts";

const [key, otherKey] = [parseCacheKey(digestOf("now")), parseCacheKey(digestOf("then"))];
const inputs: Inputs = {
  generation: 1,
  kind: "run",
  argv: ["/bin/sh", "-c", "make"],
  env: ["PATH=/bin", "A=1"],
  cwd: "/",
  user: "",
  epoch: 0,
  chain: ["base", "copy"],
};
const title = "RUN make";
const origins: Readonly<Record<string, LayerOrigin>> = {
  "new base": { kind: "image", image: "debian@sha256:new" },
  "new copy": { kind: "step", title: "[2/3] COPY . /" },
};

function why(
  change: Inputs,
  { before = {}, titleBefore = title, files }: { before?: Inputs; titleBefore?: string; files?: string } = {},
): string {
  const earlier: EarlierStep = { title: titleBefore, key: otherKey, inputs: { ...inputs, ...before } };
  return whyMissed({ title, key, inputs: { ...inputs, ...change } }, earlier, {
    originOf: (diffId) => origins[diffId],
    baseBefore: "debian@sha256:old",
    filesOf: () => files,
  });
}

t.test("the first input that differs is named", (t) => {
  const rows: readonly [string, string, string][] = [
    ["a variable has another value", why({ env: ["PATH=/bin", "A=2"] }), "the variable A has another value"],
    ["a variable is new", why({ env: ["PATH=/bin", "A=1", "B="] }), "the variable B is new"],
    ["variables are gone", why({ env: [] }), "the variable PATH is gone, and A"],
    ["the order of variables", why({ env: ["A=1", "PATH=/bin"] }), "its variables stand in another order"],
    [
      "the instruction",
      why({ argv: ["/bin/sh", "-c", "make all"] }, { titleBefore: "RUN make all" }),
      "the instruction was RUN make all",
    ],
    [
      "the shell",
      why({ argv: ["/bin/bash", "-c", "make"] }),
      'its command is ["/bin/bash","-c","make"], was ["/bin/sh","-c","make"]',
    ],
    ["the directory", why({ cwd: "/x" }), "its directory is /x, was /"],
    ["the user", why({ user: "app" }), "its user is app, was "],
    ["the epoch", why({ epoch: 7 }), "the epoch is 7, was 0"],
    ["the base", why({ chain: ["new base", "copy"] }), "the base image is debian@sha256:new, was debian@sha256:old"],
    ["a step below", why({ chain: ["base", "new copy"] }), "[2/3] COPY . / made another layer"],
    ["a step less below", why({ chain: ["base"] }), "a step before it is gone"],
    ["a layer of nobody knows whom", why({ chain: ["base", "x"] }), "the layer x below it is another"],
    ["content", why({ contents: ["b"] }, { before: { contents: ["a"] } }), "what it reads is b, was a"],
    ["content with files", why({ contents: ["b"] }, { before: { contents: ["a"] }, files: "x is new" }), "x is new"],
    [
      "what a mount shows",
      why(
        { mounts: [{ kind: "bind", target: "/s", content: "b" }] },
        { before: { mounts: [{ kind: "bind", target: "/s", content: "a" }] } },
      ),
      "what the mount at /s shows is another",
    ],
    [
      "a mount",
      why(
        { mounts: [{ kind: "cache", target: "/c", id: "b" }] },
        { before: { mounts: [{ kind: "cache", target: "/c", id: "a" }] } },
      ),
      "the mount at /c is another",
    ],
    ["variables come before layers", why({ env: [], chain: [] }), "the variable PATH is gone, and A (and 1 more)"],
    ["another program", why({ generation: 2 }), "another version of oci-build made it"],
  ];
  for (const [name, found, expected] of rows) t.equal(found, expected, name);
  t.notMatch(why({ env: ["PATH=/bin", "A=s3cret"] }), /s3cret/, "values are not told: they may be passwords");
  t.end();
});

t.test("a step that nothing is known of, one whose layer is lost, one whose record is lost", (t) => {
  const about = { originOf: () => undefined, baseBefore: undefined, filesOf: () => undefined };
  const step = { title, key, inputs };
  t.equal(whyMissed(step, undefined, about), "never built here");
  t.equal(whyMissed(step, { title, key, inputs }, about), "what it made is no longer in the store");
  t.equal(
    whyMissed(step, { title, key: otherKey, inputs: undefined }, about),
    "the record of what it made before is gone",
  );
  t.end();
});

t.test("what differs between two listings", (t) => {
  const a = "a".repeat(64);
  const b = "b".repeat(64);
  const then = `d 755 ${a} src\nf 644 ${a} src/x.ts\nl 777 ${a} link\nf 644 ${a} with space\n`;
  t.equal(differingFiles(then, then), undefined);
  const rows: readonly [string, string, string][] = [
    ["content", then.replace(`${a} src/x`, `${b} src/x`), "src/x.ts is bbbbbbbbbbbb, was aaaaaaaaaaaa"],
    ["mode", then.replace(`644 ${a} src/x`, `755 ${b} src/x`), "src/x.ts has the mode 755, had 644"],
    ["type", then.replace(`l 777 ${a}`, `f 777 ${b}`), "link is a file, was a link"],
    ["new", `${then}f 644 ${a} new\n`, "new is new"],
    ["gone", then.replace(/.*with space\n/, ""), "with space is gone"],
    [
      "many",
      then.replaceAll(a, b),
      "link is bbbbbbbbbbbb, was aaaaaaaaaaaa, src is bbbbbbbbbbbb, was aaaaaaaaaaaa, src/x.ts is bbbbbbbbbbbb, was aaaaaaaaaaaa, and 1 more",
    ],
  ];
  for (const [name, now, expected] of rows) t.equal(differingFiles(now, then), expected, name);
  t.end();
});
