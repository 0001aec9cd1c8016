//! Generated from native-helpers/protocol/protocol.json by `npm run generate`. Do not edit.

use serde::{Deserialize, Serialize};

pub const PROTOCOL_VERSION: u32 = 1;

/// How a layer blob is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// What a layer or another archive may unpack to: bytes, the holes of sparse files included, and times its compressed size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerLimits {
    pub size: u64,
    pub ratio: u64,
}

/// What the helper may do on this machine: `root` has real root, `subids` a user namespace with a range of ids, `single` one with the user's own id alone, where owners are recorded instead of set, `container` root without the powers to mount or to make namespaces, `none` neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    Root,
    Subids,
    Single,
    Container,
    None,
}

/// Why the helper could not enter its namespaces, at the places `container` and `none`: a stable code, one sentence, and what a person can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Obstacle {
    pub code: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How layers become one root file system: by `overlay` mounts, or by a `clone` of their files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Storage {
    Overlay,
    Clone,
}

/// Which sandbox runs a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Isolation {
    Auto,
    Bwrap,
    Chroot,
}

/// Which network a process sees: the machine's own, a lone loopback interface, or a private one that reaches what the machine reaches, but not what listens on its loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Network {
    Host,
    None,
    Private,
}

/// `capture` sends output as stdout and stderr frames and closes stdin; `inherit` hands over the helper's own descriptors 0, 1 and 2; `terminal` puts a pseudo-terminal between them and the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stdio {
    Capture,
    Inherit,
    Terminal,
}

/// A generated file that is mounted read-only over `path` for the length of a run and never reaches a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileMount {
    pub path: String,
    pub content: String,
}

/// Something that is mounted at `target`, an absolute path in the root, for the length of a run and never reaches a layer. `bind` shows the directory or file `source`, a path inside the tree `tree` that no link leads out of. `file` is a generated file of the hexadecimal `content`, held in memory that is never swapped out and read-only; only with `program` can it be executed. `agent` is a socket that passes requests for keys and signatures, and no others, to the SSH agent at the path `socket`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RunMount {
    Bind {
        target: String,
        tree: String,
        source: String,
        read_only: bool,
    },
    Tmpfs {
        target: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
        read_only: bool,
    },
    File {
        target: String,
        content: String,
        mode: u32,
        uid: u32,
        gid: u32,
        program: bool,
    },
    Agent {
        target: String,
        socket: String,
        mode: u32,
        uid: u32,
        gid: u32,
    },
}

/// Something of a store, `path`, and the file `mark` whose time says when it was used last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    pub path: String,
    pub mark: String,
}

/// Things of a store that stay or go together, and the marks of their uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Victim {
    pub paths: Vec<String>,
    pub marks: Vec<String>,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    Exited { code: i32 },
    Signalled { signal: i32 },
    NotStarted { code: String, message: String },
}

/// A whole layer blob on the disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerBlob {
    pub path: String,
    pub compression: Compression,
}

/// What happened to an entry from the first layer to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryChange {
    Added,
    Removed,
    Changed,
}

/// One thing that an entry's two forms say differently, as text: `type`, `mode`, `owner`, `mtime`, `size`, `target`, `device`, or the name of an extended attribute. Bytes that are not printable UTF-8 are `\xNN`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributeChange {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Where the contents of a file part, and the bytes from there on in hexadecimal digits, not more than sixteen; none where one of them ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContentChange {
    pub offset: u64,
    pub before: String,
    pub after: String,
}

/// An entry that is not in both layers alike. `kind` is the type of the entry, the later one of two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryDifference {
    pub path: String,
    pub change: EntryChange,
    pub kind: String,
    pub attributes: Vec<AttributeChange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ContentChange>,
}

/// Which entries of a source tree are meant. `sources` are paths or Go filepath.Match patterns relative to `root`, clamped inside it; `ignore` are cleaned .dockerignore patterns, last match wins; `exclude` are the same kind of patterns, relative to each source. With `parents` each source stands for the tree at its `/./` (else at the root), of which only what the rest of it matches is meant, with the directories that lead there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    pub root: String,
    pub sources: Vec<String>,
    pub ignore: Vec<String>,
    pub exclude: Vec<String>,
    pub parents: bool,
}

/// Parameters of `hello`. First request of a session: agrees on the protocol and tells what this machine allows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HelloParams {
    pub protocol: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HelloResult {
    pub protocol: u32,
    pub version: String,
    pub place: Place,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bwrap: Option<String>,
    pub pid: u32,
}

/// Parameters of `lock`. Takes a kernel lock (flock) on `path`, creating the file when missing. With `wait` false an answer comes at once. The lock is held until `unlock` or the end of the session, however it ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockParams {
    pub path: String,
    pub shared: bool,
    pub wait: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockResult {
    pub acquired: bool,
    pub lock: u32,
}

/// Parameters of `unlock`. Gives back a lock that `lock` answered with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnlockParams {
    pub lock: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnlockResult {}

/// Parameters of `sweep`. Removes every directory below `directory` whose file `lock` is missing or held by nobody: what killed builds left behind. Whoever makes such directories or sweeps them holds one lock over all while doing so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepParams {
    pub directory: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepResult {
    pub removed: u32,
}

/// Parameters of `remove`. Removes a tree, whoever owns its entries. A missing path is fine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveParams {
    pub path: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveResult {}

/// Parameters of `measure`. The room that a tree takes on the disk, a file with several names once. What disappears meanwhile does not count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeasureParams {
    pub path: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeasureResult {
    pub bytes: u64,
    pub entries: u64,
}

/// Parameters of `publish`. Renames the directory `from` to `to` on one file system. If `to` exists already, `from` is removed and `existed` is true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishParams {
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishResult {
    pub existed: bool,
}

/// Parameters of `use`. Says which of these are there, and notes in their marks that they are used now, while a shared lock on `room` is held: nothing that is there is taken away between the one and the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UseParams {
    pub room: String,
    pub uses: Vec<Use>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UseResult {
    pub present: Vec<bool>,
}

/// Parameters of `keep`. Gives the finished `from` the name `to` and notes that it is used now, under a shared lock on `room`. A directory is published as `publish` does it, and `existed` tells the same; a file takes the place of one that had the name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeepParams {
    pub from: String,
    pub to: String,
    pub mark: String,
    pub room: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeepResult {
    pub existed: bool,
}

/// Parameters of `take`. Renames victims into the new directory `into`, under a lock on `room` that excludes `use` and `keep`; those of which anything was used or appeared at `before` or later (milliseconds since 1970) are spared, which is what `taken` says of each. The lock is held for no longer than renaming takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeParams {
    pub room: String,
    pub into: String,
    pub before: i64,
    pub victims: Vec<Victim>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeResult {
    pub taken: Vec<bool>,
}

/// Parameters of `apply`. Unpacks a layer blob into the new directory `target` in overlay form. With `growing` the blob is still being written: the helper follows it as far as `grew` notices allow, until `complete`; `abandoned` makes the request fail. The diffID that was found is answered and, when `expected` is set, checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyParams {
    pub blob: String,
    pub compression: Compression,
    pub growing: bool,
    pub target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    pub limits: LayerLimits,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyResult {
    pub diff_id: String,
    pub entries: u64,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ApplyNotice {
    Grew { bytes: u64 },
    Complete { bytes: u64 },
    Abandoned {},
}

/// Parameters of `unpack`. Unpacks a tar archive of files, compressed with gzip, bzip2, xz, zstd or not at all, into the new directory `target`. Owners, extended attributes and special files are left out, and names of whiteouts mean nothing: it is no layer. `name` is what messages call it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnpackParams {
    pub archive: String,
    pub target: String,
    pub name: String,
    pub limits: LayerLimits,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnpackResult {
    pub entries: u64,
}

/// Parameters of `storage`. Which storage the file system of `directory` and this machine allow, and for `clone` the reason why no overlay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageParams {
    pub directory: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageResult {
    pub kind: Storage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Parameters of `mount`. Mounts an overlay at `target` (made when missing). `lowers` are layer directories, topmost first, and may be empty. Without `upper` and `work` the mount is read-only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MountParams {
    pub lowers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<String>,
    pub target: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MountResult {}

/// Parameters of `unmount`. Takes a mount of this session away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnmountParams {
    pub target: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnmountResult {}

/// Parameters of `list`. Writes what an ignore list leaves of the tree `root` into the new file `target`, in the order of the paths: one JSON object a line, with `path`, `kind` (file, directory, link or other) and `size`. With `dropped` also what the list drops, with the pattern as `droppedBy`; a dropped directory stands for all that is dropped below it. Sockets are no part of a context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListParams {
    pub root: String,
    pub ignore: Vec<String>,
    pub dropped: bool,
    pub target: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListResult {
    pub entries: u64,
    pub bytes: u64,
}

/// Parameters of `digest`. Digest of the selected entries: path relative to the selection's destination, type, mode, size, link target, device number, extended attributes and content, framed; not times. With `ownership` uid and gid count too. `statCache` names a file that remembers content digests by (inode, size, mtime, ctime). When the digest is not `known`, the entries are written to the new file `listing`, a line each: letter of the type, octal mode, hexadecimal digest of all that counts, path with `\xNN` for bytes that are not printable UTF-8.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DigestParams {
    pub selection: Selection,
    pub ownership: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stat_cache: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DigestResult {
    pub digest: String,
    pub entries: u64,
    pub bytes: u64,
}

/// Parameters of `copy`. Copies the selected entries into `root` as a Dockerfile COPY does: `destination` is an absolute path inside it, and a trailing slash counts. `owner` is `user[:group]`, names looked up inside `root`; without it the entries keep their owner when `keepOwner`, else belong to 0:0. `mode` is an octal or symbolic mode. With `unpack`, sources that are tar archives, compressed or not, are unpacked into the destination as a Dockerfile ADD does, each within these limits: their entries keep their own modes, and their owners without `owner`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CopyParams {
    pub selection: Selection,
    pub root: String,
    pub destination: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    pub keep_owner: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpack: Option<LayerLimits>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CopyResult {
    pub entries: u64,
    pub bytes: u64,
}

/// Parameters of `resolveOwner`. The numbers of `user[:group]`, names looked up inside `root`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolveOwnerParams {
    pub root: String,
    pub owner: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolveOwnerResult {
    pub uid: u32,
    pub gid: u32,
}

/// Parameters of `makeDirectory`. Makes `path` and its missing parents inside `root`, with `mode` (0755 without it), owned by `user` (as a Dockerfile USER); what exists stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MakeDirectoryParams {
    pub root: String,
    pub path: String,
    pub user: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MakeDirectoryResult {
    pub created: bool,
}

/// Parameters of `commit`. Turns an upper directory into layer form: drops what did not change against `lowers`, turns opaque directories into single whiteouts, cuts times to whole seconds and clamps those later than `epoch` (seconds), then answers the diffID of its tar. With `process` a process wrote there, and not the helper alone: what it says of devices that stand recorded is not believed. Nothing is written but the directory's own metadata.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitParams {
    pub upper: String,
    pub lowers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i64>,
    pub process: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitResult {
    pub diff_id: String,
    pub entries: u64,
    pub bytes: u64,
}

/// Parameters of `clone`. Lays out what the layers `lowers`, topmost first, show together as the new directory `target`. A `writable` one has files of its own, and `compare` makes layers of what changes in it; else its files may be the layers' own, for those who only read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloneParams {
    pub lowers: Vec<String>,
    pub target: String,
    pub writable: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloneResult {
    pub entries: u64,
    pub bytes: u64,
}

/// Parameters of `compare`. Makes the new layer directory `upper`, as `commit` does, of what changed in the writable clone `root` of `lowers` since it was made or last compared. When `reusable`, the clone shows what the new layer and `lowers` show together, and the next step may work in it; else it is of no use any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompareParams {
    pub root: String,
    pub lowers: Vec<String>,
    pub upper: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i64>,
    pub process: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompareResult {
    pub diff_id: String,
    pub entries: u64,
    pub bytes: u64,
    pub reusable: bool,
}

/// Parameters of `pack`. Writes a layer directory as a compressed tar to the new file `target`, flushed to disk. The bytes depend on the tree and the compression alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackParams {
    pub layer: String,
    pub compression: Compression,
    pub target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackResult {
    pub diff_id: String,
    pub digest: String,
    pub size: u64,
}

/// Parameters of `compareLayers`. What two layers say differently, in the order of the paths: the first `most` differences, and how many there are in all. A name that a layer has twice means what comes last. With no difference, `moved` is the first entry that stands at another place of the second tar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompareLayersParams {
    pub before: LayerBlob,
    pub after: LayerBlob,
    pub limits: LayerLimits,
    pub most: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompareLayersResult {
    pub differences: Vec<EntryDifference>,
    pub count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<String>,
}

/// Parameters of `run`. Runs a process with `root` as its file system. `env` entries are K=V; HOME is filled in from the passwd file of `root` when missing. `user` is a Dockerfile USER and may be empty. `mounts` come on top of the sandbox's own, in their order. Mount stubs are taken away afterwards. `forgets`, at the place `single`: the owners that the process gave could not be recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunParams {
    pub root: String,
    pub argv: Vec<String>,
    pub env: Vec<String>,
    pub cwd: String,
    pub user: String,
    pub isolation: Isolation,
    pub network: Network,
    pub hostname: String,
    pub files: Vec<FileMount>,
    pub mounts: Vec<RunMount>,
    pub stdio: Stdio,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    pub outcome: Outcome,
    pub isolation: Isolation,
    pub forgets: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RunNotice {
    Signal { number: i32 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RunEvent {
    Started { pid: u32 },
}

/// A request as it arrives: the method and its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "camelCase")]
pub enum Request {
    Hello(HelloParams),
    Lock(LockParams),
    Unlock(UnlockParams),
    Sweep(SweepParams),
    Remove(RemoveParams),
    Measure(MeasureParams),
    Publish(PublishParams),
    Use(UseParams),
    Keep(KeepParams),
    Take(TakeParams),
    Apply(ApplyParams),
    Unpack(UnpackParams),
    Storage(StorageParams),
    Mount(MountParams),
    Unmount(UnmountParams),
    List(ListParams),
    Digest(DigestParams),
    Copy(CopyParams),
    ResolveOwner(ResolveOwnerParams),
    MakeDirectory(MakeDirectoryParams),
    Commit(CommitParams),
    Clone(CloneParams),
    Compare(CompareParams),
    Pack(PackParams),
    CompareLayers(CompareLayersParams),
    Run(RunParams),
}
