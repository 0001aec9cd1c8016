import fc from "fast-check";
import t from "tap";
import { encodeFrame, FrameKind, FrameReader } from "../../src/helper/frames.ts";

t.test("frames survive being cut anywhere", (t) => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom(...Object.values(FrameKind)),
          fc.nat({ max: 2 ** 32 - 1 }),
          fc.string({ unit: "grapheme" }),
        ),
      ),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(([kind, request, payload]) => encodeFrame(kind, request, payload)));
        const reader = new FrameReader();
        const read = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const end = at + (cuts[turn % cuts.length] ?? 1);
          read.push(...reader.push(bytes.subarray(at, end)));
          at = end;
        }
        return JSON.stringify(read.map((f) => [f.kind, f.request, f.payload.toString()])) === JSON.stringify(frames);
      },
    ),
  );
  t.end();
});

t.test("a length that no frame can have is refused at once", (t) => {
  for (const length of [0, 4, 17 * 1024 * 1024, 2 ** 32 - 1]) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(length);
    t.throws(() => new FrameReader().push(bytes), RangeError, String(length));
  }
  t.end();
});
