import t from "tap";
import { hexOf, parseDigest } from "../../src/oci/digest.ts";
import { digestOf } from "../../src/oci/hash.ts";

const empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

t.test("the digest of nothing is the well-known one", (t) => {
  t.equal(digestOf(""), empty);
  t.equal(hexOf(digestOf("")), empty.slice(7));
  t.end();
});

t.test("what could be used as a path is not a digest", (t) => {
  for (const text of [
    "",
    "sha256:",
    "sha256:../../etc/passwd",
    empty.toUpperCase(),
    `${empty}0`,
    empty.slice(0, -1),
    `sha512:${"0".repeat(128)}`,
  ])
    t.throws(() => parseDigest(text), { code: "digest-invalid" }, text);
  t.end();
});
