//! The digest of a selection: exactly the entries that `copy` would copy, and what it would write of them.
//!
//! Every field has a fixed length or its length before it, so that no two selections are written alike; entries are sorted
//! by path. Names of directories that are sources themselves do not count (their contents are copied), names of files do.
//! Not counted: times, and which names are hard links of each other, as they differ between checkouts of one tree.

use std::io::Write as _;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::protocol::messages::{DigestParams, DigestResult};
use crate::tree::select::{Kind, Source, select};
use crate::tree::statcache::{self, FileDigest, StatCache, StatCaches};
use crate::tree::walk::{self, Entry, Visitor};
use crate::tree::xattr::{self, Attribute};

/// Goes into every digest; changes whenever what is hashed or how changes.
const VERSION: &[u8] = b"oci-build tree 1\n";

pub fn digest(params: &DigestParams, caches: &StatCaches) -> Result<DigestResult, Failure> {
    let selected = select(&params.selection)?;
    let sources = &selected.sources;
    let cache = params.stat_cache.as_ref().map(|path| caches.load(Path::new(path)));
    let mut whole = Sha256::new();
    whole.update(VERSION);
    whole.update([u8::from(params.ownership)]);
    whole.update((sources.len() as u64).to_le_bytes());
    let (mut entries, mut bytes) = (0, 0);
    let mut listed = Vec::new();
    for source in sources {
        let Source { name, path, kind, .. } = source;
        let hasher = Hasher {
            ownership: params.ownership,
            cache: cache.as_deref(),
            lines: Mutex::default(),
            bytes: AtomicU64::new(0),
        };
        match kind {
            Kind::Directory(handle) => {
                whole.update(b"directory");
                walk::walk(&hasher, selected.filter(source), walk::Source { directory: handle.as_fd(), path }, ())?;
            }
            Kind::Leaf { parent, name: leaf, meta } => {
                whole.update(b"entry----");
                hasher.leaf(&(), Entry { parent: parent.as_fd(), name: leaf, path: name.to_bytes(), meta })?;
            }
        }
        bytes += hasher.bytes.into_inner();
        let mut lines = hasher.lines.into_inner().unwrap_or_else(PoisonError::into_inner);
        lines.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        entries += lines.len() as u64;
        whole.update((lines.len() as u64).to_le_bytes());
        for line in &lines {
            whole.update((line.path.len() as u64).to_le_bytes());
            whole.update(&line.path);
            whole.update(&line.rest);
        }
        if params.listing.is_some() {
            listed.push(lines);
        }
    }
    if let Some(cache) = cache {
        caches.save(&cache);
    }
    let digest = format!("sha256:{}", hex(&whole.finalize()));
    if let Some(path) = params.listing.as_ref().filter(|_| params.known.as_ref() != Some(&digest)) {
        let mut listing = Vec::new();
        listed.iter().flatten().for_each(|line| line.list(&mut listing));
        std::fs::write(path, listing).map_err(|error| Failure::io("write", path, error))?;
    }
    Ok(DigestResult { digest, entries, bytes })
}

struct Hasher<'a> {
    ownership: bool,
    cache: Option<&'a StatCache>,
    lines: Mutex<Vec<Line>>,
    bytes: AtomicU64,
}

/// What is hashed of an entry: its path, and the rest in framed form.
struct Line {
    path: Vec<u8>,
    rest: Vec<u8>,
}

impl Line {
    /// Appends what a listing says of the entry; equal lines mean equal entries.
    fn list(&self, listing: &mut Vec<u8>) {
        let (letter, mode) = match *self.rest.as_slice() {
            [letter, a, b, c, d, ..] => (letter, u32::from_le_bytes([a, b, c, d]) & 0o7777),
            _ => (b'?', 0),
        };
        let _ = write!(listing, "{} {mode:o} {} ", char::from(letter), hex(&Sha256::digest(&self.rest)));
        for chunk in self.path.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() || character == '\\' {
                    let mut bytes = [0; 4];
                    character.encode_utf8(&mut bytes).bytes().for_each(|byte| escape(listing, byte));
                } else {
                    let _ = write!(listing, "{character}");
                }
            }
            chunk.invalid().iter().for_each(|&byte| escape(listing, byte));
        }
        listing.push(b'\n');
    }
}

/// Writing to memory cannot fail.
fn escape(listing: &mut Vec<u8>, byte: u8) {
    let _ = write!(listing, "\\x{byte:02x}");
}

impl Visitor for Hasher<'_> {
    type Place = ();

    fn enter(&self, (): &(), entry: Entry<'_>, handle: BorrowedFd<'_>) -> Result<(), Failure> {
        let attributes = xattr::read(handle).map_err(|error| failed("read the attributes of", &entry, error))?;
        let mut rest = self.common(&entry, b'd');
        write_attributes(&attributes, |bytes| rest.extend(bytes));
        self.push(&entry, rest);
        Ok(())
    }

    fn leaf(&self, (): &(), entry: Entry<'_>) -> Result<(), Failure> {
        let rest = match entry.meta.kind {
            FileType::RegularFile => {
                let digest = self.file_digest(&entry).map_err(|error| failed("read", &entry, error))?;
                self.bytes.fetch_add(entry.meta.size, Ordering::Relaxed);
                let mut rest = self.common(&entry, b'f');
                rest.extend(entry.meta.size.to_le_bytes());
                rest.extend(digest);
                rest
            }
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(entry.parent, entry.name, Vec::new());
                let target = target.map_err(|error| failed("read the link", &entry, error))?;
                let mut rest = self.common(&entry, b'l');
                write_framed(target.as_bytes(), |bytes| rest.extend(bytes));
                rest
            }
            kind => {
                let letter = match kind {
                    FileType::CharacterDevice => b'c',
                    FileType::BlockDevice => b'b',
                    _ => b'p',
                };
                let mut rest = self.common(&entry, letter);
                rest.extend(entry.meta.rdev.to_le_bytes());
                rest
            }
        };
        self.push(&entry, rest);
        Ok(())
    }

    fn leave(&self, (): ()) -> Result<(), Failure> {
        Ok(())
    }
}

impl Hasher<'_> {
    /// The fields that every entry has.
    fn common(&self, entry: &Entry<'_>, letter: u8) -> Vec<u8> {
        let mut rest = vec![letter];
        rest.extend(entry.meta.mode.to_le_bytes());
        if self.ownership {
            rest.extend(entry.meta.uid.to_le_bytes());
            rest.extend(entry.meta.gid.to_le_bytes());
        }
        rest
    }

    /// The digest of a file's attributes and content, from the cache or by reading it.
    fn file_digest(&self, entry: &Entry<'_>) -> Result<FileDigest, Errno> {
        if let Some(digest) = self.cache.and_then(|cache| cache.get(entry.meta)) {
            return Ok(digest);
        }
        let began = statcache::now();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(entry.parent, entry.name, flags, Mode::empty())?;
        let digest = hash_file(file.as_fd(), entry.meta.size)?;
        if let Some(cache) = self.cache {
            cache.remember(entry.meta, digest, began);
        }
        Ok(digest)
    }

    fn push(&self, entry: &Entry<'_>, rest: Vec<u8>) {
        let line = Line { path: entry.path.to_vec(), rest };
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// The digest of an open file: its attributes, then its content up to the end. `size` only sets the buffer.
fn hash_file(file: BorrowedFd<'_>, size: u64) -> Result<FileDigest, Errno> {
    let mut hash = Sha256::new();
    write_attributes(&xattr::read(file)?, |bytes| hash.update(bytes));
    let mut buffer = vec![0; usize::try_from(size).unwrap_or(usize::MAX).clamp(4 * 1024, 256 * 1024)];
    loop {
        match rustix::io::read(file, &mut buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(count) => hash.update(buffer.get(..count).unwrap_or_default()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

fn write_attributes(attributes: &[Attribute], mut write: impl FnMut(&[u8])) {
    write(&(attributes.len() as u64).to_le_bytes());
    for (name, value) in attributes {
        write_framed(name.to_bytes(), &mut write);
        write_framed(value, &mut write);
    }
}

fn write_framed(bytes: &[u8], mut write: impl FnMut(&[u8])) {
    write(&(bytes.len() as u64).to_le_bytes());
    write(bytes);
}

fn failed(verb: &str, entry: &Entry<'_>, error: Errno) -> Failure {
    Failure::io(verb, String::from_utf8_lossy(entry.path).as_ref(), error)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "hash_tests.rs"]
mod tests;
