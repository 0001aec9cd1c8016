//! Entries out of a byte stream. Where readers are known to disagree about an archive, so that a scanner could see
//! other files than the unpacker, it is refused; else this reads as Go's archive/tar does, which is what container
//! engines unpack layers with.

use super::header::{Block, Header, field};
use super::pax::{Records, parse_decimal, parse_time};
use super::sparse::{Extent, LeadingMap, Map, Sparse, extend};
use super::{BLOCK, Entry, Kind, Time, padding};
use crate::failure::Failure;
use crate::layer::path::shown;

/// Extended headers and long names above this are refused unread.
const LONGEST_SPECIAL: u64 = 1 << 20;

/// Where the archive's bytes come from.
pub trait Source {
    /// The next bytes, at least one and at most `limit`; nothing at the end.
    fn piece(&mut self, limit: usize) -> &[u8];
}

pub struct Reader<S> {
    source: S,
    /// Bytes of the archive read so far.
    offset: u64,
    /// The current entry's stored content that nobody has read yet, and the padding behind it.
    content: u64,
    padding: u64,
    /// Where the content goes: the rest of a stretch, and the stretches after that.
    extent: Extent,
    later: std::vec::IntoIter<Extent>,
    globals: Records,
}

/// Some of an entry's content, and where in the file it belongs. Bytes between two pieces are a hole.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub at: u64,
    pub bytes: &'a [u8],
}

/// An entry, and how its content is stored.
struct Described {
    entry: Entry,
    /// Bytes behind the header.
    stored: u64,
    sparse: Option<Sparse>,
}

/// What headers before an entry's own one say about it.
#[derive(Default)]
struct Announced {
    records: Option<Records>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

impl Announced {
    fn is_empty(&self) -> bool {
        self.records.is_none() && self.long_name.is_none() && self.long_link.is_none()
    }
}

impl<S: Source> Reader<S> {
    pub fn new(source: S) -> Self {
        let (extent, later) = (Extent::default(), Vec::new().into_iter());
        Self { source, offset: 0, content: 0, padding: 0, extent, later, globals: Records::default() }
    }

    /// The next entry, or nothing at the archive's end. Content of the entry before that was not read is skipped.
    pub fn next(&mut self) -> Result<Option<Entry>, Failure> {
        self.skip(self.content + self.padding)?;
        (self.content, self.padding, self.extent, self.later) = (0, 0, Extent::default(), Vec::new().into_iter());
        let mut announced = Announced::default();
        loop {
            let start = self.offset;
            let Some(block) = self.header_block()? else {
                if announced.is_empty() {
                    return Ok(None);
                }
                return Err(malformed(start, "an extended header without an entry"));
            };
            let header = Header::parse(&block).ok_or_else(|| malformed(start, "a header with a wrong checksum"))?;
            match header.kind() {
                b'x' => {
                    let records = self.records(&header, start)?;
                    announce(&mut announced.records, records, start)?;
                }
                b'g' => {
                    let records = self.records(&header, start)?;
                    let is_single = ["path", "linkpath", "size"].iter().any(|key| records.get(key).is_some());
                    if is_single || records.with_prefix(b"GNU.sparse.").next().is_some() {
                        return Err(malformed(start, "a global header that names a single file"));
                    }
                    self.globals.extend(records);
                }
                b'L' => {
                    let name = self.long_text(&header, start)?;
                    announce(&mut announced.long_name, name, start)?;
                }
                b'K' => {
                    let link = self.long_text(&header, start)?;
                    announce(&mut announced.long_link, link, start)?;
                }
                _ => {
                    let described = describe(&header, announced, &self.globals, start)?;
                    return self.begin(described).map(Some);
                }
            }
        }
    }

    /// Gets ready to read the entry's content; a sparse file's map may be in blocks before it.
    fn begin(&mut self, Described { entry, stored, sparse }: Described) -> Result<Entry, Failure> {
        if !matches!(entry.kind, Kind::File { .. }) {
            return Ok(entry);
        }
        self.padding = padding(stored).len() as u64;
        self.content = stored;
        self.extent = Extent { at: 0, length: stored };
        let Some(Sparse { map, size }) = sparse else { return Ok(entry) };
        let extents = match map {
            Map::Whole(extents) => Some(extents),
            Map::Extended(extents) => self.extended_map(extents)?,
            Map::Leading => self.leading_map()?,
        };
        match extents.filter(|extents| Sparse::is_sound(extents, size, self.content)) {
            Some(extents) => (self.extent, self.later) = (Extent::default(), extents.into_iter()),
            None => return Err(malformed_entry(&entry.path, "a wrong map of a sparse file")),
        }
        Ok(entry)
    }

    /// The rest of an old GNU map, whose blocks do not count as content.
    fn extended_map(&mut self, mut extents: Vec<Extent>) -> Result<Option<Vec<Extent>>, Failure> {
        loop {
            let block = self.block()?.ok_or_else(|| truncated(self.offset))?;
            match extend(&mut extents, &block) {
                Some(true) => {}
                Some(false) => return Ok(Some(extents)),
                None => return Ok(None),
            }
        }
    }

    /// The map in front of the data, whose blocks do count as content.
    fn leading_map(&mut self) -> Result<Option<Vec<Extent>>, Failure> {
        let mut map = LeadingMap::default();
        loop {
            let Some(rest) = self.content.checked_sub(BLOCK as u64) else { return Ok(None) };
            let block = self.block()?.ok_or_else(|| truncated(self.offset))?;
            self.content = rest;
            match map.read(&block) {
                Ok(None) => {}
                Ok(extents) => return Ok(extents),
                Err(_) => return Ok(None),
            }
        }
    }

    /// A piece of the current entry's content; without bytes when there is no more.
    pub fn content(&mut self) -> Result<Piece<'_>, Failure> {
        while self.extent.length == 0 {
            match self.later.next() {
                Some(extent) => self.extent = extent,
                None => return Ok(Piece { at: self.extent.at, bytes: &[] }),
            }
        }
        let bytes = self.source.piece(usize::try_from(self.extent.length).unwrap_or(usize::MAX));
        if bytes.is_empty() {
            return Err(truncated(self.offset));
        }
        let (at, length) = (self.extent.at, bytes.len() as u64);
        self.extent = Extent { at: at + length, length: self.extent.length - length };
        self.offset += length;
        self.content -= length;
        Ok(Piece { at, bytes })
    }

    /// Reads to the end of the source, past the archive's own end.
    pub fn drain(mut self) {
        while !self.source.piece(usize::MAX).is_empty() {}
    }

    /// The next header block; nothing at the end of the archive: two zero blocks, or the source's end where a header
    /// could begin.
    fn header_block(&mut self) -> Result<Option<Block>, Failure> {
        let Some(block) = self.block()? else { return Ok(None) };
        if block != [0; BLOCK] {
            return Ok(Some(block));
        }
        match self.block()? {
            Some(second) if second != [0; BLOCK] => Err(malformed(self.offset, "a lone zero block")),
            _ => Ok(None),
        }
    }

    fn block(&mut self) -> Result<Option<Block>, Failure> {
        let mut block: Block = [0; BLOCK];
        match self.fill(&mut block) {
            0 => Ok(None),
            BLOCK => Ok(Some(block)),
            _ => Err(truncated(self.offset)),
        }
    }

    fn records(&mut self, header: &Header<'_>, start: u64) -> Result<Records, Failure> {
        let text = self.special(header, start)?;
        Records::parse(&text).map_err(|reason| malformed(start, reason))
    }

    fn long_text(&mut self, header: &Header<'_>, start: u64) -> Result<Vec<u8>, Failure> {
        let mut text = self.special(header, start)?;
        if let Some(end) = text.iter().position(|&byte| byte == 0) {
            text.truncate(end);
        }
        if text.is_empty() { Err(malformed(start, "an empty long name")) } else { Ok(text) }
    }

    /// The content of a header that is not an entry. Its own size field counts, whatever was announced for the entry.
    fn special(&mut self, header: &Header<'_>, start: u64) -> Result<Vec<u8>, Failure> {
        let size = header.number(field::SIZE).and_then(|size| u64::try_from(size).ok());
        let size = size.ok_or_else(|| malformed(start, "a header with a wrong size"))?;
        if size > LONGEST_SPECIAL {
            return Err(malformed(start, "an extended header of more than 1 MiB"));
        }
        let mut text = vec![0; usize::try_from(size).unwrap_or(0)];
        if self.fill(&mut text) < text.len() {
            return Err(truncated(self.offset));
        }
        self.skip(padding(size).len() as u64)?;
        Ok(text)
    }

    /// Fills `buffer` as far as the source goes.
    fn fill(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let piece = self.source.piece(rest.len());
            let Some(place) = rest.get_mut(..piece.len()).filter(|place| !place.is_empty()) else { break };
            place.copy_from_slice(piece);
            filled += place.len();
        }
        self.offset += filled as u64;
        filled
    }

    fn skip(&mut self, mut count: u64) -> Result<(), Failure> {
        while count > 0 {
            let skipped = self.source.piece(usize::try_from(count).unwrap_or(usize::MAX)).len() as u64;
            if skipped == 0 {
                return Err(truncated(self.offset));
            }
            self.offset += skipped;
            count -= skipped;
        }
        Ok(())
    }
}

fn announce<T>(place: &mut Option<T>, value: T, start: u64) -> Result<(), Failure> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(malformed(start, "a second extended header for one entry")),
    }
}

/// Puts together what the header and those before it say.
fn describe(header: &Header<'_>, announced: Announced, globals: &Records, start: u64) -> Result<Described, Failure> {
    let mut records = globals.clone();
    records.extend(announced.records.unwrap_or_default());
    let path = match records.get("GNU.sparse.name") {
        Some(name) => text((Some(name), None), Vec::new, start)?,
        None => text((records.get("path"), announced.long_name), || header.name(), start)?,
    };
    let unsupported = |what: &str| {
        Failure::new("layer-unsupported", format!("the layer entry {} is {what}, which is not supported", shown(&path)))
    };
    if records.get("SCHILY.realsize").is_some() {
        return Err(unsupported("a sparse file in the form of star"));
    }
    let wrong = |what: &str| malformed_entry(&path, what);
    let stored = number(&records, "size", header.number(field::SIZE)).ok_or_else(|| wrong("a wrong size"))?;
    let sparse = match header.kind() {
        b'S' => Some(Sparse::old_gnu(header).ok_or_else(|| wrong("a wrong map of a sparse file"))?),
        _ => Sparse::of_records(&records).map_err(&wrong)?,
    };
    let size = sparse.as_ref().map_or(stored, |sparse| sparse.size);
    let link = || text((records.get("linkpath"), announced.long_link), || header.link(), start);
    let device = || header.device().ok_or_else(|| wrong("a wrong device number"));
    let kind = match header.kind() {
        // Before there was a type for them, directories were files with a trailing slash.
        0 | b'0' if path.ends_with(b"/") && size == 0 => Kind::Directory,
        0 | b'0' if path.ends_with(b"/") => return Err(wrong("a directory's name and a file's content")),
        0 | b'0' | b'7' | b'S' => Kind::File { size },
        _ if sparse.is_some() => return Err(wrong("a map of a sparse file, but is none")),
        b'1' => Kind::HardLink { target: link()? },
        b'2' => Kind::Symlink { target: link()? },
        b'3' => device().map(|(major, minor)| Kind::CharacterDevice { major, minor })?,
        b'4' => device().map(|(major, minor)| Kind::BlockDevice { major, minor })?,
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        other => return Err(unsupported(&format!("of type {:?}", char::from(other)))),
    };
    let mode = header.number(field::MODE).ok_or_else(|| wrong("a wrong mode"))?;
    let uid = id(number(&records, "uid", header.number(field::UID))).ok_or_else(|| wrong("a wrong user id"))?;
    let gid = id(number(&records, "gid", header.number(field::GID))).ok_or_else(|| wrong("a wrong group id"))?;
    let mtime = match records.get("mtime") {
        Some(value) => parse_time(value),
        None => header.number(field::MTIME).map(|seconds| Time { seconds, nanoseconds: 0 }),
    };
    let mtime = mtime.ok_or_else(|| wrong("a wrong modification time"))?;
    let xattrs = records.with_prefix(b"SCHILY.xattr.").map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    let mode = u32::try_from(mode & 0o7777).unwrap_or(0);
    Ok(Described { entry: Entry { kind, mode, uid, gid, mtime, xattrs, path }, stored, sparse })
}

/// A name from the pax records or GNU's long form, else from the header. Readers disagree about which of the first two
/// wins, so both at once are refused; NUL bytes they cut at different places.
fn text(
    announced: (Option<&[u8]>, Option<Vec<u8>>),
    own: impl FnOnce() -> Vec<u8>,
    start: u64,
) -> Result<Vec<u8>, Failure> {
    let text = match announced {
        (Some(_), Some(_)) => return Err(malformed(start, "an entry with two long names")),
        (Some(text), None) => text.to_vec(),
        (None, Some(text)) => text,
        (None, None) => own(),
    };
    if text.contains(&0) {
        return Err(malformed_entry(&text, "a NUL byte in a name"));
    }
    Ok(text)
}

/// A pax record's number, else the header's; neither may be negative.
fn number(records: &Records, key: &str, own: Option<i64>) -> Option<u64> {
    match records.get(key) {
        Some(value) => parse_decimal(value).filter(|&value| i64::try_from(value).is_ok()),
        None => own.and_then(|value| u64::try_from(value).ok()),
    }
}

/// An id. The highest 32-bit number means "no change" to chown and is nobody's.
fn id(number: Option<u64>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok()).filter(|&id| id != u32::MAX)
}

fn malformed(offset: u64, what: &str) -> Failure {
    Failure::new("layer-malformed", format!("the layer has {what} at byte {offset}"))
}

fn malformed_entry(path: &[u8], what: &str) -> Failure {
    Failure::new("layer-malformed", format!("the layer entry {} has {what}", shown(path)))
}

fn truncated(offset: u64) -> Failure {
    Failure::new("layer-truncated", format!("the layer ends at byte {offset}, within an entry"))
}
