//! Entries as bytes, one canonical form for each: a ustar header, and a pax extended header before it only for what
//! ustar cannot say.

use super::header::{Block, field, put, seal};
use super::number::write_octal;
use super::pax::Records;
use super::{BLOCK, Entry, Kind};

/// Closes an archive: two zero blocks, and nothing after them (not the record padding of old tape programs), as Go's
/// writer does, so that an empty layer has the diffID that every builder gives it.
pub const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// The largest value of an eleven-digit octal field.
const OCTAL_MAX: i64 = 0o77_777_777_777;

/// The bytes that stand before an entry's content. Content follows, then `padding`. Times are cut to whole seconds.
pub fn header(entry: &Entry) -> Vec<u8> {
    let mut block: Block = [0; BLOCK];
    let records = fill(&mut block, entry);
    let mut bytes = Vec::with_capacity(BLOCK);
    if !records.is_empty() {
        append_extended(&mut bytes, &records);
    }
    seal(&mut block);
    bytes.extend_from_slice(&block);
    bytes
}

/// The zeros that fill the last block of `size` bytes of content.
pub fn padding(size: u64) -> &'static [u8] {
    static ZEROS: [u8; BLOCK] = [0; BLOCK];
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    ZEROS.get(..(BLOCK - over) % BLOCK).unwrap_or_default()
}

/// Fills in all fields but the checksum and answers the records for what did not fit.
fn fill(block: &mut Block, entry: &Entry) -> Records {
    let mut records = Records::default();
    let mut path = entry.path.clone();
    if entry.kind == Kind::Directory {
        path.push(b'/');
    }
    put_path(block, &path, &mut records);
    let (type_flag, size, link, device) = match &entry.kind {
        Kind::File { size } => (b'0', *size, &[][..], (0, 0)),
        Kind::HardLink { target } => (b'1', 0, target.as_slice(), (0, 0)),
        Kind::Symlink { target } => (b'2', 0, target.as_slice(), (0, 0)),
        Kind::CharacterDevice { major, minor } => (b'3', 0, &[][..], (*major, *minor)),
        Kind::BlockDevice { major, minor } => (b'4', 0, &[][..], (*major, *minor)),
        Kind::Directory => (b'5', 0, &[][..], (0, 0)),
        Kind::Fifo => (b'6', 0, &[][..], (0, 0)),
    };
    put(block, field::TYPE, &[type_flag]);
    put_link(block, link, &mut records);
    put_number(block, field::MODE, ("mode", u64::from(entry.mode & 0o7777)), &mut records);
    put_number(block, field::UID, ("uid", u64::from(entry.uid)), &mut records);
    put_number(block, field::GID, ("gid", u64::from(entry.gid)), &mut records);
    put_number(block, field::SIZE, ("size", size), &mut records);
    put_number(block, field::MAJOR, ("SCHILY.devmajor", u64::from(device.0)), &mut records);
    put_number(block, field::MINOR, ("SCHILY.devminor", u64::from(device.1)), &mut records);
    put_mtime(block, entry.mtime.seconds, &mut records);
    put(block, field::MAGIC, b"ustar\x0000");
    for (name, value) in &entry.xattrs {
        records.insert(&[b"SCHILY.xattr.", name.as_slice()].concat(), value.clone());
    }
    records
}

fn put_path(block: &mut Block, path: &[u8], records: &mut Records) {
    if path.is_ascii() {
        if path.len() <= field::NAME.len() {
            put(block, field::NAME, path);
            return;
        }
        if let Some((prefix, name)) = split_for_ustar(path) {
            put(block, field::PREFIX, prefix);
            put(block, field::NAME, name);
            return;
        }
    }
    put(block, field::NAME, &ascii_start(path, field::NAME.len()));
    put_text_record(b"path", path, records);
}

fn put_link(block: &mut Block, link: &[u8], records: &mut Records) {
    if link.is_ascii() && link.len() <= field::LINK.len() {
        put(block, field::LINK, link);
    } else {
        put(block, field::LINK, &ascii_start(link, field::LINK.len()));
        put_text_record(b"linkpath", link, records);
    }
}

/// Names are bytes. Pax text is UTF-8 unless the header says `hdrcharset=BINARY`.
fn put_text_record(key: &[u8], value: &[u8], records: &mut Records) {
    if std::str::from_utf8(value).is_err() {
        records.insert(b"hdrcharset", b"BINARY".to_vec());
    }
    records.insert(key, value.to_vec());
}

fn put_number(block: &mut Block, field: std::ops::Range<usize>, number: (&str, u64), records: &mut Records) {
    let (key, value) = number;
    let fits = block.get_mut(field).is_some_and(|field| write_octal(field, value));
    if !fits {
        records.insert(key.as_bytes(), value.to_string().into_bytes());
    }
}

fn put_mtime(block: &mut Block, seconds: i64, records: &mut Records) {
    let fits = (0..=OCTAL_MAX).contains(&seconds);
    let value = if fits { seconds.unsigned_abs() } else { 0 };
    if let Some(field) = block.get_mut(field::MTIME) {
        write_octal(field, value);
    }
    if !fits {
        records.insert(b"mtime", seconds.to_string().into_bytes());
    }
}

/// A ustar path of up to 255 bytes: a prefix and a name, parted at a slash that is stored in neither.
fn split_for_ustar(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let last_start = path.len().checked_sub(field::NAME.len() + 1)?;
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    let (at, _) = slashes.map(|(at, byte)| (at, byte)).find(|(at, _)| *at >= last_start)?;
    let (prefix, name) = (path.get(..at)?, path.get(at + 1..)?);
    (!prefix.is_empty() && prefix.len() <= field::PREFIX.len() && !name.is_empty()).then_some((prefix, name))
}

/// What a reader without pax support may show for a name that did not fit.
fn ascii_start(text: &[u8], length: usize) -> Vec<u8> {
    text.iter().copied().filter(u8::is_ascii).take(length).collect()
}

fn append_extended(bytes: &mut Vec<u8>, records: &Records) {
    let content = records.to_bytes();
    let mut block: Block = [0; BLOCK];
    put(&mut block, field::NAME, b"PaxHeaders.0/entry");
    put(&mut block, field::TYPE, b"x");
    put(&mut block, field::MAGIC, b"ustar\x0000");
    for place in [field::MODE, field::UID, field::GID, field::MTIME, field::MAJOR, field::MINOR] {
        if let Some(field) = block.get_mut(place) {
            write_octal(field, 0);
        }
    }
    if let Some(field) = block.get_mut(field::SIZE) {
        write_octal(field, content.len() as u64);
    }
    seal(&mut block);
    bytes.extend_from_slice(&block);
    bytes.extend_from_slice(&content);
    bytes.extend_from_slice(padding(content.len() as u64));
}
