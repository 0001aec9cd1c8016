//! Archives of files, which are no layers: those that ADD unpacks, and those that are build contexts. A name has no second
//! meaning in them (a `.wh.x` is a file).
//!
//! The rules are those of BuildKit: the directory is the root of all that the archive names, links in it included; an entry
//! that is no directory takes the place of whatever has its name, and never writes through it; an entry for the directory
//! itself says nothing; devices and FIFOs are left out; there is no time before 1970.

use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{getegid, geteuid};

use super::apply::{At, CHUNKS_AHEAD, Chunks, make};
use super::decompress::decompress;
use super::format::Archive;
use super::growing::Blob;
use super::joined;
use super::limits::check_size;
use super::path::{clean, split};
use super::tar::{Entry, Kind, Reader, Source, Time};
use super::target::{Missing, Target};
use crate::failure::Failure;
use crate::protocol::messages::{LayerLimits, UnpackParams, UnpackResult};

/// How many entries an archive had, and how much content.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Extracted {
    pub entries: u64,
    pub bytes: u64,
}

/// What an archive is unpacked for.
pub enum Purpose<'a> {
    /// ADD, into a directory that is there already: what it holds stays unless an entry replaces it. All entries belong to
    /// `owner`; without one each to whom the archive says.
    Add { into: OwnedFd, owner: Option<(u32, u32)> },
    /// A build context, into a new directory. Who owned its files means nothing here, nor do their attributes.
    Context { directory: &'a Path },
}

pub struct Extracting<'a> {
    pub purpose: Purpose<'a>,
    /// What messages call the archive.
    pub name: &'a str,
    pub limits: &'a LayerLimits,
}

/// What becomes of an entry, whatever the archive says of it.
struct Manner {
    owner: Option<(u32, u32)>,
    keeps_attributes: bool,
}

/// Unpacks a build context. When this fails, the target holds an unfinished tree and is the caller's to remove.
///
/// Fails as `extract` does.
pub fn unpack(params: &UnpackParams) -> Result<UnpackResult, Failure> {
    let archive = Archive::open(Path::new(&params.archive))?;
    let purpose = Purpose::Context { directory: Path::new(&params.target) };
    let extracting = Extracting { purpose, name: &params.name, limits: &params.limits };
    Ok(UnpackResult { entries: extract(archive, extracting)?.entries })
}

/// Unpacks an archive.
///
/// Fails with `archive-malformed`, `archive-truncated` or `archive-unsupported`, with `archive-too-large` or
/// `archive-too-dense` beyond the limits, and where entries cannot be made.
pub fn extract(archive: Archive, extracting: Extracting<'_>) -> Result<Extracted, Failure> {
    let Extracting { purpose, name, limits } = extracting;
    let (target, manner) = match purpose {
        Purpose::Add { into, owner } => (Target::within(into, now()), Manner { owner, keeps_attributes: true }),
        Purpose::Context { directory } => {
            let owner = Some((geteuid().as_raw(), getegid().as_raw()));
            (Target::create(directory)?, Manner { owner, keeps_attributes: false })
        }
    };
    let Archive { file, path, format } = archive;
    let blob = Blob::of(file, path);
    let (sender, arriving) = sync_channel(CHUNKS_AHEAD);
    let (decompressed, made, starved) = thread::scope(|scope| {
        let decompressing =
            scope.spawn(move || decompress(blob, format, limits, |chunk| sender.send(Arc::new(chunk)).is_ok()));
        let starved = Cell::new(false);
        let made = make_all(Chunks::new(arriving, &starved), target, &manner, limits);
        (joined(decompressing), made, starved.get())
    });
    // As for layers: a broken compression is the reason for a tar that ends too early, and not the other way round.
    let extracted = match (made, starved) {
        (Err(reason), false) => Err(reason),
        (made, _) => decompressed.and_then(|whole| whole).and(made),
    };
    extracted.map_err(|failure| of_archive(failure, name))
}

fn make_all(
    source: impl Source,
    mut target: Target,
    manner: &Manner,
    limits: &LayerLimits,
) -> Result<Extracted, Failure> {
    let mut reader = Reader::new(source);
    let mut extracted = Extracted::default();
    while let Some(mut entry) = reader.next()? {
        let path = clean(&entry.path)?;
        let (parent, name) = split(&path);
        let is_special = matches!(entry.kind, Kind::Fifo | Kind::BlockDevice { .. } | Kind::CharacterDevice { .. });
        if name.is_empty() || is_special {
            continue;
        }
        extracted.entries += 1;
        extracted.bytes = extracted.bytes.saturating_add(content_of(&entry));
        check_size(limits, extracted.bytes)?;
        (entry.uid, entry.gid) = manner.owner.unwrap_or((entry.uid, entry.gid));
        entry.mtime = if entry.mtime.seconds < 0 { Time::default() } else { entry.mtime };
        if !manner.keeps_attributes {
            entry.xattrs.clear();
        }
        let parent = target.directory(parent, Missing::Create)?;
        make(&entry, At { parent: &parent, name }, &mut reader, &mut target)?;
    }
    reader.drain();
    target.finish()?;
    Ok(extracted)
}

fn content_of(entry: &Entry) -> u64 {
    if let Kind::File { size } = entry.kind { size } else { 0 }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time { seconds: i64::try_from(since.as_secs()).unwrap_or(0), nanoseconds: since.subsec_nanos() }
}

/// The engine speaks of layers.
fn of_archive(failure: Failure, name: &str) -> Failure {
    let code = match failure.code {
        "layer-malformed" => "archive-malformed",
        "layer-truncated" => "archive-truncated",
        "layer-unsupported" => "archive-unsupported",
        "layer-too-large" => "archive-too-large",
        "layer-too-dense" => "archive-too-dense",
        other => other,
    };
    let speaking =
        |text: String| text.replace("the layer", "the archive").replace("compressed layer", "compressed archive");
    let message = format!("cannot unpack {name}: {}", speaking(failure.message));
    Failure { code, message, hint: failure.hint.map(speaking), errno: failure.errno }
}
