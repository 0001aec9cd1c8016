import t from "tap";
import type { Mount } from "../../src/plan/mount.ts";
import { parseByteSize } from "../../src/plan/byte-size.ts";
import { planText } from "./plan-text.ts";

const planned = (flags: string, before = ""): readonly Mount[] => {
  const { stages } = planText(`FROM scratch AS made\nFROM debian\n${before}\nRUN ${flags} true\n`);
  const step = stages.at(-1)?.steps.at(-1);
  return step?.kind === "run" ? step.mounts : [];
};

t.test("a bind shows the build context, a stage or an image, read-only unless told", (t) => {
  t.match(planned("--mount=target=/a"), [
    { kind: "bind", from: { kind: "context" }, source: "/", target: "/a", writable: false },
  ]);
  t.match(planned("--mount=from=made,src=../x/./y,dst=/a/,rw"), [
    { from: { kind: "stage", stage: 0 }, source: "/x/y", target: "/a", writable: true },
  ]);
  t.match(planned("--mount=from=img,target=/a,rw=false"), [
    { from: { kind: "image", image: { name: "img" } }, writable: false },
  ]);
  t.match(planned("--mount=target=/a,ro=0"), [{ writable: true }]);
  t.end();
});

t.test("a cache has its target as written for an id", (t) => {
  t.same(planned("--mount=type=cache,target=/a/../b/"), [
    { kind: "cache", id: "/b", target: "/b", sharing: "shared", readOnly: false, seed: undefined, access: undefined },
  ]);
  t.match(planned("--mount=type=cache,target=c", "WORKDIR /w"), [{ id: "c", target: "/w/c" }]);
  t.match(planned("--mount=type=cache,id=x,target=/c,sharing=private,ro,from=made,source=d,uid=7"), [
    {
      id: "x",
      sharing: "private",
      readOnly: true,
      seed: { from: { kind: "stage" }, source: "/d" },
      access: { uid: 7, gid: 0, mode: 0o755 },
    },
  ]);
  t.match(planned("--mount=type=cache,target=/c,from=scratch"), [{ seed: undefined }]);
  const { stages } = planText("FROM a\nRUN --mount=type=cache,target=/c true\n", {
    buildArgs: new Map([["BUILDKIT_CACHE_MOUNT_NS", "ns"]]),
  });
  t.match(stages[0]?.steps[0], { mounts: [{ id: "ns//c" }] });
  t.end();
});

t.test("a secret is called by its id, and is a file unless it is a variable alone", (t) => {
  const access = { uid: 0, gid: 0, mode: 0o400 };
  const secret = { kind: "secret", env: undefined, required: false, access };
  t.same(planned("--mount=type=secret,id=a/b"), [{ ...secret, id: "a/b", target: "/run/secrets/b" }]);
  t.same(planned("--mount=type=secret,source=x"), [{ ...secret, id: "x", target: "/run/secrets/x" }]);
  t.same(planned("--mount=type=secret,target=/t/name"), [{ ...secret, id: "name", target: "/t/name" }]);
  t.same(planned("--mount=type=secret,id=x,env=X,required"), [
    { ...secret, id: "x", env: "X", target: undefined, required: true },
  ]);
  t.match(planned("--mount=type=secret,id=x,env=X,target=t,mode=0440,uid=5,gid=6"), [
    { env: "X", target: "/t", access: { uid: 5, gid: 6, mode: 0o440 } },
  ]);
  t.end();
});

t.test("agents are numbered", (t) => {
  t.match(planned("--mount=type=ssh --mount=type=ssh,id=x,required --mount=type=ssh,target=/s,mode=0666"), [
    { id: "default", first: true, target: "/run/buildkit/ssh_agent.0", required: false, access: { mode: 0o600 } },
    { id: "x", first: false, target: "/run/buildkit/ssh_agent.1", required: true },
    { target: "/s", access: { mode: 0o666 } },
  ]);
  t.end();
});

t.test("mounts come in the order of their targets, and the later of two with one target counts", (t) => {
  const targets = planned(
    "--mount=type=tmpfs,target=/b/c --mount=type=tmpfs,target=/b --mount=target=/a --mount=type=tmpfs,target=/a,size=1k",
  );
  t.match(targets, [{ kind: "tmpfs", target: "/a", size: 1024 }, { target: "/b" }, { target: "/b/c" }]);
  t.equal(targets.length, 3);
  t.end();
});

t.test("variables are expanded in values, but not in from", (t) => {
  const before = "ARG kind=cache where=/x m=0700 s=locked\nENV ID='a b'";
  t.match(planned("--mount=type=$kind,id=${ID},target=${where:-/y},mode=$m,sharing=$s", before), [
    { kind: "cache", id: "a b", target: "/x", sharing: "locked", access: { mode: 0o700 } },
  ]);
  t.throws(() => planned("--mount=type=$kind,target=/x,size=1k", before), {
    code: "mount-invalid",
    message: /size is no option of a mount of type cache/,
  });
  t.throws(() => planned("--mount=from=$where,target=/x", before), {
    message: /holds a variable, which is not expanded there/,
  });
  t.end();
});

t.test("values that cannot be are refused by their option", (t) => {
  const rows: readonly [string, RegExp][] = [
    ["target=/", /the target is \//],
    ["target=/a/..", /the target is \//],
    ["target=/a,ro=maybe", /readonly is either true or false, not "maybe"/],
    ["type=tmpfs,target=/a,size=big", /invalid size=big/],
    ["type=cache,target=/a,mode=9", /invalid mode=9/],
    ["type=cache,target=/a,uid=root", /invalid uid=root/],
    ["type=cache,target=/a,gid=4294967295", /invalid gid/],
    ["type=cache,target=/a,sharing=lockd", /invalid sharing=lockd \(did you mean locked\?\)/],
    ["type=secret,id=a,ro=false", /always read-only/],
    ["type=secret,id=a,env=", /cannot be the name of a variable/],
    ["type=$nothing,target=/a", /unknown type ""/],
  ];
  for (const [value, message] of rows)
    t.throws(() => planned(`--mount=${value}`), { code: "mount-invalid", message }, value);
  t.throws(() => planned("--mount=from=scratch,target=/a"), { message: /scratch is empty/ });
  t.end();
});

t.test("sizes are docker's", (t) => {
  const rows = { "0": 0, "100": 100, "1k": 1024, "1.5m": 1572864, "2GiB": 2147483648, "3 MB": 3145728, "10b": 10 };
  for (const [text, size] of Object.entries(rows)) t.equal(parseByteSize(text), size, text);
  for (const text of ["", "-1", "1x", "k", "1kk"]) t.equal(parseByteSize(text), undefined, text);
  t.end();
});
