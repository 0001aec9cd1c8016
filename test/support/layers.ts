import { readFileSync } from "node:fs";
import { join } from "node:path";
import { output } from "./process.ts";

/** An entry of an image's layers, as Python reads it. */
export interface LayerEntry {
  /** e.g. `0644` */
  readonly mode: string;
  /** `uid:gid` */
  readonly owner: string;
  readonly mtime: number;
  /** Content of a file, target of a link, or the kind of anything else. */
  readonly is: string;
}

const script = `
import json, sys, tarfile
found = {}
for path in sys.argv[1:]:
    with tarfile.open(path) as tar:
        for e in tar:
            what = tar.extractfile(e).read().decode(errors="replace") if e.isfile() else "-> " + e.linkname if e.issym() or e.islnk() else "directory" if e.isdir() else "other"
            found[e.name] = {"mode": "%04o" % e.mode, "owner": "%d:%d" % (e.uid, e.gid), "mtime": int(e.mtime), "is": what}
json.dump(found, sys.stdout)
`;

/** Everything that the layers of the one image of an OCI layout hold, by path; text files only. */
export async function layerEntries(layout: string): Promise<Readonly<Record<string, LayerEntry>>> {
  const blob = (digest: string): string => join(layout, "blobs", digest.replace(":", "/"));
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as { manifests: { digest: string }[] };
  const manifest = JSON.parse(readFileSync(blob(index.manifests[0]?.digest ?? ""), "utf8")) as {
    layers: { digest: string }[];
  };
  const layers = manifest.layers.map(({ digest }) => blob(digest));
  return JSON.parse(await output(["python3", "-c", script, ...layers])) as Record<string, LayerEntry>;
}
