//! ADD of an archive: its entries, made in a directory of a file system that is there already. Unlike in a layer, a name
//! has no second meaning (a `.wh.x` is a file), and what exists stays unless an entry replaces it.
//!
//! The rules are those of BuildKit: the directory is the root of all that the archive names, links in it included; an entry
//! that is no directory takes the place of whatever has its name, and never writes through it; an entry for the directory
//! itself says nothing; devices and FIFOs are left out.

use std::cell::RefCell;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

use super::apply::{At, make};
use super::format::{self, Archive};
use super::path::{clean, split};
use super::tar::{Entry, Kind, Reader, Source, Time};
use super::target::{Missing, Target};
use crate::failure::Failure;

/// How many entries an archive had, and how much content.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Extracted {
    pub entries: u64,
    pub bytes: u64,
}

pub struct Extracting<'a> {
    pub into: OwnedFd,
    /// User and group of all entries; without it each keeps its own.
    pub owner: Option<(u32, u32)>,
    /// Names the archive in messages.
    pub name: &'a str,
}

/// Unpacks an archive.
///
/// Fails with `archive-malformed`, `archive-truncated` or `archive-unsupported`, and where entries cannot be made.
pub fn extract(archive: Archive, extracting: Extracting<'_>) -> Result<Extracted, Failure> {
    let Extracting { into, owner, name } = extracting;
    let reading = format::reader(archive.file, archive.format).map_err(|failure| of_archive(failure, name))?;
    let broken = RefCell::new(None);
    let mut reader = Reader::new(Pieces::new(reading, &broken));
    let extracted = unpack(&mut reader, Target::within(into), owner);
    if extracted.is_ok() {
        // Only at its end does compressed data say whether it was right.
        reader.drain();
    }
    match broken.take() {
        // The tar ends too early because the bytes do, and why they do is the reason.
        Some(error) => Err(Failure::new("archive-malformed", format!("cannot unpack {name}: {error}"))),
        None => extracted.map_err(|failure| of_archive(failure, name)),
    }
}

fn unpack(
    reader: &mut Reader<impl Source>,
    mut target: Target,
    owner: Option<(u32, u32)>,
) -> Result<Extracted, Failure> {
    let mut extracted = Extracted::default();
    while let Some(mut entry) = reader.next()? {
        let path = clean(&entry.path)?;
        let (parent, name) = split(&path);
        let is_special = matches!(entry.kind, Kind::Fifo | Kind::BlockDevice { .. } | Kind::CharacterDevice { .. });
        if name.is_empty() || is_special {
            continue;
        }
        (entry.uid, entry.gid) = owner.unwrap_or((entry.uid, entry.gid));
        // As in BuildKit, there is no time before 1970.
        entry.mtime = if entry.mtime.seconds < 0 { Time::default() } else { entry.mtime };
        let parent = target.directory(parent, Missing::Create)?;
        make(&entry, At { parent: &parent, name }, reader, &mut target)?;
        extracted.entries += 1;
        extracted.bytes += content_of(&entry);
    }
    target.finish()?;
    Ok(extracted)
}

fn content_of(entry: &Entry) -> u64 {
    if let Kind::File { size } = entry.kind { size } else { 0 }
}

/// The engine speaks of layers.
fn of_archive(failure: Failure, name: &str) -> Failure {
    let code = match failure.code {
        "layer-malformed" => "archive-malformed",
        "layer-truncated" => "archive-truncated",
        "layer-unsupported" => "archive-unsupported",
        other => other,
    };
    let reason = failure.message.replace("the layer", "the archive");
    Failure { code, message: format!("cannot unpack {name}: {reason}"), ..failure }
}

/// An archive's bytes in pieces. The first error ends them and is kept.
struct Pieces<'a, R> {
    input: R,
    broken: &'a RefCell<Option<io::Error>>,
    buffer: Vec<u8>,
    unread: std::ops::Range<usize>,
}

impl<'a, R> Pieces<'a, R> {
    fn new(input: R, broken: &'a RefCell<Option<io::Error>>) -> Self {
        Self { input, broken, buffer: vec![0; 256 << 10], unread: 0..0 }
    }
}

impl<R: Read> Source for Pieces<'_, R> {
    fn piece(&mut self, limit: usize) -> &[u8] {
        while self.unread.is_empty() && self.broken.borrow().is_none() {
            match self.input.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(count) => self.unread = 0..count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => *self.broken.borrow_mut() = Some(error),
            }
        }
        let start = self.unread.start;
        self.unread.start = self.unread.end.min(start.saturating_add(limit));
        self.buffer.get(start..self.unread.start).unwrap_or_default()
    }
}
