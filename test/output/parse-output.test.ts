import fc from "fast-check";
import t from "tap";
import { parseReference } from "../../src/oci/reference.ts";
import { splitCsv } from "../../src/syntax/csv.ts";
import { familiarName, splitTag } from "../../src/output/familiar-name.ts";
import { parseOutput } from "../../src/output/parse-output.ts";

t.test("each form names its target", (t) => {
  const cases = {
    "oci:layout": { kind: "oci", directory: "layout", tag: undefined },
    "docker://example.com/team/app": { kind: "registry", names: [parseReference("example.com/team/app:latest")] },
    "type=registry": { kind: "registry", names: [] },
    'type=image,push=true,"name=a.io/b:1,a.io/c:2"': {
      kind: "registry",
      names: [parseReference("a.io/b:1"), parseReference("a.io/c:2")],
    },
    "oci:a/b:1.0": { kind: "oci", directory: "a/b", tag: "1.0" },
    "oci-archive:x.tar": { kind: "oci-archive", file: "x.tar", tag: undefined },
    "oci-archive:-:v1": { kind: "oci-archive", file: "-", tag: "v1" },
    "docker-archive:x.tar": { kind: "docker-archive", file: "x.tar", tag: undefined },
    "docker-archive:x.tar:localhost:5000/team/app:1.0": {
      kind: "docker-archive",
      file: "x.tar",
      tag: "localhost:5000/team/app:1.0",
    },
    "type=oci,dest=x.tar": { kind: "oci-archive", file: "x.tar", tag: undefined },
    "type=oci,dest=x.tar,tar=true": { kind: "oci-archive", file: "x.tar", tag: undefined },
    "type=oci,dest=dir,tar=false": { kind: "oci", directory: "dir", tag: undefined },
    "TYPE=docker,Dest=-": { kind: "docker-archive", file: "-", tag: undefined },
    'type=oci,"dest=a,b.tar"': { kind: "oci-archive", file: "a,b.tar", tag: undefined },
    '"type=oci","dest=say ""hi"".tar"': { kind: "oci-archive", file: 'say "hi".tar', tag: undefined },
    "type=oci,dest=a=b.tar": { kind: "oci-archive", file: "a=b.tar", tag: undefined },
  };
  for (const [text, target] of Object.entries(cases)) t.same(parseOutput(text), target, text);
  t.end();
});

t.test("everything else is refused by name", (t) => {
  const cases = {
    "-": /a tar of the files on standard output .* not supported yet/,
    out: /the files of the image in a directory .* not supported yet/,
    "containers-storage://app": /containers-storage:\/\/ is not supported yet/,
    "dir:out": /the output dir: is not supported/,
    "containers-storage:app": /the output containers-storage: is not supported/,
    "type=local,dest=out": /type=local is not supported yet/,
    "type=registry,insecure=true": /insecure= is not supported yet/,
    "type=image,name=x": /without push=true the image goes to the store, as always/,
    "type=cacheonly": /type=cacheonly is not supported yet/,
    "dest=out": /has no type=/,
    "type=oci": /has no dest=/,
    "type=oci,dest=": /has no dest=/,
    "type=oci,dest=x,compression=zstd": /compression= is not supported yet/,
    "type=docker,dest=x,name=app": /name= is not supported/,
    "type=docker,dest=x,tar=false": /type=docker with tar=false is not supported yet/,
    "type=oci,dest=x,tar=maybe": /tar=maybe is neither true nor false/,
    "type=oci,dest=x,dest=y": /dest= is there twice/,
    "type=oci,dest": /"dest" is not of the form key=value/,
    'type=oci,"dest=x': /quotes/,
    "oci:": /names no path/,
    "oci:-": /a directory cannot go to standard output/,
    "type=oci,dest=-,tar=false": /a directory cannot go to standard output/,
    "oci:dir:": /"" is not a valid tag/,
    "oci:dir:a b": /"a b" is not a valid tag/,
    "docker-archive:x.tar:App": /"App" is not a valid image name/,
    "docker-archive:x.tar:app@sha256:00": /not a valid image name/,
    "": /not supported/,
  };
  for (const [text, message] of Object.entries(cases))
    t.throws(() => parseOutput(text), { code: "output-invalid", message }, text);
  t.end();
});

t.test("no text makes the parser fail otherwise", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'oci:-=,"tar/ dest'.split("")) }), (text) => {
      try {
        parseOutput(text);
      } catch (error) {
        return error instanceof Error && "code" in error && error.code === "output-invalid";
      }
      return true;
    }),
  );
  t.end();
});

t.test("fields come back from a CSV record whatever they hold", (t) => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
      const record = fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(",");
      t.same(splitCsv(record), fields);
    }),
  );
  t.same(splitCsv("a,,b,"), ["a", "", "b", ""]);
  for (const broken of ['"a', 'a"b', '"a"b', 'a,"']) t.equal(splitCsv(broken), undefined, broken);
  t.end();
});

t.test("names are shown as docker shows them", (t) => {
  const cases = {
    "docker.io/library/debian:latest": ["debian:latest", "debian", "latest"],
    "docker.io/team/app:1": ["team/app:1", "team/app", "1"],
    "localhost:5000/app": ["localhost:5000/app", "localhost:5000/app", undefined],
    "localhost:5000/library/app:x": ["localhost:5000/library/app:x", "localhost:5000/library/app", "x"],
    "docker.io/library/team/app:1": ["library/team/app:1", "library/team/app", "1"],
  };
  for (const [name, [familiar, repository, tag]] of Object.entries(cases)) {
    t.equal(familiarName(name), familiar, name);
    t.same(splitTag(familiar ?? ""), [repository, tag], name);
  }
  t.end();
});
