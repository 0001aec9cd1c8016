//! Compression of a stream in chunks that know nothing of each other, so that any number of threads gives the same
//! bytes.
//!
//! gzip: every chunk is deflated alone and flushed to a byte boundary; put behind each other they are one deflate
//! stream and one gzip member. (libdeflate is faster at the same ratio, but it can only make whole members, and readers
//! exist that stop after the first.) zstd: every chunk is a frame.

use std::sync::Arc;

use zlib_rs::crc32::{crc32, crc32_combine};
use zlib_rs::{Deflate, DeflateFlush};
use zstd::zstd_safe::CParameter;

use crate::failure::Failure;
use crate::protocol::messages::Compression;

/// Measured on a Debian base system, per core: level 4 makes 100 MB/s and files 1.5 % larger than level 6 at 76 MB/s.
const GZIP_LEVEL: i32 = 4;

/// Level 1 with a hash table of twice the size over matches that reach back through the whole chunk: measured on a Debian
/// base system, per core, 280 MB/s and files 5 % larger than level 3 at 196 MB/s (docs/benchmarks.md).
const ZSTD_LEVEL: i32 = 1;
const ZSTD_TUNING: [CParameter; 3] = [CParameter::WindowLog(22), CParameter::HashLog(16), CParameter::MinMatch(6)];

/// A deflate stream with a 32 KiB window and no wrapper of its own.
const WINDOW_BITS: u8 = 15;

/// Bytes of the stream in one chunk. These sizes are part of the format: other sizes give other bytes.
pub fn chunk_size(compression: Compression) -> usize {
    match compression {
        Compression::None | Compression::Gzip => 1 << 20,
        Compression::Zstd => 4 << 20,
    }
}

/// How many compressing threads are of use: more would not be faster than reading and hashing, and cost memory.
pub fn most_threads(compression: Compression) -> usize {
    match compression {
        Compression::None => 1,
        Compression::Gzip => 16,
        Compression::Zstd => 4,
    }
}

/// A compressed chunk, and what the end of the stream must tell about the bytes in it.
pub struct Piece {
    pub bytes: Arc<Vec<u8>>,
    length: u64,
    crc: u32,
}

/// Compresses chunks; every thread has its own.
pub enum Compressor {
    Stored,
    Gzip(Box<Deflate>),
    Zstd(Box<zstd::bulk::Compressor<'static>>),
}

impl Compressor {
    pub fn new(compression: Compression) -> Result<Self, Failure> {
        Ok(match compression {
            Compression::None => Self::Stored,
            Compression::Gzip => Self::Gzip(Box::new(Deflate::new(GZIP_LEVEL, false, WINDOW_BITS))),
            Compression::Zstd => Self::Zstd(Box::new(new_zstd().map_err(|error| failed(&error))?)),
        })
    }

    pub fn compress(&mut self, chunk: &Arc<Vec<u8>>) -> Result<Piece, Failure> {
        let length = chunk.len() as u64;
        Ok(match self {
            Self::Stored => Piece { bytes: Arc::clone(chunk), length, crc: 0 },
            Self::Gzip(deflate) => Piece { bytes: Arc::new(deflated(deflate, chunk)?), length, crc: crc32(0, chunk) },
            Self::Zstd(zstd) => {
                let bytes = zstd.compress(chunk).map_err(|error| failed(&error))?;
                Piece { bytes: Arc::new(bytes), length, crc: 0 }
            }
        })
    }
}

/// What stands before, and in the end behind, the compressed chunks.
pub enum Frame {
    Bare,
    Gzip { crc: u32, length: u64 },
}

impl Frame {
    pub fn new(compression: Compression) -> Self {
        match compression {
            Compression::Gzip => Self::Gzip { crc: 0, length: 0 },
            Compression::None | Compression::Zstd => Self::Bare,
        }
    }

    /// The gzip header (RFC 1952, section 2.3) has no name, no time and no operating system, so that it says nothing
    /// but "gzip".
    pub fn head(&self) -> &'static [u8] {
        match self {
            Self::Bare => &[],
            Self::Gzip { .. } => &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff],
        }
    }

    pub fn add(&mut self, piece: &Piece) {
        if let Self::Gzip { crc, length } = self {
            *crc = crc32_combine(*crc, piece.crc, piece.length);
            *length += piece.length;
        }
    }

    /// For gzip an empty final deflate block, the checksum, and the length modulo 2^32.
    pub fn tail(&self) -> Vec<u8> {
        match self {
            Self::Bare => Vec::new(),
            Self::Gzip { crc, length } => {
                let length = u32::try_from(length & u64::from(u32::MAX)).unwrap_or(0);
                [&[0x03, 0x00][..], &crc.to_le_bytes(), &length.to_le_bytes()].concat()
            }
        }
    }
}

fn new_zstd() -> std::io::Result<zstd::bulk::Compressor<'static>> {
    let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
    compressor.include_checksum(true)?;
    for parameter in ZSTD_TUNING {
        compressor.set_parameter(parameter)?;
    }
    Ok(compressor)
}

/// Deflate blocks that hold `chunk`, ending at a byte boundary without a final block.
fn deflated(deflate: &mut Deflate, chunk: &[u8]) -> Result<Vec<u8>, Failure> {
    deflate.reset();
    // Deflate falls back to stored blocks of at least 16 KiB with five bytes each, so this is always enough.
    let mut output = vec![0; chunk.len() + chunk.len() / 1024 + 64];
    deflate.compress(chunk, &mut output, DeflateFlush::SyncFlush).map_err(|error| failed(&error.as_str()))?;
    let length = usize::try_from(deflate.total_out()).unwrap_or(usize::MAX);
    if deflate.total_in() != chunk.len() as u64 || length >= output.len() {
        return Err(failed(&"a chunk did not fit"));
    }
    output.truncate(length);
    Ok(output)
}

fn failed(reason: &dyn std::fmt::Display) -> Failure {
    Failure::new("internal-error", format!("cannot compress the layer: {reason}"))
}
