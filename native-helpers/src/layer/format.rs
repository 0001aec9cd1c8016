//! What ADD finds in a file: whether it is a tar archive, and how to read it through its compression. The content decides,
//! never the name.

use std::fs::File;
use std::io::{self, Read, Seek};

use super::decompress::{Decoder, Format, Step};
use super::tar::{Block, is_header};
use crate::failure::Failure;

/// A zstd file may begin with frames that hold no data; the first byte of their magic number is one of sixteen (RFC 8878,
/// section 3.1.2).
const ZSTD_SKIPPABLE: &[u8] = &[0x2a, 0x4d, 0x18];

/// A file that is a tar archive.
#[derive(Debug)]
pub struct Archive {
    pub(super) file: File,
    pub(super) format: Format,
}

/// The tar archive that `file` is; nothing when it is something else, such as text, a compressed single file or an archive
/// without an entry, which ADD copies as it is (as BuildKit does).
pub fn recognise(mut file: File) -> io::Result<Option<Archive>> {
    let mut start = [0; Format::TELLING];
    let length = fill(&mut file, &mut start)?;
    file.rewind()?;
    let format = format_of(start.get(..length).unwrap_or_default());
    let mut block: Block = [0; 512];
    // What cannot be decompressed is no archive.
    let is_archive = match reader(&mut file, format) {
        Ok(mut reader) => fill(&mut reader, &mut block).is_ok_and(|length| length == block.len()) && is_header(&block),
        Err(_) => false,
    };
    file.rewind()?;
    Ok(is_archive.then_some(Archive { file, format }))
}

fn format_of(start: &[u8]) -> Format {
    let skippable = start.first().is_some_and(|byte| byte & 0xf0 == 0x50) && start.get(1..4) == Some(ZSTD_SKIPPABLE);
    if skippable { Format::Zstd } else { Format::of(start) }
}

/// The archive's bytes without their compression.
pub(super) fn reader(file: impl Read, format: Format) -> Result<impl Read, Failure> {
    let decoder = Decoder::new(format)?;
    Ok(Decoded { input: file, decoder, buffer: vec![0; 256 << 10], unread: 0..0, ended: false })
}

/// A layer's decoder as a reader.
struct Decoded<R> {
    input: R,
    decoder: Decoder,
    buffer: Vec<u8>,
    unread: std::ops::Range<usize>,
    ended: bool,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let failed = |failure: Failure| io::Error::new(io::ErrorKind::InvalidData, failure.message);
        loop {
            if self.unread.is_empty() && !self.ended {
                self.unread = 0..self.input.read(&mut self.buffer)?;
                self.ended = self.unread.is_empty();
            }
            let input = self.buffer.get(self.unread.clone()).unwrap_or_default();
            let Step { consumed, produced } = self.decoder.decode(input, output).map_err(failed)?;
            self.unread.start += consumed;
            if produced > 0 || output.is_empty() {
                return Ok(produced);
            }
            if consumed == 0 && self.ended {
                return self.decoder.finish().map_err(failed).map(|()| 0);
            }
            if consumed == 0 {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the compressed data stops making sense"));
            }
        }
    }
}

/// Fills `buffer` as far as the source goes.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
