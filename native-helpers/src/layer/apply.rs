//! From a blob to a directory in overlay form, in one pass of three threads: one reads and decompresses, one hashes the
//! tar's bytes, one makes the entries.

use std::cell::Cell;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, linkat, makedev, openat, statat, symlinkat};

use super::decompress::decompress;
use super::directories::failed;
use super::growing::{Blob, Growth};
use super::hashing::Hashing;
use super::limits::check_size;
use super::metadata::Metadata;
use super::path::{clean, components, join, shown, split};
use super::tar::{Entry, Kind, Piece, Reader, Source};
use super::target::{Directory, Missing, Target};
use super::whiteout::{self, Meaning};
use super::{device, joined, xattr};
use crate::failure::Failure;
use crate::protocol::messages::{ApplyParams, ApplyResult, LayerLimits};

/// How many chunks may lie between two threads.
pub const CHUNKS_AHEAD: usize = 4;

/// Unpacks the layer blob into the new directory `target`. When this fails, `target` holds an unfinished tree and is
/// the caller's to remove.
pub fn apply(params: &ApplyParams, growth: Option<&Growth>) -> Result<ApplyResult, Failure> {
    let growth = growth.filter(|_| params.growing);
    if params.growing && growth.is_none() {
        return Err(Failure::new("invalid-request", "a growing blob comes without notices of its growth"));
    }
    let blob = Blob::open(params.blob.clone().into(), growth)?;
    let target = Target::create(Path::new(&params.target))?;
    let (to_unpack, unpacked_from) = sync_channel(CHUNKS_AHEAD);
    let (to_hash, hashed_from) = sync_channel(CHUNKS_AHEAD);
    let (decompressed, hashing, unpacked) = thread::scope(|scope| {
        let decompressing = scope.spawn(move || {
            decompress(blob, params.compression, &params.limits, |chunk| {
                let chunk = Arc::new(chunk);
                to_hash.send(Arc::clone(&chunk)).is_ok() && to_unpack.send(chunk).is_ok()
            })
        });
        let hashing = scope.spawn(move || Hashing::of_chunks(&hashed_from));
        let starved = Cell::new(false);
        let unpacked = unpack(Chunks::new(unpacked_from, &starved), target, &params.limits);
        if let (Err(_), Some(growth)) = (&unpacked, growth) {
            growth.leave();
        }
        (joined(decompressing), joined(hashing), (unpacked, starved.get()))
    });
    // A blob that cannot be decompressed ends the tar too early, and is the reason. But when unpacking gave up of itself,
    // it was that which left the decompressor with half a blob.
    let entries = match unpacked {
        (Err(reason), false) => return Err(reason),
        (unpacked, _) => decompressed?.and(unpacked)?,
    };
    let hashing = hashing?;
    let bytes = hashing.bytes;
    let diff_id = hashing.digest();
    if let Some(expected) = params.expected.as_ref().filter(|expected| **expected != diff_id) {
        let message = format!("the layer's content is {diff_id}, but the image config says {expected}");
        return Err(Failure::new("diff-id-mismatch", message));
    }
    Ok(ApplyResult { diff_id, entries, bytes })
}

/// The tar's bytes as they arrive from the decompressing thread.
pub struct Chunks<'a> {
    /// Set when the tar wants more bytes than there are.
    starved: &'a Cell<bool>,
    arriving: Receiver<Arc<Vec<u8>>>,
    current: Arc<Vec<u8>>,
    position: usize,
}

impl<'a> Chunks<'a> {
    pub fn new(arriving: Receiver<Arc<Vec<u8>>>, starved: &'a Cell<bool>) -> Self {
        Self { starved, arriving, current: Arc::new(Vec::new()), position: 0 }
    }
}

impl Source for Chunks<'_> {
    fn piece(&mut self, limit: usize) -> &[u8] {
        while self.position == self.current.len() {
            let Ok(chunk) = self.arriving.recv() else {
                self.starved.set(true);
                return &[];
            };
            (self.current, self.position) = (chunk, 0);
        }
        let rest = self.current.get(self.position..).unwrap_or_default();
        let piece = rest.get(..limit).unwrap_or(rest);
        self.position += piece.len();
        piece
    }
}

/// Makes all entries and answers how many the tar has.
fn unpack(source: impl Source, mut target: Target, limits: &LayerLimits) -> Result<u64, Failure> {
    let mut reader = Reader::new(source);
    let mut entries = 0;
    let mut bytes: u64 = 0;
    while let Some(entry) = reader.next()? {
        if let Kind::File { size } = entry.kind {
            bytes = bytes.saturating_add(size);
            check_size(limits, bytes)?;
        }
        place(entry, &mut reader, &mut target)?;
        entries += 1;
    }
    reader.drain();
    target.finish()?;
    Ok(entries)
}

fn place(entry: Entry, reader: &mut Reader<impl Source>, target: &mut Target) -> Result<(), Failure> {
    let path = clean(&entry.path)?;
    let (parent, name) = split(&path);
    if name.is_empty() {
        return match entry.kind {
            Kind::Directory => {
                target.describe_directory(path, metadata(&entry));
                Ok(())
            }
            _ => Err(malformed(&path, "its root is not a directory")),
        };
    }
    // aufs kept hard links below a directory of its own.
    if components(parent).any(|component| whiteout::meaning(component) == Meaning::Aufs) {
        return Ok(());
    }
    if components(parent).any(|component| whiteout::meaning(component) != Meaning::Entry) {
        return Err(malformed(&path, "a whiteout has entries beneath it"));
    }
    match whiteout::meaning(name) {
        Meaning::Aufs => return Ok(()),
        Meaning::Nonsense => return Err(malformed(&path, "a whiteout names no entry")),
        Meaning::Entry | Meaning::Deleted(_) | Meaning::Opaque => {}
    }
    let parent = target.directory(parent, Missing::Create)?;
    match whiteout::meaning(name) {
        Meaning::Deleted(deleted) => target.make_whiteout(&parent, deleted),
        Meaning::Opaque => {
            whiteout::set_opaque(parent.fd.as_fd()).map_err(|error| failed("make opaque", &parent.path, error))
        }
        _ => make(&entry, At { parent: &parent, name }, reader, target),
    }
}

/// Where an entry goes.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub parent: &'a Directory,
    pub name: &'a [u8],
}

impl At<'_> {
    fn path(&self) -> Vec<u8> {
        join(&self.parent.path, self.name)
    }
}

/// Makes an entry of whatever kind, in the place of what is there.
pub fn make(entry: &Entry, at: At<'_>, reader: &mut Reader<impl Source>, target: &mut Target) -> Result<(), Failure> {
    let At { parent, name } = at;
    match &entry.kind {
        Kind::File { size } => make_file(entry, *size, at, reader, target),
        Kind::HardLink { target: other } => make_hard_link(other, at, target),
        Kind::Directory => {
            let directory = target.make_directory(parent, name)?;
            target.describe_directory(directory.path, metadata(entry));
            Ok(())
        }
        Kind::Symlink { target: text } => {
            target
                .make_other(parent, name, |parent, name| symlinkat(text.as_slice(), parent, name))?
                .map_err(|error| failed("create the link", &at.path(), error))?;
            set_unopened(entry, at)
        }
        Kind::Fifo => make_node(entry, at, (FileType::Fifo, 0, 0), target),
        Kind::BlockDevice { major, minor } => make_node(entry, at, (FileType::BlockDevice, *major, *minor), target),
        Kind::CharacterDevice { major: 0, minor: 0 } => {
            let message =
                format!("the layer entry {} is a 0:0 device, which would delete it instead", shown(&at.path()));
            Err(Failure::new("layer-unsupported", message))
        }
        Kind::CharacterDevice { major, minor } => {
            make_node(entry, at, (FileType::CharacterDevice, *major, *minor), target)
        }
    }
}

fn make_file(
    entry: &Entry,
    size: u64,
    at: At<'_>,
    reader: &mut Reader<impl Source>,
    target: &mut Target,
) -> Result<(), Failure> {
    const NEW: OFlags =
        OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
    // Mostly this is right already. The owner's bits let an ordinary user set attributes, too.
    let mode = Mode::from_raw_mode(entry.mode & 0o777) | Mode::RUSR | Mode::WUSR;
    let fd = target
        .make_other(at.parent, at.name, |parent, name| openat(parent, name, NEW, mode))?
        .map_err(|error| failed("create", &at.path(), error))?;
    let file = File::from(fd);
    let mut end = 0;
    loop {
        let Piece { at: position, bytes } = reader.content()?;
        if bytes.is_empty() {
            break;
        }
        file.write_all_at(bytes, position).map_err(|error| Failure::io("write", shown(&at.path()), error))?;
        end = position + bytes.len() as u64;
    }
    if end < size {
        file.set_len(size).map_err(|error| Failure::io("make the last hole of", shown(&at.path()), error))?;
    }
    metadata(entry).set(file.as_fd(), &at.path())
}

/// Links to a file of this same layer: a layer cannot link to a lower one, since each is unpacked alone.
fn make_hard_link(other: &[u8], at: At<'_>, target: &mut Target) -> Result<(), Failure> {
    let other = clean(other)?;
    let (other_parent, other_name) = split(&other);
    let path = at.path();
    let no_target = || malformed(&path, &format!("its hard link target {} is no file of the layer", shown(&other)));
    let other_parent = target.directory(other_parent, Missing::Fail).map_err(|_| no_target())?;
    let stat = statat(&other_parent.fd, other_name, AtFlags::SYMLINK_NOFOLLOW).map_err(|_| no_target())?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::Directory || whiteout::is_whiteout(&stat) {
        return Err(no_target());
    }
    // A link to itself would be removed to make room for itself.
    if join(&other_parent.path, other_name) == path {
        return Ok(());
    }
    target
        .make_other(at.parent, at.name, |parent, name| {
            linkat(&other_parent.fd, other_name, parent, name, AtFlags::empty())
        })?
        .map_err(|error| failed("create the hard link", &path, error))
}

fn make_node(
    entry: &Entry,
    at: At<'_>,
    (kind, major, minor): (FileType, u32, u32),
    target: &mut Target,
) -> Result<(), Failure> {
    target
        .make_other(at.parent, at.name, |parent, name| device::make(parent, name, kind, makedev(major, minor)))?
        .map_err(|error| failed("create", &at.path(), error))?;
    set_unopened(entry, at)
}

fn set_unopened(entry: &Entry, at: At<'_>) -> Result<(), Failure> {
    metadata(entry).set_unopened(at.parent.fd.as_fd(), at.name, &at.path())
}

fn metadata(entry: &Entry) -> Metadata {
    let xattrs = entry.xattrs.iter().filter(|(name, _)| xattr::belongs_to_layer(name)).cloned().collect();
    Metadata { mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime, xattrs }
}

fn malformed(path: &[u8], what: &str) -> Failure {
    Failure::new("layer-malformed", format!("the layer is malformed at {}: {what}", shown(path)))
}
