import t from "tap";
import { fakeImages, imageId, runWithFakes, storedImage } from "./run-with-fakes.ts";

const plain = storedImage("app:1");
const layer = (size: number) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: imageId, size });
const image = {
  ...plain,
  layers: [layer(3_000_000), layer(2_500)],
  configDocument: {
    ...plain.configDocument,
    history: [
      { created: "1970-01-01T00:00:00Z", created_by: "ADD base.tar /", comment: "a base" },
      { created: "1970-01-01T00:00:00Z", created_by: "ENV A=1", empty_layer: true },
      { created_by: `RUN \u001b[31mmake\n${"x".repeat(80)}` },
    ],
  },
};

t.test("steps are listed with the last one first, safely for a terminal", async (t) => {
  const { engine, calls } = fakeImages([image]);
  const { code, stdout, stderr } = await runWithFakes(["history", "--root", "/s", "app:1"], { engine });
  t.match({ code, stderr }, { code: 0, stderr: "" });
  const lines = stdout.split("\n");
  t.match(lines[0], /^CREATED +CREATED BY +SIZE +COMMENT$/);
  t.match(lines[1], /^N\/A +RUN make.*x… +2\.5kB$/);
  t.match(lines[2], /^1970 \(fixed\) +ENV A=1 +0B$/);
  t.match(lines[3], /^1970 \(fixed\) +ADD base\.tar \/ +3MB +a base$/);
  t.equal(lines.length, 5);
  t.same(calls, ["open /s", "close"]);
  t.match((await runWithFakes(["history", "--no-trunc", "app:1"], { engine })).stdout, "x".repeat(80));
});

t.test("JSON lines hold steps in full, and layers without history show", async (t) => {
  const { engine } = fakeImages([{ ...image, configDocument: { ...image.configDocument, history: [] } }, plain]);
  const { stdout } = await runWithFakes(["history", "--format=json", "app:1"], { engine });
  t.same(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
    [2_500, 3_000_000].map((Size) => ({ CreatedAt: "", CreatedBy: "", Size, Comment: "" })),
  );
});

t.test("an image that is not there is an error", async (t) => {
  const { engine } = fakeImages([]);
  t.match(await runWithFakes(["history", "no"], { engine }), { code: 1, stderr: "error: there is no image no\n" });
  t.match(await runWithFakes(["history"], { engine }), { code: 2 });
});
