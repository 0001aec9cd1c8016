import type { StoredImage } from "../../store/images.ts";
import { hexOf } from "../../oci/digest.ts";
import { familiarName, splitTag } from "../../output/familiar-name.ts";
import { formatAge } from "../age.ts";
import { formatBytes } from "../../progress/byte-size.ts";
import { defineCommand, type Command } from "../command.ts";
import { rootFlag, storeRoot } from "../store-root.ts";
import { renderTable } from "../table.ts";
import { withImages } from "../with-images.ts";

export const imagesCommand: Command = defineCommand({
  name: "images",
  summary: "List the images of the store",
  positionals: { usage: "", min: 0, max: 0 },
  flags: {
    format: {
      type: "choice",
      choices: ["table", "json"],
      default: "table",
      help: "A table, or one JSON object per line.",
    },
    quiet: { type: "bool", short: "q", help: "Print the ids only." },
    digests: { type: "bool", help: "Show the digests of the manifests, which registries know images by." },
    "no-trunc": { type: "bool", help: "Show ids in full." },
    root: rootFlag,
  },
  refused: {
    all: "is not needed: the store lists no intermediate images",
    "-a": "is not needed: the store lists no intermediate images",
    filter: "is not supported yet",
    "-f": "is not supported yet",
  },
  examples: [
    { text: "Everything, with digests", command: "oci-build images --digests" },
    { text: "Names for a script", command: "oci-build images --format json | jq -r .Repository" },
  ],
  exitCodes: [
    ["0", "listed"],
    ["1", "the store cannot be read"],
    ["2", "the command line is wrong"],
  ],

  run: async ({ flags }, { env, stdout, engine }) => {
    const images = await withImages(engine, storeRoot(flags.root, env), (store) => store.list());
    const id = (image: StoredImage): string => shownId(image, flags["no-trunc"]);
    if (flags.quiet) stdout.write([...new Set(images.map(id))].map((line) => `${line}\n`).join(""));
    else if (flags.format === "json") stdout.write(images.flatMap(rowsOf).map(jsonLine(flags["no-trunc"])).join(""));
    else stdout.write(table(images.flatMap(rowsOf), flags.digests, id));
    return 0;
  },
});

/** One line of the list: an image under one of its names. */
interface Row {
  readonly image: StoredImage;
  readonly repository: string;
  readonly tag: string;
}

function rowsOf(image: StoredImage): readonly Row[] {
  if (image.names.length === 0) return [{ image, repository: "<none>", tag: "<none>" }];
  return image.names.map((name) => {
    const [repository, tag = "<none>"] = splitTag(familiarName(name));
    return { image, repository, tag };
  });
}

function table(rows: readonly Row[], digests: boolean, id: (image: StoredImage) => string): string {
  const head = ["REPOSITORY", "TAG", ...(digests ? ["DIGEST"] : []), "IMAGE ID", "CREATED", "SIZE"];
  const lines = rows.map(({ image, repository, tag }) => [
    repository,
    tag,
    ...(digests ? [image.manifest.digest] : []),
    id(image),
    formatAge(image.configDocument.created, Date.now()),
    formatBytes(image.size),
  ]);
  return renderTable([head, ...lines]);
}

/** Docker's keys (`docker images --format json`); the size is in bytes, though. */
function jsonLine(full: boolean): (row: Row) => string {
  return ({ image, repository, tag }) =>
    `${JSON.stringify({
      Repository: repository,
      Tag: tag,
      Digest: image.manifest.digest,
      ID: shownId(image, full),
      CreatedAt: image.configDocument.created ?? "",
      Size: image.size,
    })}\n`;
}

function shownId({ config }: StoredImage, full: boolean): string {
  return full ? config.digest : hexOf(config.digest).slice(0, 12);
}
