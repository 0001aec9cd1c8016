//! Contents of files as digests of their chunks: enough to find the chunk in which two of them part.

use sha2::{Digest, Sha256};

use super::super::tar::{Entry, Kind, Piece, Reader, Source};
use crate::failure::Failure;
use crate::protocol::messages::ContentChange;

const CHUNK: u64 = 1 << 20;
/// How many bytes of each content are told.
const TOLD: usize = 16;

/// One digest for each chunk, the last of which may be shorter. Holes are zeros, as for whoever reads the file.
#[derive(Default, PartialEq, Eq)]
pub struct ContentDigests(Vec<[u8; 32]>);

impl ContentDigests {
    pub fn of(entry: &Entry, reader: &mut Reader<impl Source>) -> Result<Self, Failure> {
        let mut digests = Vec::new();
        let mut state = Sha256::new();
        let mut filled: u64 = 0;
        each_stretch(entry, reader, |mut bytes| {
            while !bytes.is_empty() {
                let space = usize::try_from(CHUNK - filled).unwrap_or(usize::MAX);
                let (now, later) = bytes.split_at_checked(space).unwrap_or((bytes, &[]));
                state.update(now);
                filled += now.len() as u64;
                bytes = later;
                if filled == CHUNK {
                    digests.push(state.finalize_reset().into());
                    filled = 0;
                }
            }
        })?;
        if filled > 0 {
            digests.push(state.finalize().into());
        }
        Ok(Self(digests))
    }

    /// The number of the first chunk that is not the same.
    pub fn first_difference(&self, other: &Self) -> Option<u64> {
        let (ours, theirs) = (&self.0, &other.0);
        (0..ours.len().max(theirs.len())).find(|&at| ours.get(at) != theirs.get(at)).map(|at| at as u64)
    }
}

/// One chunk of a file's content.
pub struct Chunk {
    start: u64,
    bytes: Vec<u8>,
}

impl Chunk {
    pub fn read(number: u64, entry: &Entry, reader: &mut Reader<impl Source>) -> Result<Self, Failure> {
        let start = number.saturating_mul(CHUNK);
        let mut bytes = Vec::new();
        let mut position: u64 = 0;
        each_stretch(entry, reader, |stretch| {
            let end = position + stretch.len() as u64;
            // A few bytes of the next chunk, so that a difference at the end of this one shows what follows.
            let (from, to) = (position.max(start), end.min(start + CHUNK + TOLD as u64));
            if from < to {
                let within = |at: u64| usize::try_from(at - position).unwrap_or(usize::MAX);
                bytes.extend(stretch.get(within(from)..within(to)).unwrap_or_default());
            }
            position = end;
        })?;
        Ok(Self { start, bytes })
    }
}

/// Where two chunks of one number part, and what each has there.
pub fn contrast(before: &Chunk, after: &Chunk) -> Option<ContentChange> {
    let longest = before.bytes.len().max(after.bytes.len());
    let at = (0..longest).find(|&at| before.bytes.get(at) != after.bytes.get(at))?;
    let told = |chunk: &Chunk| hex(chunk.bytes.get(at..).unwrap_or_default());
    Some(ContentChange { offset: before.start + at as u64, before: told(before), after: told(after) })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(TOLD).map(|byte| format!("{byte:02x}")).collect()
}

/// The whole content of a file in order, its holes filled; nothing of another entry.
fn each_stretch(entry: &Entry, reader: &mut Reader<impl Source>, mut take: impl FnMut(&[u8])) -> Result<(), Failure> {
    const ZEROS: &[u8] = &[0; 64 << 10];
    let Kind::File { size } = entry.kind else { return Ok(()) };
    let mut end: u64 = 0;
    loop {
        let Piece { at, bytes } = reader.content()?;
        let next = if bytes.is_empty() { size } else { at };
        while end < next {
            let hole = usize::try_from(next - end).unwrap_or(usize::MAX).min(ZEROS.len());
            take(ZEROS.get(..hole).unwrap_or_default());
            end += hole as u64;
        }
        if bytes.is_empty() {
            return Ok(());
        }
        take(bytes);
        end += bytes.len() as u64;
    }
}
