//! The 512-byte header block: where its fields are, and what they say by themselves.

use super::{BLOCK, number};

pub type Block = [u8; BLOCK];

/// The fields of a header block (IEEE 1003.1, pax, "ustar Interchange Format").
pub mod field {
    use std::ops::Range;

    pub const NAME: Range<usize> = 0..100;
    pub const MODE: Range<usize> = 100..108;
    pub const UID: Range<usize> = 108..116;
    pub const GID: Range<usize> = 116..124;
    pub const SIZE: Range<usize> = 124..136;
    pub const MTIME: Range<usize> = 136..148;
    pub const CHECKSUM: Range<usize> = 148..156;
    pub const TYPE: Range<usize> = 156..157;
    pub const LINK: Range<usize> = 157..257;
    pub const MAGIC: Range<usize> = 257..265;
    pub const MAJOR: Range<usize> = 329..337;
    pub const MINOR: Range<usize> = 337..345;
    pub const PREFIX: Range<usize> = 345..500;
    /// In old GNU headers of sparse files: four pairs of offset and length, whether more follow, the size with holes.
    pub const SPARSE: Range<usize> = 386..482;
    pub const SPARSE_EXTENDED: Range<usize> = 482..483;
    pub const SPARSE_SIZE: Range<usize> = 483..495;
    /// star keeps times behind a shorter prefix, and says so in the last four bytes.
    pub const STAR_PREFIX: Range<usize> = 345..476;
    pub const STAR_TRAILER: Range<usize> = 508..512;
}

const USTAR: &[u8] = b"ustar\0";
const GNU: &[u8] = b"ustar  \0";
const STAR: &[u8] = b"tar\0";

/// A header block with a right checksum, its numbers not yet judged.
pub struct Header<'a>(&'a Block);

impl<'a> Header<'a> {
    /// Checks the checksum: the sum of all bytes, those of the checksum counted as spaces. Some old programs added
    /// signed bytes.
    pub fn parse(block: &'a Block) -> Option<Self> {
        let stored = number::parse(bytes(block, field::CHECKSUM))?;
        let (unsigned, signed) = checksums(block);
        (stored == unsigned || stored == signed).then_some(Self(block))
    }

    pub fn kind(&self) -> u8 {
        bytes(self.0, field::TYPE).first().copied().unwrap_or(0)
    }

    /// The name, behind its prefix when the format has one there. GNU tar uses that place for other things.
    pub fn name(&self) -> Vec<u8> {
        let name = text(self.0, field::NAME);
        let is_star = bytes(self.0, field::STAR_TRAILER) == STAR;
        let prefix = match bytes(self.0, field::MAGIC).starts_with(USTAR) {
            false => &[],
            true if is_star => text(self.0, field::STAR_PREFIX),
            true => text(self.0, field::PREFIX),
        };
        if prefix.is_empty() { name.to_vec() } else { [prefix, name].join(&b'/') }
    }

    pub fn link(&self) -> Vec<u8> {
        text(self.0, field::LINK).to_vec()
    }

    /// A numeric field; `None` when it holds no number.
    pub fn number(&self, field: std::ops::Range<usize>) -> Option<i64> {
        number::parse(bytes(self.0, field))
    }

    /// The start of a sparse file's map, whether more of it follows, and the size with holes.
    pub fn old_gnu_sparse(&self) -> Option<(&'a [u8], bool, u64)> {
        let size = self.number(field::SPARSE_SIZE).and_then(|size| u64::try_from(size).ok())?;
        let is_extended = bytes(self.0, field::SPARSE_EXTENDED) != [0];
        (bytes(self.0, field::MAGIC) == GNU).then_some((bytes(self.0, field::SPARSE), is_extended, size))
    }

    /// Major and minor number; zero in formats that have none.
    pub fn device(&self) -> Option<(u32, u32)> {
        let magic = bytes(self.0, field::MAGIC);
        if !magic.starts_with(USTAR) && magic != GNU {
            return Some((0, 0));
        }
        let number = |field| u32::try_from(self.number(field)?).ok();
        Some((number(field::MAJOR)?, number(field::MINOR)?))
    }
}

/// Fills in the checksum of an otherwise finished block.
pub fn seal(block: &mut Block) {
    let (sum, _) = checksums(block);
    let digits = format!("{sum:06o}\0 ");
    put(block, field::CHECKSUM, digits.as_bytes());
}

/// Copies `value` to the start of a field that is long enough for it.
pub fn put(block: &mut Block, field: std::ops::Range<usize>, value: &[u8]) {
    let place = block.get_mut(field).and_then(|field| field.get_mut(..value.len()));
    if let Some(place) = place {
        place.copy_from_slice(value);
    }
}

fn checksums(block: &Block) -> (i64, i64) {
    let mut unsigned = 0;
    let mut signed = 0;
    for (index, &byte) in block.iter().enumerate() {
        let byte = if field::CHECKSUM.contains(&index) { b' ' } else { byte };
        unsigned += i64::from(byte);
        signed += i64::from(i8::from_ne_bytes([byte]));
    }
    (unsigned, signed)
}

fn bytes(block: &Block, field: std::ops::Range<usize>) -> &[u8] {
    block.get(field).unwrap_or_default()
}

/// A text field ends at its first NUL, or fills its place.
fn text(block: &Block, field: std::ops::Range<usize>) -> &[u8] {
    bytes(block, field).split(|&byte| byte == 0).next().unwrap_or_default()
}
