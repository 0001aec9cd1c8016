//! Sparse files as GNU tar writes them: an entry stores stretches of data only, and a map says where they go (GNU tar
//! manual, "Storing Sparse Files"). The map is in the header and blocks behind it ("old GNU"), in pax records (0.0 and
//! 0.1), or in front of the data (1.0).

use super::header::{Block, Header};
use super::number;
use super::pax::{Records, parse_decimal};

/// A stretch of a file's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    pub at: u64,
    pub length: u64,
}

/// A map with more stretches is refused, so that its memory is bounded.
const MOST_EXTENTS: usize = 1 << 16;

/// Where a sparse file's map is found.
#[derive(Debug, PartialEq, Eq)]
pub enum Map {
    Whole(Vec<Extent>),
    /// The start of it; the rest is in blocks before the data.
    Extended(Vec<Extent>),
    /// All of it is in blocks that count as data.
    Leading,
}

/// The map of an entry that has one, and the size of the file with its holes.
#[derive(Debug, PartialEq, Eq)]
pub struct Sparse {
    pub map: Map,
    pub size: u64,
}

impl Sparse {
    /// Of an entry with the type `S`.
    pub fn old_gnu(header: &Header<'_>) -> Option<Self> {
        let (fields, is_extended, size) = header.old_gnu_sparse()?;
        let extents = extents_of_fields(fields)?;
        Some(Self { map: if is_extended { Map::Extended(extents) } else { Map::Whole(extents) }, size })
    }

    /// Of an entry with pax records; `Ok(None)` when they speak of no map.
    pub fn of_records(records: &Records) -> Result<Option<Self>, &'static str> {
        if records.with_prefix(b"GNU.sparse.").next().is_none() {
            return Ok(None);
        }
        let version = (records.get("GNU.sparse.major"), records.get("GNU.sparse.minor"));
        let number = |key| records.get(key).and_then(parse_decimal).filter(|size| i64::try_from(*size).is_ok());
        match version {
            (Some(b"1"), Some(b"0")) => {
                let size = number("GNU.sparse.realsize").ok_or("a sparse file without a size")?;
                Ok(Some(Self { map: Map::Leading, size }))
            }
            (None, None) | (Some(b"0"), Some(b"0" | b"1")) => {
                let size = number("GNU.sparse.size").ok_or("a sparse file without a size")?;
                let extents = extents_of_list(records.get("GNU.sparse.map").unwrap_or_default());
                let extents = extents.ok_or("a wrong map of a sparse file")?;
                if number("GNU.sparse.numblocks") != Some(extents.len() as u64) {
                    return Err("a map of a sparse file that does not have the announced length");
                }
                Ok(Some(Self { map: Map::Whole(extents), size }))
            }
            _ => Err("a sparse file of an unknown version"),
        }
    }

    /// Whether stretches follow each other within the file and are as long together as the data that is stored.
    pub fn is_sound(extents: &[Extent], size: u64, stored: u64) -> bool {
        let mut end = 0;
        let mut total: u64 = 0;
        for extent in extents {
            let Some(next) = extent.at.checked_add(extent.length) else { return false };
            if extent.at < end || next > size {
                return false;
            }
            (end, total) = (next, total + extent.length);
        }
        total == stored
    }
}

/// Adds what an extension block of the old form holds, and tells whether another follows.
pub fn extend(extents: &mut Vec<Extent>, block: &Block) -> Option<bool> {
    let (fields, flag) = block.split_at_checked(504)?;
    extents.extend(extents_of_fields(fields)?);
    (extents.len() <= MOST_EXTENTS).then_some(flag.first() != Some(&0))
}

/// The map of form 1.0 as its blocks arrive: a count, then an offset and a length for each stretch, one number a line.
#[derive(Default)]
pub struct LeadingMap {
    numbers: Vec<u64>,
    line: Vec<u8>,
}

impl LeadingMap {
    /// Reads a block; answers the map when it is complete, which leaves the rest of the block unused.
    pub fn read(&mut self, block: &Block) -> Result<Option<Vec<Extent>>, &'static str> {
        const WRONG: &str = "a wrong map of a sparse file";
        for &byte in block {
            if byte != b'\n' {
                self.line.push(byte);
                if self.line.len() > 20 {
                    return Err(WRONG);
                }
                continue;
            }
            self.numbers.push(parse_decimal(&self.line).ok_or(WRONG)?);
            self.line.clear();
            let (count, pairs) = self.numbers.split_first().ok_or(WRONG)?;
            let count = usize::try_from(*count).ok().filter(|count| *count <= MOST_EXTENTS).ok_or(WRONG)?;
            if pairs.len() == 2 * count {
                return Ok(Some(pair(pairs)));
            }
        }
        Ok(None)
    }
}

/// Pairs of twelve-byte numbers, up to the first that is not there.
fn extents_of_fields(fields: &[u8]) -> Option<Vec<Extent>> {
    let mut numbers = Vec::new();
    for fields in fields.chunks_exact(24).take_while(|fields| fields.first() != Some(&0)) {
        for field in fields.chunks_exact(12) {
            numbers.push(u64::try_from(number::parse(field)?).ok()?);
        }
    }
    Some(pair(&numbers))
}

/// `offset,length,offset,length…`
fn extents_of_list(list: &[u8]) -> Option<Vec<Extent>> {
    if list.is_empty() {
        return Some(Vec::new());
    }
    let numbers: Option<Vec<u64>> = list.split(|&byte| byte == b',').map(parse_decimal).collect();
    numbers.filter(|numbers| numbers.len() % 2 == 0 && numbers.len() <= 2 * MOST_EXTENTS).map(|numbers| pair(&numbers))
}

fn pair(numbers: &[u64]) -> Vec<Extent> {
    let of =
        |pair: &[u64]| Extent { at: pair.first().copied().unwrap_or(0), length: pair.last().copied().unwrap_or(0) };
    numbers.chunks_exact(2).map(of).collect()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn extents(pairs: &[(u64, u64)]) -> Vec<Extent> {
        pairs.iter().map(|&(at, length)| Extent { at, length }).collect()
    }

    #[test]
    fn stretches_must_be_in_order_within_the_file_and_as_long_as_the_data() {
        for (pairs, size, stored, sound) in [
            (&[][..], 0, 0, true),
            (&[], 100, 0, true),
            (&[(0, 10), (10, 0), (20, 5)], 25, 15, true),
            (&[(0, 10), (9, 5)], 25, 15, false),
            (&[(20, 5), (0, 10)], 25, 15, false),
            (&[(20, 6)], 25, 6, false),
            (&[(0, 10)], 25, 11, false),
            (&[(u64::MAX, 2)], u64::MAX, 2, false),
        ] {
            assert_eq!(Sparse::is_sound(&extents(pairs), size, stored), sound, "{pairs:?} {size} {stored}");
        }
    }

    #[test]
    fn lists_of_stretches_are_pairs_of_decimal_numbers() {
        assert_eq!(extents_of_list(b""), Some(Vec::new()));
        assert_eq!(extents_of_list(b"1,2,30,4"), Some(extents(&[(1, 2), (30, 4)])));
        for list in [&b"1"[..], b"1,2,", b",", b"-1,2", b"1,2,3", b"0x1,2", b"99999999999999999999,1"] {
            assert_eq!(extents_of_list(list), None, "{}", list.escape_ascii());
        }
    }

    #[test]
    fn a_leading_map_may_span_blocks_and_is_bounded() {
        let text = |text: &str| {
            let mut block: Block = [0; 512];
            block[..text.len()].copy_from_slice(text.as_bytes());
            block
        };
        assert_eq!(LeadingMap::default().read(&text("1\n5\n7\n")), Ok(Some(extents(&[(5, 7)]))));
        assert_eq!(LeadingMap::default().read(&text("0\n")), Ok(Some(Vec::new())));
        for wrong in ["1\n5\nx\n", "65537\n", "-1\n", "\n", "18446744073709551616\n", "1"] {
            assert!(LeadingMap::default().read(&text(wrong)).is_err(), "{wrong}");
        }
        let mut map = LeadingMap::default();
        assert_eq!(map.read(&text(&format!("255\n{}", "1\n".repeat(254)))), Ok(None));
        assert_eq!(map.read(&text(&"1\n".repeat(256))), Ok(Some(extents(&[(1, 1); 255]))));
    }
}
