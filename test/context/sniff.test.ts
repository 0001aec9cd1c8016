import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { isArchive, sniffLength } from "../../src/context/sniff.ts";
import { temporaryDirectory } from "../support/temporary.ts";

t.test("archives of every form that tar writes are known by their first bytes", (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "Dockerfile"), "FROM scratch\n");
  const forms = [
    ["--format=v7"],
    ["--format=ustar"],
    ["--format=gnu"],
    ["--format=pax"],
    ["-z"],
    ["-j"],
    ["-J"],
    ["--zstd"],
  ];
  for (const form of forms) {
    const archive = execFileSync("tar", ["-C", directory, ...form, "-cf", "-", "Dockerfile"]);
    t.ok(isArchive(archive.subarray(0, sniffLength)), form.join(" "));
  }
  t.ok(isArchive(Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7])), "zstd behind a frame without data");
  t.end();
});

t.test("text is no archive", (t) => {
  for (const text of ["", "FROM scratch\n", "# comment\n".repeat(100), "BZ", "\0".repeat(1024), "0".repeat(600)])
    t.notOk(isArchive(Buffer.from(text).subarray(0, sniffLength)), text.slice(0, 20));
  t.end();
});
