import t from "tap";
import { readOne } from "./read-one.ts";

const mount = (value: string): unknown => {
  const { mounts } = readOne(`RUN --mount=${value} true`) as {
    mounts?: { from?: string; options: Map<string, string> }[];
  };
  const [first] = mounts ?? [];
  return { ...(first?.from === undefined ? {} : { from: first.from }), ...Object.fromEntries(first?.options ?? []) };
};

t.test("options have one name each, however they are spelt", (t) => {
  t.same(mount("type=bind,src=a,dst=/b,rw"), { type: "bind", source: "a", target: "/b", readwrite: "true" });
  t.same(mount("source=a,destination=/b,ro=false"), { source: "a", target: "/b", readonly: "false" });
  t.same(mount("TYPE=cache,Target=/b,sharing=locked"), { type: "cache", target: "/b", sharing: "locked" });
  t.same(mount("target=/b,rw,ro"), { target: "/b", readonly: "true" }, "the last of two that contradict each other");
  t.same(mount("from=x,target=/b"), { from: "x", target: "/b" });
  t.same(mount("from=,target=/b"), { target: "/b" });
  t.same(mount('\\"target=/a,b\\",type=tmpfs'), { type: "tmpfs", target: "/a,b" }, "a CSV field in quotes");
  t.end();
});

t.test("several mounts stay in their order", (t) => {
  t.match(readOne("RUN --mount=target=/a --mount=type=ssh --mount=type=secret,id=x true"), {
    mounts: [{ text: "target=/a" }, { text: "type=ssh" }, { text: "type=secret,id=x" }],
  });
  t.end();
});

t.test("wrong options are refused by their names, with what was meant", (t) => {
  const rows: readonly [string, RegExp][] = [
    ["tpye=bind,target=/a", /unknown option "tpye" \(did you mean type\?\)/],
    ["typ", /unknown option "typ" \(did you mean type\?\)/],
    ["type=bnd,target=/a", /unknown type "bnd" \(did you mean bind\?\)/],
    ["target", /target needs a value: target=…/],
    ["from", /from needs a value/],
    ["target=/a,uid=1", /uid is no option of a mount of type bind/],
    ["type=tmpfs,target=/a,mode=700", /mode is no option of a mount of type tmpfs/],
    ["type=tmpfs,target=/a,from=x", /from is no option of a mount of type tmpfs/],
    ["type=secret,id=x,from=y", /from is no option of a mount of type secret/],
    ["type=secret,id=x,sharing=locked", /sharing is no option/],
    ["type=cache,target=/a,required", /required is no option of a mount of type cache/],
    ["type=cache,target=/a,size=1m", /size is no option/],
    ["type=cache,target=/a,source=/b", /there is no from/],
    ["type=ssh,source=x", /source is no option of a mount of type ssh/],
    ["type=secret", /nothing names the secret/],
    ["type=secret,id=a,source=b", /id and source both name the secret/],
    ['\\"target=/a', /a quote is not closed/],
  ];
  for (const [value, message] of rows)
    t.throws(() => readOne(`RUN --mount=${value} true`), { code: "flag-invalid", message }, value);
  t.throws(() => readOne("RUN --mount true"), { code: "flag-invalid" });
  t.end();
});

t.test("a type that is a variable is judged when it has a value", (t) => {
  t.same(mount("type=$kind,target=/a,size=1m,sharing=locked"), {
    type: "$kind",
    target: "/a",
    size: "1m",
    sharing: "locked",
  });
  t.end();
});
