import t from "tap";
import { readAnnotations, readLabels } from "../../src/cli/labels.ts";

t.test("a label is a name with a value, or with none", (t) => {
  t.strictSame([...readLabels(["a=1", "b", "c=d=e", "a=2", "f="])], [["a", "2"], ["b", ""], ["c", "d=e"], ["f", ""]]); // prettier-ignore
  t.throws(() => readLabels(["=x"]), { code: "usage" });
  t.end();
});

t.test("an annotation is one of the manifest", (t) => {
  t.strictSame([...readAnnotations(["a=1", "manifest:b:c=2"])], [["a", "1"], ["b:c", "2"]]); // prettier-ignore
  for (const wrong of ["index:a=1", "manifest[linux/amd64]:a=1", "manifest-descriptor:a=1", "a", "=1"])
    t.throws(() => readAnnotations([wrong]), { code: "usage" }, wrong);
  t.end();
});
