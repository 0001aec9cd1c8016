import t from "tap";
import { readOne } from "./read-one.ts";

t.test("COPY has sources, a destination and flags", (t) => {
  t.match(readOne("COPY --from=b --chown=u:g --chmod=755 --exclude=x --exclude=y a b c/"), {
    kind: "copy",
    sources: ["a", "b"],
    destination: "c/",
    from: "b",
    owner: "u:g",
    mode: "755",
    exclude: ["x", "y"],
  });
  t.match(readOne('COPY ["a b", "c d"]'), { sources: ["a b"], destination: "c d" });
  t.match(readOne("COPY --chown= --from= a b"), { owner: undefined, from: undefined }, "an empty flag is none");
  t.throws(() => readOne("COPY a"), { code: "argument-invalid" });
  t.end();
});

t.test("heredocs become inline files, their tabs stripped where asked", (t) => {
  t.match(readOne("COPY <<a <<-'b' x /d/\n1\na\n\t2\n\tb"), {
    sources: ["x"],
    inline: [
      { name: "a", content: "1\n", expand: true },
      { name: "b", content: "2\n", expand: false },
    ],
  });
  t.match(readOne('COPY ["<<a", "/d"]'), { sources: ["<<a"], inline: [] }, "never in the JSON form");
  t.throws(() => readOne("COPY a <<b\nb"), { message: /destination/ });
  t.throws(() => readOne("COPY it's <<b /d"), { message: /quote/ });
  t.end();
});

t.test("what is not built yet is known by name", (t) => {
  t.match(readOne("COPY --link a b"), {
    kind: "unsupported",
    code: "flag-unsupported",
    message: "COPY --link is not supported yet",
  });
  t.match(readOne("COPY --parents=true a b"), { kind: "unsupported", message: "COPY --parents is not supported yet" });
  t.match(readOne("COPY --link=false --parents=FALSE a b"), { kind: "copy" }, "a flag that is off asks for nothing");
  t.match(readOne("ADD --checksum=sha256:0 https://example.org/a /b"), {
    kind: "unsupported",
    code: "instruction-unsupported",
    message: "ADD is not supported yet",
  });
  t.throws(() => readOne("ADD --chekcsum=x a b"), { code: "flag-unknown", message: /did you mean --checksum/ });
  t.throws(() => readOne("ADD a"), { code: "argument-invalid" });
  t.end();
});
