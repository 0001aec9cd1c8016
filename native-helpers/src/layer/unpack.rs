//! A build context that comes as an archive becomes a directory. It is no layer: nothing in it deletes anything, and who
//! owned its files means nothing here.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use rustix::process::{getegid, geteuid};

use super::apply::{At, CHUNKS_AHEAD, Chunks, make};
use super::decompress::{Format, decompress};
use super::growing::Blob;
use super::joined;
use super::limits::NONE;
use super::path::{clean, split};
use super::tar::{Entry, Kind, Reader, Source};
use super::target::{Missing, Target};
use crate::failure::Failure;
use crate::protocol::messages::{UnpackParams, UnpackResult};

/// Unpacks the archive into the new directory `target`. When this fails, `target` holds an unfinished tree and is the
/// caller's to remove.
///
/// Fails with `archive-malformed`, `archive-truncated`, `archive-unsupported` and the failures of the file system.
pub fn unpack(params: &UnpackParams) -> Result<UnpackResult, Failure> {
    let mut archive = Blob::open(params.archive.clone().into(), None)?;
    let format = format_of(&params.archive)?;
    let target = Target::create(Path::new(&params.target))?;
    let (sender, arriving) = sync_channel(CHUNKS_AHEAD);
    let (decompressed, unpacked, starved) = thread::scope(|scope| {
        let decompressing =
            scope.spawn(move || decompress(&mut archive, format, &NONE, |chunk| sender.send(Arc::new(chunk)).is_ok()));
        let starved = Cell::new(false);
        let unpacked = entries(Chunks::new(arriving, &starved), target);
        (joined(decompressing), unpacked, starved.get())
    });
    // As for layers: a broken compression is the reason for a tar that ends too early, and not the other way round.
    let entries = match (unpacked, starved) {
        (Err(reason), false) => Err(reason),
        (unpacked, _) => decompressed.and_then(|whole| whole).and(unpacked),
    };
    Ok(UnpackResult { entries: entries.map_err(of_archive)? })
}

fn format_of(archive: &str) -> Result<Format, Failure> {
    let mut start = [0; Format::TELLING];
    let count = Blob::open(archive.into(), None)?.read(&mut start)?;
    Ok(Format::of(start.get(..count).unwrap_or_default()))
}

fn entries(source: impl Source, mut target: Target) -> Result<u64, Failure> {
    let mut reader = Reader::new(source);
    let mut count = 0;
    while let Some(entry) = reader.next()? {
        place(entry, &mut reader, &mut target)?;
        count += 1;
    }
    reader.drain();
    target.finish()?;
    Ok(count)
}

fn place(mut entry: Entry, reader: &mut Reader<impl Source>, target: &mut Target) -> Result<(), Failure> {
    let path = clean(&entry.path)?;
    let (parent, name) = split(&path);
    let is_device = matches!(entry.kind, Kind::CharacterDevice { .. } | Kind::BlockDevice { .. });
    // What the archive says of its root says nothing about a directory that is read as a whole.
    if name.is_empty() || is_device {
        return Ok(());
    }
    (entry.uid, entry.gid) = (geteuid().as_raw(), getegid().as_raw());
    entry.xattrs.clear();
    let parent = target.directory(parent, Missing::Create)?;
    make(&entry, At { parent: &parent, name }, reader, target)
}

/// The tar reader speaks of layers.
fn of_archive(failure: Failure) -> Failure {
    let code = match failure.code {
        "layer-malformed" => "archive-malformed",
        "layer-truncated" => "archive-truncated",
        "layer-unsupported" => "archive-unsupported",
        other => other,
    };
    Failure { code, message: failure.message.replacen("layer", "archive", 1), ..failure }
}
