//! A stream of bytes cut into chunks of one size, which go to other threads as they fill.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use rustix::io::Errno;

use super::directories::failed;
use super::path::shown;
use crate::failure::Failure;

/// Where full chunks go; answers false when nobody takes them any more.
pub type Sink<'a> = Box<dyn FnMut(Arc<Vec<u8>>) -> bool + 'a>;

pub struct ChunkStream<'a> {
    size: usize,
    chunk: Vec<u8>,
    filled: usize,
    sink: Sink<'a>,
    /// Chunks that were handed over. One that nobody else holds any more is filled again: new memory costs more than what
    /// is done with it.
    given: VecDeque<Arc<Vec<u8>>>,
}

impl<'a> ChunkStream<'a> {
    pub fn new(size: usize, sink: Sink<'a>) -> Self {
        Self { size, chunk: vec![0; size], filled: 0, sink, given: VecDeque::new() }
    }

    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        while !bytes.is_empty() {
            let space = self.space()?;
            let (now, later) = bytes.split_at_checked(space.len()).unwrap_or((bytes, &[]));
            if let Some(place) = space.get_mut(..now.len()) {
                place.copy_from_slice(now);
            }
            self.filled += now.len();
            bytes = later;
        }
        Ok(())
    }

    /// Reads the `size` bytes of a file straight into the chunks. A file that ends earlier is a failure.
    pub fn write_file(&mut self, file: BorrowedFd<'_>, size: u64, path: &[u8]) -> Result<(), Failure> {
        let mut left = size;
        while left > 0 {
            let space = self.space()?;
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(space.len());
            let count = match rustix::io::read(file, space.get_mut(..wanted).unwrap_or_default()) {
                Ok(0) => return Err(changed(path)),
                Ok(count) => count,
                Err(Errno::INTR) => continue,
                Err(error) => return Err(failed("read", path, error)),
            };
            self.filled += count;
            left -= count as u64;
        }
        Ok(())
    }

    /// Hands over the last chunk, which may be shorter.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.chunk.truncate(self.filled);
        if (self.sink)(Arc::new(self.chunk)) { Ok(()) } else { Err(stopped()) }
    }

    /// The free rest of the current chunk, never empty.
    fn space(&mut self) -> Result<&mut [u8], Failure> {
        if self.filled == self.size {
            let next = self.spare();
            let full = Arc::new(std::mem::replace(&mut self.chunk, next));
            self.filled = 0;
            self.given.push_back(Arc::clone(&full));
            if !(self.sink)(full) {
                return Err(stopped());
            }
        }
        Ok(self.chunk.get_mut(self.filled..).unwrap_or_default())
    }

    /// The oldest chunk when it came back, else a new one.
    fn spare(&mut self) -> Vec<u8> {
        match self.given.pop_front().map(Arc::try_unwrap) {
            Some(Ok(chunk)) => return chunk,
            Some(Err(held)) => self.given.push_front(held),
            None => {}
        }
        vec![0; self.size]
    }
}

/// The file at `path` is not what it was when its header was written.
pub fn changed(path: &[u8]) -> Failure {
    Failure::new("file-changed", format!("the file {} changed while it was read", shown(path)))
        .with_hint("make sure that nothing writes to the layer any more")
}

/// Another thread gave up; its failure is the one to report.
fn stopped() -> Failure {
    Failure::new("internal-error", "the chunks of the layer are not read any more")
}
