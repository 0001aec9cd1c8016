import t from "tap";
import { outlineJson } from "../../src/describe/json.ts";
import { type Outline, outlineOf } from "../../src/describe/outline.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";

const text = `# syntax=docker/dockerfile:1
# base the image to stand on
ARG base=busybox
ARG TAG=\${VERSION}
ARG VERSION=1
ARG unused=1
FROM $base:$TAG AS deps
# level how much to tell
# check=skip=SecretsUsedInArgOrEnv
ARG level=\${TARGETARCH:-none} bare
RUN --mount=type=cache,target=/root/.cache/ --mount=type=cache,id=x,dst=/y true
FROM other AS aside
ARG aside=1
# release what is shipped
FROM scratch AS release
ARG TARGETARCH
ARG level=high
COPY --from=deps /x /
RUN --mount=type=secret,id=token,required=true --mount=type=secret,target=/run/key --mount=type=ssh true
`;

function outline(options: {
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
}): Outline {
  const platform = { os: "linux", architecture: "amd64" };
  const buildArgs = new Map(Object.entries(options.buildArgs ?? {}));
  return outlineOf(parseDockerfile("Dockerfile", text), {
    ...options,
    buildArgs,
    platform,
    buildPlatform: platform,
  });
}

t.test("an outline has the arguments that the target and the stages below it use", (t) => {
  const { target, args } = outline({});
  t.strictSame(target, { name: "release", description: "what is shipped" });
  t.strictSame(
    args.map(({ name, value, description }) => [name, value, description]),
    [
      ["base", "busybox", "the image to stand on"],
      ["TAG", "", undefined],
      ["VERSION", "1", undefined],
      ["level", "none", "how much to tell"],
      ["bare", undefined, undefined],
      ["TARGETARCH", "amd64", undefined],
    ],
  );
  t.end();
});

t.test("build arguments and the target count", (t) => {
  const { target, args } = outline({ target: "aside", buildArgs: { aside: "2" } });
  t.equal(target.name, "aside");
  t.strictSame(
    args.map(({ name, value }) => [name, value]),
    [["aside", "2"]],
  );
  t.end();
});

t.test("an outline has the secrets, agents and caches of RUN", (t) => {
  const { secrets, ssh, caches } = outline({});
  const names = (list: typeof secrets): unknown => list.map(({ name, required }) => [name, required]);
  t.strictSame(names(secrets), [
    ["token", true],
    ["key", false],
  ]);
  t.strictSame(names(ssh), [["default", false]]);
  t.strictSame(names(caches), [
    ["/root/.cache/", false],
    ["x", false],
  ]);
  t.end();
});

t.test("an outline as JSON has BuildKit's fields", (t) => {
  const { source } = parseDockerfile("Dockerfile", text);
  t.match(outlineJson(outline({}), source), {
    name: "release",
    description: "what is shipped",
    args: [
      {
        name: "base",
        value: "busybox",
        description: "the image to stand on",
        location: {
          sourceIndex: 0,
          ranges: [{ start: { line: 3, character: 0 }, end: { line: 3, character: 16 } }],
        },
      },
    ],
    secrets: [{ name: "token", required: true }, { name: "key" }],
    cache: [{ ID: "/root/.cache/" }, { ID: "x" }],
    sources: [Buffer.from(text).toString("base64")],
  });
  t.end();
});
