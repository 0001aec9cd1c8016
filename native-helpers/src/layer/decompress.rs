//! Layer blobs and other archives back to tar bytes: gzip with any number of members, zstd with any number of frames, bzip2
//! and xz with any number of streams, or none of these.

use bzip2::Decompress as Bzip2Decoder;
use liblzma::stream::{Action, CONCATENATED, Status as XzStatus, Stream as XzDecoder};
use zlib_rs::{Inflate, InflateFlush, Status};
use zstd::stream::raw::{Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

use super::growing::Blob;
use super::limits::check_growth;
use crate::failure::Failure;
use crate::protocol::messages::{Compression, LayerLimits};

/// Bytes of tar in one chunk: large enough that handing it from thread to thread costs nothing.
const CHUNK: usize = 1 << 20;
const INPUT: usize = 256 << 10;

/// What an archive may be compressed with; layers are so with the first three only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Stored,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Format {
    /// How many bytes of a file tell its format.
    pub const TELLING: usize = 6;

    /// The format of a file that begins with these bytes.
    pub fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, 0x08, ..] => Self::Gzip,
            // The second form begins a frame without data, which may come first (RFC 8878, section 3.1.2).
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::Stored,
        }
    }
}

impl From<Compression> for Format {
    fn from(compression: Compression) -> Self {
        match compression {
            Compression::None => Self::Stored,
            Compression::Gzip => Self::Gzip,
            Compression::Zstd => Self::Zstd,
        }
    }
}

/// An archive's bytes without their compression.
pub struct Decompressing<'a> {
    blob: Blob<'a>,
    decoder: Decoder,
    input: Vec<u8>,
    /// What of the input the decoder has not taken yet.
    unread: std::ops::Range<usize>,
    ended: bool,
    /// Bytes taken and given so far.
    packed: u64,
    unpacked: u64,
}

impl<'a> Decompressing<'a> {
    pub fn new(blob: Blob<'a>, format: impl Into<Format>) -> Result<Self, Failure> {
        let decoder = Decoder::new(format.into())?;
        Ok(Self { blob, decoder, input: vec![0; INPUT], unread: 0..0, ended: false, packed: 0, unpacked: 0 })
    }

    /// Fills `buffer` and answers how much of it; less than the whole is the end.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let mut filled = 0;
        while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
            if self.unread.is_empty() && !self.ended {
                self.unread = 0..self.blob.read(&mut self.input)?;
                self.ended = self.unread.is_empty();
            }
            let step = self.decoder.decode(self.input.get(self.unread.clone()).unwrap_or_default(), space)?;
            self.unread.start += step.consumed;
            filled += step.produced;
            self.packed += step.consumed as u64;
            self.unpacked += step.produced as u64;
            if step.produced == 0 && step.consumed == 0 {
                if !self.ended {
                    return Err(Failure::new("layer-malformed", "the compressed layer stops making sense"));
                }
                self.decoder.finish()?;
                break;
            }
        }
        Ok(filled)
    }
}

/// Decompresses `blob` to its end and gives it away in chunks. `accept` answers whether it wants more.
pub fn decompress(
    blob: Blob<'_>,
    format: impl Into<Format>,
    limits: &LayerLimits,
    mut accept: impl FnMut(Vec<u8>) -> bool,
) -> Result<(), Failure> {
    let mut decompressing = Decompressing::new(blob, format)?;
    loop {
        let mut chunk = vec![0; CHUNK];
        let filled = decompressing.fill(&mut chunk)?;
        check_growth(limits, decompressing.packed, decompressing.unpacked)?;
        chunk.truncate(filled);
        if (filled > 0 && !accept(chunk)) || filled < CHUNK {
            return Ok(());
        }
    }
}

/// How many bytes one call of a decoder took and gave.
struct Step {
    consumed: usize,
    produced: usize,
}

enum Decoder {
    Stored,
    Gzip(Gzip),
    Zstd(Zstd),
    Bzip2(Bzip2),
    Xz(Xz),
}

impl Decoder {
    fn new(format: Format) -> Result<Self, Failure> {
        Ok(match format {
            Format::Stored => Self::Stored,
            Format::Gzip => Self::Gzip(Gzip::Start),
            Format::Zstd => Self::Zstd(Zstd::new()?),
            Format::Bzip2 => Self::Bzip2(Bzip2::Between),
            Format::Xz => Self::Xz(Xz::new()?),
        })
    }

    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Failure> {
        match self {
            Self::Stored => {
                let count = input.len().min(output.len());
                if let (Some(from), Some(to)) = (input.get(..count), output.get_mut(..count)) {
                    to.copy_from_slice(from);
                }
                Ok(Step { consumed: count, produced: count })
            }
            Self::Gzip(gzip) => gzip.decode(input, output),
            Self::Zstd(zstd) => zstd.decode(input, output),
            Self::Bzip2(bzip2) => bzip2.decode(input, output),
            Self::Xz(xz) => xz.decode(input, output),
        }
    }

    /// Called at the end of the input: is it an end?
    fn finish(&self) -> Result<(), Failure> {
        let whole = match self {
            Self::Stored => true,
            Self::Gzip(gzip) => matches!(gzip, Gzip::BetweenMembers),
            Self::Zstd(zstd) => zstd.frame_complete,
            Self::Bzip2(bzip2) => matches!(bzip2, Bzip2::Between),
            Self::Xz(xz) => xz.complete,
        };
        if whole { Ok(()) } else { Err(Failure::new("layer-truncated", "the compressed layer ends too early")) }
    }
}

/// A gzip file is a series of members (RFC 1952, section 2.2); what follows the last one must be the end.
enum Gzip {
    Start,
    Member(Box<Inflate>),
    BetweenMembers,
}

/// zlib's way to say: a 32 KiB window (15) within a gzip wrapper (16), whose checksum and length are verified.
const GZIP_WINDOW: u8 = 15 + 16;

impl Gzip {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Failure> {
        if !matches!(self, Self::Member(_)) && !input.is_empty() {
            *self = Self::Member(Box::new(Inflate::new(true, GZIP_WINDOW)));
        }
        let Self::Member(inflate) = self else {
            return Ok(Step { consumed: 0, produced: 0 });
        };
        let (taken, given) = (inflate.total_in(), inflate.total_out());
        let status = inflate
            .decompress(input, output, InflateFlush::NoFlush)
            .map_err(|error| malformed("gzip", inflate.error_message().unwrap_or(error.as_str())))?;
        let step = Step {
            consumed: usize::try_from(inflate.total_in() - taken).unwrap_or(0),
            produced: usize::try_from(inflate.total_out() - given).unwrap_or(0),
        };
        if status == Status::StreamEnd {
            *self = Self::BetweenMembers;
        }
        Ok(step)
    }
}

struct Zstd {
    decoder: ZstdDecoder<'static>,
    frame_complete: bool,
}

impl Zstd {
    fn new() -> Result<Self, Failure> {
        let decoder = ZstdDecoder::new().map_err(|error| malformed("zstd", &error.to_string()))?;
        Ok(Self { decoder, frame_complete: false })
    }

    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Failure> {
        if self.frame_complete && input.is_empty() {
            return Ok(Step { consumed: 0, produced: 0 });
        }
        let mut source = InBuffer::around(input);
        let mut sink = OutBuffer::around(output);
        let expected =
            self.decoder.run(&mut source, &mut sink).map_err(|error| malformed("zstd", &error.to_string()))?;
        self.frame_complete = expected == 0;
        Ok(Step { consumed: source.pos(), produced: sink.pos() })
    }
}

/// Programs that compress in parallel write a series of streams.
enum Bzip2 {
    Between,
    Stream(Bzip2Decoder),
}

impl Bzip2 {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Failure> {
        if matches!(self, Self::Between) && !input.is_empty() {
            *self = Self::Stream(Bzip2Decoder::new(false));
        }
        let Self::Stream(decoder) = self else {
            return Ok(Step { consumed: 0, produced: 0 });
        };
        let (taken, given) = (decoder.total_in(), decoder.total_out());
        let status = decoder.decompress(input, output).map_err(|error| malformed("bzip2", &error.to_string()))?;
        let step = Step {
            consumed: usize::try_from(decoder.total_in() - taken).unwrap_or(0),
            produced: usize::try_from(decoder.total_out() - given).unwrap_or(0),
        };
        if status == bzip2::Status::StreamEnd {
            *self = Self::Between;
        }
        Ok(step)
    }
}

struct Xz {
    decoder: XzDecoder,
    complete: bool,
}

/// Enough for what `xz -9` writes, which is 65 MiB, and for what is allowed beyond it within reason.
const XZ_MEMORY: u64 = 256 << 20;

impl Xz {
    fn new() -> Result<Self, Failure> {
        let decoder = XzDecoder::new_stream_decoder(XZ_MEMORY, CONCATENATED)
            .map_err(|error| malformed("xz", &error.to_string()))?;
        Ok(Self { decoder, complete: false })
    }

    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Failure> {
        if self.complete {
            return Ok(Step { consumed: 0, produced: 0 });
        }
        let (taken, given) = (self.decoder.total_in(), self.decoder.total_out());
        // Only the end of the input tells that no further stream follows.
        let action = if input.is_empty() { Action::Finish } else { Action::Run };
        let status =
            self.decoder.process(input, output, action).map_err(|error| malformed("xz", &error.to_string()))?;
        self.complete = status == XzStatus::StreamEnd;
        Ok(Step {
            consumed: usize::try_from(self.decoder.total_in() - taken).unwrap_or(0),
            produced: usize::try_from(self.decoder.total_out() - given).unwrap_or(0),
        })
    }
}

fn malformed(format: &str, reason: &str) -> Failure {
    Failure::new("layer-malformed", format!("the layer is not a valid {format} file: {reason}"))
}
