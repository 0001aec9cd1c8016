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

t.test("flags that are on or off", (t) => {
  t.match(readOne("COPY a b"), { link: false, parents: false });
  t.match(readOne("COPY --link --parents=true a b"), { link: true, parents: true });
  t.match(readOne("COPY --link=false --parents=FALSE a b"), { link: false, parents: false });
  t.match(readOne("ADD a b"), { kind: "add", link: false, unpack: undefined, keepGitDirectory: undefined });
  t.match(readOne("ADD --link --unpack=false --keep-git-dir a b"), {
    link: true,
    unpack: false,
    keepGitDirectory: true,
  });
  t.end();
});

t.test("ADD has sources, a destination and flags", (t) => {
  t.match(readOne("ADD --checksum=sha256:0 --chown=u --chmod=600 --exclude=x https://example.org/a <<E /b/\n1\nE"), {
    kind: "add",
    sources: ["https://example.org/a"],
    inline: [{ name: "E", content: "1\n" }],
    destination: "/b/",
    owner: "u",
    mode: "600",
    exclude: ["x"],
    checksum: "sha256:0",
  });
  t.throws(() => readOne("ADD --from=x a b"), { code: "flag-unknown" });
  t.throws(() => readOne("ADD --chekcsum=x a b"), { code: "flag-unknown", message: /did you mean --checksum/ });
  t.throws(() => readOne("ADD a"), { code: "argument-invalid" });
  t.end();
});
