// Generated from native-helpers/protocol/protocol.json by `npm run generate`. Do not edit.
import {
  decodeBoolean,
  decodeInteger,
  decodeList,
  decodeLiteral,
  decodeObject,
  decodeOptional,
  decodeString,
} from "./decode.ts";

export const PROTOCOL_VERSION = 1;

/** How a layer blob is compressed. */
export type Compression = "none" | "gzip" | "zstd";
export function decodeCompression(value: unknown): Compression {
  return decodeLiteral(value, "Compression", ["none", "gzip", "zstd"]);
}

/** What a layer or another archive may unpack to: bytes, the holes of sparse files included, and times its compressed size. */
export interface LayerLimits {
  readonly size: number;
  readonly ratio: number;
}
export function decodeLayerLimits(value: unknown): LayerLimits {
  const o = decodeObject(value, "LayerLimits");
  return {
    size: decodeInteger(o["size"], "size"),
    ratio: decodeInteger(o["ratio"], "ratio"),
  };
}

/** What the helper may do on this machine: `root` has real root, `subids` a user namespace with a range of ids, `single` one with the user's own id alone, where owners are recorded instead of set, `container` root without the powers to mount or to make namespaces, `none` neither. */
export type Place = "root" | "subids" | "single" | "container" | "none";
export function decodePlace(value: unknown): Place {
  return decodeLiteral(value, "Place", ["root", "subids", "single", "container", "none"]);
}

/** Why the helper could not enter its namespaces, at the places `container` and `none`: a stable code, one sentence, and what a person can do. */
export interface Obstacle {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}
export function decodeObstacle(value: unknown): Obstacle {
  const o = decodeObject(value, "Obstacle");
  return {
    code: decodeString(o["code"], "code"),
    message: decodeString(o["message"], "message"),
    hint: decodeOptional(o["hint"], (v) => decodeString(v, "hint")),
  };
}

/** How layers become one root file system: by `overlay` mounts, or by a `clone` of their files. */
export type Storage = "overlay" | "clone";
export function decodeStorage(value: unknown): Storage {
  return decodeLiteral(value, "Storage", ["overlay", "clone"]);
}

/** Which sandbox runs a process. */
export type Isolation = "auto" | "bwrap" | "chroot";
export function decodeIsolation(value: unknown): Isolation {
  return decodeLiteral(value, "Isolation", ["auto", "bwrap", "chroot"]);
}

/** Which network a process sees: the machine's own, a lone loopback interface, or a private one that reaches what the machine reaches, but not what listens on its loopback. */
export type Network = "host" | "none" | "private";
export function decodeNetwork(value: unknown): Network {
  return decodeLiteral(value, "Network", ["host", "none", "private"]);
}

/** `capture` sends output as stdout and stderr frames and closes stdin; `inherit` hands over the helper's own descriptors 0, 1 and 2; `terminal` puts a pseudo-terminal between them and the process. */
export type Stdio = "capture" | "inherit" | "terminal";
export function decodeStdio(value: unknown): Stdio {
  return decodeLiteral(value, "Stdio", ["capture", "inherit", "terminal"]);
}

/** A generated file that is mounted read-only over `path` for the length of a run and never reaches a layer. */
export interface FileMount {
  readonly path: string;
  readonly content: string;
}
export function decodeFileMount(value: unknown): FileMount {
  const o = decodeObject(value, "FileMount");
  return {
    path: decodeString(o["path"], "path"),
    content: decodeString(o["content"], "content"),
  };
}

/** Something that is mounted at `target`, an absolute path in the root, for the length of a run and never reaches a layer. `bind` shows the directory or file `source`, a path inside the tree `tree` that no link leads out of. `file` is a generated file of the hexadecimal `content`, held in memory that is never swapped out and read-only; only with `program` can it be executed. `agent` is a socket that passes requests for keys and signatures, and no others, to the SSH agent at the path `socket`. */
export type RunMount =
  | {
  readonly kind: "bind";
  readonly target: string;
  readonly tree: string;
  readonly source: string;
  readonly readOnly: boolean;
}
  | {
  readonly kind: "tmpfs";
  readonly target: string;
  readonly size?: number | undefined;
  readonly readOnly: boolean;
}
  | {
  readonly kind: "file";
  readonly target: string;
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly program: boolean;
}
  | {
  readonly kind: "agent";
  readonly target: string;
  readonly socket: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
};
export function decodeRunMount(value: unknown): RunMount {
  const o = decodeObject(value, "RunMount");
  const kind = decodeLiteral(o["kind"], "RunMount.kind", ["bind", "tmpfs", "file", "agent"]);
  if (kind === "bind")
    return {
      kind,
    target: decodeString(o["target"], "target"),
    tree: decodeString(o["tree"], "tree"),
    source: decodeString(o["source"], "source"),
    readOnly: decodeBoolean(o["readOnly"], "readOnly"),
  };
  if (kind === "tmpfs")
    return {
      kind,
    target: decodeString(o["target"], "target"),
    size: decodeOptional(o["size"], (v) => decodeInteger(v, "size")),
    readOnly: decodeBoolean(o["readOnly"], "readOnly"),
  };
  if (kind === "file")
    return {
      kind,
    target: decodeString(o["target"], "target"),
    content: decodeString(o["content"], "content"),
    mode: decodeInteger(o["mode"], "mode"),
    uid: decodeInteger(o["uid"], "uid"),
    gid: decodeInteger(o["gid"], "gid"),
    program: decodeBoolean(o["program"], "program"),
  };
  return {
      kind,
    target: decodeString(o["target"], "target"),
    socket: decodeString(o["socket"], "socket"),
    mode: decodeInteger(o["mode"], "mode"),
    uid: decodeInteger(o["uid"], "uid"),
    gid: decodeInteger(o["gid"], "gid"),
  };
}

/** Something of a store, `path`, and the file `mark` whose time says when it was used last. */
export interface Use {
  readonly path: string;
  readonly mark: string;
}
export function decodeUse(value: unknown): Use {
  const o = decodeObject(value, "Use");
  return {
    path: decodeString(o["path"], "path"),
    mark: decodeString(o["mark"], "mark"),
  };
}

/** Things of a store that stay or go together, and the marks of their uses. */
export interface Victim {
  readonly paths: readonly string[];
  readonly marks: readonly string[];
}
export function decodeVictim(value: unknown): Victim {
  const o = decodeObject(value, "Victim");
  return {
    paths: decodeList(o["paths"], "paths", (v) => decodeString(v, "paths")),
    marks: decodeList(o["marks"], "marks", (v) => decodeString(v, "marks")),
  };
}

/** How a process ended. */
export type Outcome =
  | {
  readonly kind: "exited";
  readonly code: number;
}
  | {
  readonly kind: "signalled";
  readonly signal: number;
}
  | {
  readonly kind: "notStarted";
  readonly code: string;
  readonly message: string;
};
export function decodeOutcome(value: unknown): Outcome {
  const o = decodeObject(value, "Outcome");
  const kind = decodeLiteral(o["kind"], "Outcome.kind", ["exited", "signalled", "notStarted"]);
  if (kind === "exited")
    return {
      kind,
    code: decodeInteger(o["code"], "code"),
  };
  if (kind === "signalled")
    return {
      kind,
    signal: decodeInteger(o["signal"], "signal"),
  };
  return {
      kind,
    code: decodeString(o["code"], "code"),
    message: decodeString(o["message"], "message"),
  };
}

/** A whole layer blob on the disk. */
export interface LayerBlob {
  readonly path: string;
  readonly compression: Compression;
}
export function decodeLayerBlob(value: unknown): LayerBlob {
  const o = decodeObject(value, "LayerBlob");
  return {
    path: decodeString(o["path"], "path"),
    compression: decodeCompression(o["compression"]),
  };
}

/** What happened to an entry from the first layer to the second. */
export type EntryChange = "added" | "removed" | "changed";
export function decodeEntryChange(value: unknown): EntryChange {
  return decodeLiteral(value, "EntryChange", ["added", "removed", "changed"]);
}

/** One thing that an entry's two forms say differently, as text: `type`, `mode`, `owner`, `mtime`, `size`, `target`, `device`, or the name of an extended attribute. Bytes that are not printable UTF-8 are `\xNN`. */
export interface AttributeChange {
  readonly name: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}
export function decodeAttributeChange(value: unknown): AttributeChange {
  const o = decodeObject(value, "AttributeChange");
  return {
    name: decodeString(o["name"], "name"),
    before: decodeOptional(o["before"], (v) => decodeString(v, "before")),
    after: decodeOptional(o["after"], (v) => decodeString(v, "after")),
  };
}

/** Where the contents of a file part, and the bytes from there on in hexadecimal digits, not more than sixteen; none where one of them ends. */
export interface ContentChange {
  readonly offset: number;
  readonly before: string;
  readonly after: string;
}
export function decodeContentChange(value: unknown): ContentChange {
  const o = decodeObject(value, "ContentChange");
  return {
    offset: decodeInteger(o["offset"], "offset"),
    before: decodeString(o["before"], "before"),
    after: decodeString(o["after"], "after"),
  };
}

/** An entry that is not in both layers alike. `kind` is the type of the entry, the later one of two. */
export interface EntryDifference {
  readonly path: string;
  readonly change: EntryChange;
  readonly kind: string;
  readonly attributes: readonly AttributeChange[];
  readonly content?: ContentChange | undefined;
}
export function decodeEntryDifference(value: unknown): EntryDifference {
  const o = decodeObject(value, "EntryDifference");
  return {
    path: decodeString(o["path"], "path"),
    change: decodeEntryChange(o["change"]),
    kind: decodeString(o["kind"], "kind"),
    attributes: decodeList(o["attributes"], "attributes", (v) => decodeAttributeChange(v)),
    content: decodeOptional(o["content"], (v) => decodeContentChange(v)),
  };
}

/** Which entries of a source tree are meant. `sources` are paths or Go filepath.Match patterns relative to `root`, clamped inside it; `ignore` are cleaned .dockerignore patterns, last match wins; `exclude` are the same kind of patterns, relative to each source. With `parents` each source stands for the tree at its `/./` (else at the root), of which only what the rest of it matches is meant, with the directories that lead there. */
export interface Selection {
  readonly root: string;
  readonly sources: readonly string[];
  readonly ignore: readonly string[];
  readonly exclude: readonly string[];
  readonly parents: boolean;
}
export function decodeSelection(value: unknown): Selection {
  const o = decodeObject(value, "Selection");
  return {
    root: decodeString(o["root"], "root"),
    sources: decodeList(o["sources"], "sources", (v) => decodeString(v, "sources")),
    ignore: decodeList(o["ignore"], "ignore", (v) => decodeString(v, "ignore")),
    exclude: decodeList(o["exclude"], "exclude", (v) => decodeString(v, "exclude")),
    parents: decodeBoolean(o["parents"], "parents"),
  };
}

/** Parameters of `hello`. First request of a session: agrees on the protocol and tells what this machine allows. */
export interface HelloParams {
  readonly protocol: number;
}
export interface HelloResult {
  readonly protocol: number;
  readonly version: string;
  readonly place: Place;
  readonly obstacle?: Obstacle | undefined;
  readonly bwrap?: string | undefined;
  readonly pid: number;
}
export function decodeHelloResult(value: unknown): HelloResult {
  const o = decodeObject(value, "hello result");
  return {
    protocol: decodeInteger(o["protocol"], "protocol"),
    version: decodeString(o["version"], "version"),
    place: decodePlace(o["place"]),
    obstacle: decodeOptional(o["obstacle"], (v) => decodeObstacle(v)),
    bwrap: decodeOptional(o["bwrap"], (v) => decodeString(v, "bwrap")),
    pid: decodeInteger(o["pid"], "pid"),
  };
}
export type HelloNotice = never;
export type HelloEvent = never;
export function decodeHelloEvent(value: unknown): HelloEvent {
  throw new TypeError(`hello sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `lock`. Takes a kernel lock (flock) on `path`, creating the file when missing. With `wait` false an answer comes at once. The lock is held until `unlock` or the end of the session, however it ends. */
export interface LockParams {
  readonly path: string;
  readonly shared: boolean;
  readonly wait: boolean;
}
export interface LockResult {
  readonly acquired: boolean;
  readonly lock: number;
}
export function decodeLockResult(value: unknown): LockResult {
  const o = decodeObject(value, "lock result");
  return {
    acquired: decodeBoolean(o["acquired"], "acquired"),
    lock: decodeInteger(o["lock"], "lock"),
  };
}
export type LockNotice = never;
export type LockEvent = never;
export function decodeLockEvent(value: unknown): LockEvent {
  throw new TypeError(`lock sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `unlock`. Gives back a lock that `lock` answered with. */
export interface UnlockParams {
  readonly lock: number;
}
export type UnlockResult = Readonly<Record<never, never>>;
export function decodeUnlockResult(value: unknown): UnlockResult {
  decodeObject(value, "unlock result");
  return {};
}
export type UnlockNotice = never;
export type UnlockEvent = never;
export function decodeUnlockEvent(value: unknown): UnlockEvent {
  throw new TypeError(`unlock sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `sweep`. Removes every directory below `directory` whose file `lock` is missing or held by nobody: what killed builds left behind. Whoever makes such directories or sweeps them holds one lock over all while doing so. */
export interface SweepParams {
  readonly directory: string;
}
export interface SweepResult {
  readonly removed: number;
}
export function decodeSweepResult(value: unknown): SweepResult {
  const o = decodeObject(value, "sweep result");
  return {
    removed: decodeInteger(o["removed"], "removed"),
  };
}
export type SweepNotice = never;
export type SweepEvent = never;
export function decodeSweepEvent(value: unknown): SweepEvent {
  throw new TypeError(`sweep sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `remove`. Removes a tree, whoever owns its entries. A missing path is fine. */
export interface RemoveParams {
  readonly path: string;
}
export type RemoveResult = Readonly<Record<never, never>>;
export function decodeRemoveResult(value: unknown): RemoveResult {
  decodeObject(value, "remove result");
  return {};
}
export type RemoveNotice = never;
export type RemoveEvent = never;
export function decodeRemoveEvent(value: unknown): RemoveEvent {
  throw new TypeError(`remove sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `measure`. The room that a tree takes on the disk, a file with several names once. What disappears meanwhile does not count. */
export interface MeasureParams {
  readonly path: string;
}
export interface MeasureResult {
  readonly bytes: number;
  readonly entries: number;
}
export function decodeMeasureResult(value: unknown): MeasureResult {
  const o = decodeObject(value, "measure result");
  return {
    bytes: decodeInteger(o["bytes"], "bytes"),
    entries: decodeInteger(o["entries"], "entries"),
  };
}
export type MeasureNotice = never;
export type MeasureEvent = never;
export function decodeMeasureEvent(value: unknown): MeasureEvent {
  throw new TypeError(`measure sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `publish`. Renames the directory `from` to `to` on one file system. If `to` exists already, `from` is removed and `existed` is true. */
export interface PublishParams {
  readonly from: string;
  readonly to: string;
}
export interface PublishResult {
  readonly existed: boolean;
}
export function decodePublishResult(value: unknown): PublishResult {
  const o = decodeObject(value, "publish result");
  return {
    existed: decodeBoolean(o["existed"], "existed"),
  };
}
export type PublishNotice = never;
export type PublishEvent = never;
export function decodePublishEvent(value: unknown): PublishEvent {
  throw new TypeError(`publish sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `use`. Says which of these are there, and notes in their marks that they are used now, while a shared lock on `room` is held: nothing that is there is taken away between the one and the other. */
export interface UseParams {
  readonly room: string;
  readonly uses: readonly Use[];
}
export interface UseResult {
  readonly present: readonly boolean[];
}
export function decodeUseResult(value: unknown): UseResult {
  const o = decodeObject(value, "use result");
  return {
    present: decodeList(o["present"], "present", (v) => decodeBoolean(v, "present")),
  };
}
export type UseNotice = never;
export type UseEvent = never;
export function decodeUseEvent(value: unknown): UseEvent {
  throw new TypeError(`use sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `keep`. Gives the finished `from` the name `to` and notes that it is used now, under a shared lock on `room`. A directory is published as `publish` does it, and `existed` tells the same; a file takes the place of one that had the name. */
export interface KeepParams {
  readonly from: string;
  readonly to: string;
  readonly mark: string;
  readonly room: string;
}
export interface KeepResult {
  readonly existed: boolean;
}
export function decodeKeepResult(value: unknown): KeepResult {
  const o = decodeObject(value, "keep result");
  return {
    existed: decodeBoolean(o["existed"], "existed"),
  };
}
export type KeepNotice = never;
export type KeepEvent = never;
export function decodeKeepEvent(value: unknown): KeepEvent {
  throw new TypeError(`keep sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `take`. Renames victims into the new directory `into`, under a lock on `room` that excludes `use` and `keep`; those of which anything was used or appeared at `before` or later (milliseconds since 1970) are spared, which is what `taken` says of each. The lock is held for no longer than renaming takes. */
export interface TakeParams {
  readonly room: string;
  readonly into: string;
  readonly before: number;
  readonly victims: readonly Victim[];
}
export interface TakeResult {
  readonly taken: readonly boolean[];
}
export function decodeTakeResult(value: unknown): TakeResult {
  const o = decodeObject(value, "take result");
  return {
    taken: decodeList(o["taken"], "taken", (v) => decodeBoolean(v, "taken")),
  };
}
export type TakeNotice = never;
export type TakeEvent = never;
export function decodeTakeEvent(value: unknown): TakeEvent {
  throw new TypeError(`take sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `apply`. Unpacks a layer blob into the new directory `target` in overlay form. With `growing` the blob is still being written: the helper follows it as far as `grew` notices allow, until `complete`; `abandoned` makes the request fail. The diffID that was found is answered and, when `expected` is set, checked. */
export interface ApplyParams {
  readonly blob: string;
  readonly compression: Compression;
  readonly growing: boolean;
  readonly target: string;
  readonly expected?: string | undefined;
  readonly limits: LayerLimits;
}
export interface ApplyResult {
  readonly diffId: string;
  readonly entries: number;
  readonly bytes: number;
}
export function decodeApplyResult(value: unknown): ApplyResult {
  const o = decodeObject(value, "apply result");
  return {
    diffId: decodeString(o["diffId"], "diffId"),
    entries: decodeInteger(o["entries"], "entries"),
    bytes: decodeInteger(o["bytes"], "bytes"),
  };
}
export type ApplyNotice = { readonly kind: "grew"; readonly bytes: number } | { readonly kind: "complete"; readonly bytes: number } | { readonly kind: "abandoned" };
export type ApplyEvent = never;
export function decodeApplyEvent(value: unknown): ApplyEvent {
  throw new TypeError(`apply sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `unpack`. Unpacks a tar archive of files, compressed with gzip, bzip2, xz, zstd or not at all, into the new directory `target`. Owners, extended attributes and special files are left out, and names of whiteouts mean nothing: it is no layer. `name` is what messages call it. */
export interface UnpackParams {
  readonly archive: string;
  readonly target: string;
  readonly name: string;
  readonly limits: LayerLimits;
}
export interface UnpackResult {
  readonly entries: number;
}
export function decodeUnpackResult(value: unknown): UnpackResult {
  const o = decodeObject(value, "unpack result");
  return {
    entries: decodeInteger(o["entries"], "entries"),
  };
}
export type UnpackNotice = never;
export type UnpackEvent = never;
export function decodeUnpackEvent(value: unknown): UnpackEvent {
  throw new TypeError(`unpack sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `storage`. Which storage the file system of `directory` and this machine allow, and for `clone` the reason why no overlay. */
export interface StorageParams {
  readonly directory: string;
}
export interface StorageResult {
  readonly kind: Storage;
  readonly reason?: string | undefined;
}
export function decodeStorageResult(value: unknown): StorageResult {
  const o = decodeObject(value, "storage result");
  return {
    kind: decodeStorage(o["kind"]),
    reason: decodeOptional(o["reason"], (v) => decodeString(v, "reason")),
  };
}
export type StorageNotice = never;
export type StorageEvent = never;
export function decodeStorageEvent(value: unknown): StorageEvent {
  throw new TypeError(`storage sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `mount`. Mounts an overlay at `target` (made when missing). `lowers` are layer directories, topmost first, and may be empty. Without `upper` and `work` the mount is read-only. */
export interface MountParams {
  readonly lowers: readonly string[];
  readonly upper?: string | undefined;
  readonly work?: string | undefined;
  readonly target: string;
}
export type MountResult = Readonly<Record<never, never>>;
export function decodeMountResult(value: unknown): MountResult {
  decodeObject(value, "mount result");
  return {};
}
export type MountNotice = never;
export type MountEvent = never;
export function decodeMountEvent(value: unknown): MountEvent {
  throw new TypeError(`mount sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `unmount`. Takes a mount of this session away. */
export interface UnmountParams {
  readonly target: string;
}
export type UnmountResult = Readonly<Record<never, never>>;
export function decodeUnmountResult(value: unknown): UnmountResult {
  decodeObject(value, "unmount result");
  return {};
}
export type UnmountNotice = never;
export type UnmountEvent = never;
export function decodeUnmountEvent(value: unknown): UnmountEvent {
  throw new TypeError(`unmount sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `list`. Writes what an ignore list leaves of the tree `root` into the new file `target`, in the order of the paths: one JSON object a line, with `path`, `kind` (file, directory, link or other) and `size`. With `dropped` also what the list drops, with the pattern as `droppedBy`; a dropped directory stands for all that is dropped below it. Sockets are no part of a context. */
export interface ListParams {
  readonly root: string;
  readonly ignore: readonly string[];
  readonly dropped: boolean;
  readonly target: string;
}
export interface ListResult {
  readonly entries: number;
  readonly bytes: number;
}
export function decodeListResult(value: unknown): ListResult {
  const o = decodeObject(value, "list result");
  return {
    entries: decodeInteger(o["entries"], "entries"),
    bytes: decodeInteger(o["bytes"], "bytes"),
  };
}
export type ListNotice = never;
export type ListEvent = never;
export function decodeListEvent(value: unknown): ListEvent {
  throw new TypeError(`list sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `digest`. Digest of the selected entries: path relative to the selection's destination, type, mode, size, link target, device number, extended attributes and content, framed; not times. With `ownership` uid and gid count too. `statCache` names a file that remembers content digests by (inode, size, mtime, ctime). When the digest is not `known`, the entries are written to the new file `listing`, a line each: letter of the type, octal mode, hexadecimal digest of all that counts, path with `\xNN` for bytes that are not printable UTF-8. */
export interface DigestParams {
  readonly selection: Selection;
  readonly ownership: boolean;
  readonly statCache?: string | undefined;
  readonly known?: string | undefined;
  readonly listing?: string | undefined;
}
export interface DigestResult {
  readonly digest: string;
  readonly entries: number;
  readonly bytes: number;
}
export function decodeDigestResult(value: unknown): DigestResult {
  const o = decodeObject(value, "digest result");
  return {
    digest: decodeString(o["digest"], "digest"),
    entries: decodeInteger(o["entries"], "entries"),
    bytes: decodeInteger(o["bytes"], "bytes"),
  };
}
export type DigestNotice = never;
export type DigestEvent = never;
export function decodeDigestEvent(value: unknown): DigestEvent {
  throw new TypeError(`digest sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `copy`. Copies the selected entries into `root` as a Dockerfile COPY does: `destination` is an absolute path inside it, and a trailing slash counts. `owner` is `user[:group]`, names looked up inside `root`; without it the entries keep their owner when `keepOwner`, else belong to 0:0. `mode` is an octal or symbolic mode. With `unpack`, sources that are tar archives, compressed or not, are unpacked into the destination as a Dockerfile ADD does, each within these limits: their entries keep their own modes, and their owners without `owner`. */
export interface CopyParams {
  readonly selection: Selection;
  readonly root: string;
  readonly destination: string;
  readonly owner?: string | undefined;
  readonly keepOwner: boolean;
  readonly mode?: string | undefined;
  readonly unpack?: LayerLimits | undefined;
}
export interface CopyResult {
  readonly entries: number;
  readonly bytes: number;
}
export function decodeCopyResult(value: unknown): CopyResult {
  const o = decodeObject(value, "copy result");
  return {
    entries: decodeInteger(o["entries"], "entries"),
    bytes: decodeInteger(o["bytes"], "bytes"),
  };
}
export type CopyNotice = never;
export type CopyEvent = never;
export function decodeCopyEvent(value: unknown): CopyEvent {
  throw new TypeError(`copy sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `resolveOwner`. The numbers of `user[:group]`, names looked up inside `root`. */
export interface ResolveOwnerParams {
  readonly root: string;
  readonly owner: string;
}
export interface ResolveOwnerResult {
  readonly uid: number;
  readonly gid: number;
}
export function decodeResolveOwnerResult(value: unknown): ResolveOwnerResult {
  const o = decodeObject(value, "resolveOwner result");
  return {
    uid: decodeInteger(o["uid"], "uid"),
    gid: decodeInteger(o["gid"], "gid"),
  };
}
export type ResolveOwnerNotice = never;
export type ResolveOwnerEvent = never;
export function decodeResolveOwnerEvent(value: unknown): ResolveOwnerEvent {
  throw new TypeError(`resolveOwner sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `makeDirectory`. Makes `path` and its missing parents inside `root`, with `mode` (0755 without it), owned by `user` (as a Dockerfile USER); what exists stays as it is. */
export interface MakeDirectoryParams {
  readonly root: string;
  readonly path: string;
  readonly user: string;
  readonly mode?: number | undefined;
}
export interface MakeDirectoryResult {
  readonly created: boolean;
}
export function decodeMakeDirectoryResult(value: unknown): MakeDirectoryResult {
  const o = decodeObject(value, "makeDirectory result");
  return {
    created: decodeBoolean(o["created"], "created"),
  };
}
export type MakeDirectoryNotice = never;
export type MakeDirectoryEvent = never;
export function decodeMakeDirectoryEvent(value: unknown): MakeDirectoryEvent {
  throw new TypeError(`makeDirectory sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `commit`. Turns an upper directory into layer form: drops what did not change against `lowers`, turns opaque directories into single whiteouts, cuts times to whole seconds and clamps those later than `epoch` (seconds), then answers the diffID of its tar. With `process` a process wrote there, and not the helper alone: what it says of devices that stand recorded is not believed. Nothing is written but the directory's own metadata. */
export interface CommitParams {
  readonly upper: string;
  readonly lowers: readonly string[];
  readonly epoch?: number | undefined;
  readonly process: boolean;
}
export interface CommitResult {
  readonly diffId: string;
  readonly entries: number;
  readonly bytes: number;
}
export function decodeCommitResult(value: unknown): CommitResult {
  const o = decodeObject(value, "commit result");
  return {
    diffId: decodeString(o["diffId"], "diffId"),
    entries: decodeInteger(o["entries"], "entries"),
    bytes: decodeInteger(o["bytes"], "bytes"),
  };
}
export type CommitNotice = never;
export type CommitEvent = never;
export function decodeCommitEvent(value: unknown): CommitEvent {
  throw new TypeError(`commit sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `clone`. Lays out what the layers `lowers`, topmost first, show together as the new directory `target`. A `writable` one has files of its own, and `compare` makes layers of what changes in it; else its files may be the layers' own, for those who only read. */
export interface CloneParams {
  readonly lowers: readonly string[];
  readonly target: string;
  readonly writable: boolean;
}
export interface CloneResult {
  readonly entries: number;
  readonly bytes: number;
}
export function decodeCloneResult(value: unknown): CloneResult {
  const o = decodeObject(value, "clone result");
  return {
    entries: decodeInteger(o["entries"], "entries"),
    bytes: decodeInteger(o["bytes"], "bytes"),
  };
}
export type CloneNotice = never;
export type CloneEvent = never;
export function decodeCloneEvent(value: unknown): CloneEvent {
  throw new TypeError(`clone sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `compare`. Makes the new layer directory `upper`, as `commit` does, of what changed in the writable clone `root` of `lowers` since it was made or last compared. When `reusable`, the clone shows what the new layer and `lowers` show together, and the next step may work in it; else it is of no use any more. */
export interface CompareParams {
  readonly root: string;
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly epoch?: number | undefined;
  readonly process: boolean;
}
export interface CompareResult {
  readonly diffId: string;
  readonly entries: number;
  readonly bytes: number;
  readonly reusable: boolean;
}
export function decodeCompareResult(value: unknown): CompareResult {
  const o = decodeObject(value, "compare result");
  return {
    diffId: decodeString(o["diffId"], "diffId"),
    entries: decodeInteger(o["entries"], "entries"),
    bytes: decodeInteger(o["bytes"], "bytes"),
    reusable: decodeBoolean(o["reusable"], "reusable"),
  };
}
export type CompareNotice = never;
export type CompareEvent = never;
export function decodeCompareEvent(value: unknown): CompareEvent {
  throw new TypeError(`compare sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `pack`. Writes a layer directory as a compressed tar to the new file `target`, flushed to disk. The bytes depend on the tree and the compression alone. */
export interface PackParams {
  readonly layer: string;
  readonly compression: Compression;
  readonly target: string;
  readonly expected?: string | undefined;
}
export interface PackResult {
  readonly diffId: string;
  readonly digest: string;
  readonly size: number;
}
export function decodePackResult(value: unknown): PackResult {
  const o = decodeObject(value, "pack result");
  return {
    diffId: decodeString(o["diffId"], "diffId"),
    digest: decodeString(o["digest"], "digest"),
    size: decodeInteger(o["size"], "size"),
  };
}
export type PackNotice = never;
export type PackEvent = never;
export function decodePackEvent(value: unknown): PackEvent {
  throw new TypeError(`pack sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `compareLayers`. What two layers say differently, in the order of the paths: the first `most` differences, and how many there are in all. A name that a layer has twice means what comes last. With no difference, `moved` is the first entry that stands at another place of the second tar. */
export interface CompareLayersParams {
  readonly before: LayerBlob;
  readonly after: LayerBlob;
  readonly limits: LayerLimits;
  readonly most: number;
}
export interface CompareLayersResult {
  readonly differences: readonly EntryDifference[];
  readonly count: number;
  readonly moved?: string | undefined;
}
export function decodeCompareLayersResult(value: unknown): CompareLayersResult {
  const o = decodeObject(value, "compareLayers result");
  return {
    differences: decodeList(o["differences"], "differences", (v) => decodeEntryDifference(v)),
    count: decodeInteger(o["count"], "count"),
    moved: decodeOptional(o["moved"], (v) => decodeString(v, "moved")),
  };
}
export type CompareLayersNotice = never;
export type CompareLayersEvent = never;
export function decodeCompareLayersEvent(value: unknown): CompareLayersEvent {
  throw new TypeError(`compareLayers sends no events, but sent ${JSON.stringify(value)}`);
}

/** Parameters of `run`. Runs a process with `root` as its file system. `env` entries are K=V; HOME is filled in from the passwd file of `root` when missing. `user` is a Dockerfile USER and may be empty. `mounts` come on top of the sandbox's own, in their order. Mount stubs are taken away afterwards. `forgets`, at the place `single`: the owners that the process gave could not be recorded. */
export interface RunParams {
  readonly root: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly isolation: Isolation;
  readonly network: Network;
  readonly hostname: string;
  readonly files: readonly FileMount[];
  readonly mounts: readonly RunMount[];
  readonly stdio: Stdio;
}
export interface RunResult {
  readonly outcome: Outcome;
  readonly isolation: Isolation;
  readonly forgets: boolean;
}
export function decodeRunResult(value: unknown): RunResult {
  const o = decodeObject(value, "run result");
  return {
    outcome: decodeOutcome(o["outcome"]),
    isolation: decodeIsolation(o["isolation"]),
    forgets: decodeBoolean(o["forgets"], "forgets"),
  };
}
export type RunNotice = { readonly kind: "signal"; readonly number: number };
export type RunEvent = { readonly kind: "started"; readonly pid: number };
export function decodeRunEvent(value: unknown): RunEvent {
  const o = decodeObject(value, "run event");
  const kind = decodeLiteral(o["kind"], "run event kind", ["started"]);
  return {
    kind,
    pid: decodeInteger(o["pid"], "pid"),
  };
}

/** Every request: its parameters, result, notices (to the helper) and events (from it). */
export interface Requests {
  readonly hello: { params: HelloParams; result: HelloResult; notice: HelloNotice; event: HelloEvent };
  readonly lock: { params: LockParams; result: LockResult; notice: LockNotice; event: LockEvent };
  readonly unlock: { params: UnlockParams; result: UnlockResult; notice: UnlockNotice; event: UnlockEvent };
  readonly sweep: { params: SweepParams; result: SweepResult; notice: SweepNotice; event: SweepEvent };
  readonly remove: { params: RemoveParams; result: RemoveResult; notice: RemoveNotice; event: RemoveEvent };
  readonly measure: { params: MeasureParams; result: MeasureResult; notice: MeasureNotice; event: MeasureEvent };
  readonly publish: { params: PublishParams; result: PublishResult; notice: PublishNotice; event: PublishEvent };
  readonly use: { params: UseParams; result: UseResult; notice: UseNotice; event: UseEvent };
  readonly keep: { params: KeepParams; result: KeepResult; notice: KeepNotice; event: KeepEvent };
  readonly take: { params: TakeParams; result: TakeResult; notice: TakeNotice; event: TakeEvent };
  readonly apply: { params: ApplyParams; result: ApplyResult; notice: ApplyNotice; event: ApplyEvent };
  readonly unpack: { params: UnpackParams; result: UnpackResult; notice: UnpackNotice; event: UnpackEvent };
  readonly storage: { params: StorageParams; result: StorageResult; notice: StorageNotice; event: StorageEvent };
  readonly mount: { params: MountParams; result: MountResult; notice: MountNotice; event: MountEvent };
  readonly unmount: { params: UnmountParams; result: UnmountResult; notice: UnmountNotice; event: UnmountEvent };
  readonly list: { params: ListParams; result: ListResult; notice: ListNotice; event: ListEvent };
  readonly digest: { params: DigestParams; result: DigestResult; notice: DigestNotice; event: DigestEvent };
  readonly copy: { params: CopyParams; result: CopyResult; notice: CopyNotice; event: CopyEvent };
  readonly resolveOwner: { params: ResolveOwnerParams; result: ResolveOwnerResult; notice: ResolveOwnerNotice; event: ResolveOwnerEvent };
  readonly makeDirectory: { params: MakeDirectoryParams; result: MakeDirectoryResult; notice: MakeDirectoryNotice; event: MakeDirectoryEvent };
  readonly commit: { params: CommitParams; result: CommitResult; notice: CommitNotice; event: CommitEvent };
  readonly clone: { params: CloneParams; result: CloneResult; notice: CloneNotice; event: CloneEvent };
  readonly compare: { params: CompareParams; result: CompareResult; notice: CompareNotice; event: CompareEvent };
  readonly pack: { params: PackParams; result: PackResult; notice: PackNotice; event: PackEvent };
  readonly compareLayers: { params: CompareLayersParams; result: CompareLayersResult; notice: CompareLayersNotice; event: CompareLayersEvent };
  readonly run: { params: RunParams; result: RunResult; notice: RunNotice; event: RunEvent };
}

export type Method = keyof Requests;

export const decoders: { readonly [M in Method]: { readonly result: (value: unknown) => Requests[M]["result"]; readonly event: (value: unknown) => Requests[M]["event"] } } = {
  hello: { result: decodeHelloResult, event: decodeHelloEvent },
  lock: { result: decodeLockResult, event: decodeLockEvent },
  unlock: { result: decodeUnlockResult, event: decodeUnlockEvent },
  sweep: { result: decodeSweepResult, event: decodeSweepEvent },
  remove: { result: decodeRemoveResult, event: decodeRemoveEvent },
  measure: { result: decodeMeasureResult, event: decodeMeasureEvent },
  publish: { result: decodePublishResult, event: decodePublishEvent },
  use: { result: decodeUseResult, event: decodeUseEvent },
  keep: { result: decodeKeepResult, event: decodeKeepEvent },
  take: { result: decodeTakeResult, event: decodeTakeEvent },
  apply: { result: decodeApplyResult, event: decodeApplyEvent },
  unpack: { result: decodeUnpackResult, event: decodeUnpackEvent },
  storage: { result: decodeStorageResult, event: decodeStorageEvent },
  mount: { result: decodeMountResult, event: decodeMountEvent },
  unmount: { result: decodeUnmountResult, event: decodeUnmountEvent },
  list: { result: decodeListResult, event: decodeListEvent },
  digest: { result: decodeDigestResult, event: decodeDigestEvent },
  copy: { result: decodeCopyResult, event: decodeCopyEvent },
  resolveOwner: { result: decodeResolveOwnerResult, event: decodeResolveOwnerEvent },
  makeDirectory: { result: decodeMakeDirectoryResult, event: decodeMakeDirectoryEvent },
  commit: { result: decodeCommitResult, event: decodeCommitEvent },
  clone: { result: decodeCloneResult, event: decodeCloneEvent },
  compare: { result: decodeCompareResult, event: decodeCompareEvent },
  pack: { result: decodePackResult, event: decodePackEvent },
  compareLayers: { result: decodeCompareLayersResult, event: decodeCompareLayersEvent },
  run: { result: decodeRunResult, event: decodeRunEvent },
};
