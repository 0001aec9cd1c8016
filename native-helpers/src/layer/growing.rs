//! A blob that may still be on its way: reading follows the download instead of waiting for its end.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::failure::Failure;

/// How far a blob that is still being downloaded may be read.
pub struct Growth {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy)]
enum State {
    Growing {
        available: u64,
    },
    Complete {
        total: u64,
    },
    Abandoned,
    /// Nobody reads any more, so that nobody waits for more either.
    Left,
}

impl Growth {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::Growing { available: 0 }), changed: Condvar::new() })
    }

    /// The blob's first `bytes` bytes are on disk.
    pub fn grew(&self, bytes: u64) {
        self.advance(|state| match state {
            State::Growing { available } => State::Growing { available: available.max(bytes) },
            settled => settled,
        });
    }

    /// The blob is whole and `bytes` long.
    pub fn complete(&self, bytes: u64) {
        self.advance(|state| match state {
            State::Growing { .. } => State::Complete { total: bytes },
            settled => settled,
        });
    }

    /// The blob will never be whole.
    pub fn abandoned(&self) {
        self.advance(|state| match state {
            State::Growing { .. } => State::Abandoned,
            settled => settled,
        });
    }

    /// The reader has given up: a wait for more bytes ends at once.
    pub(super) fn leave(&self) {
        self.advance(|_| State::Left);
    }

    /// Waits until more than `offset` bytes may be read and answers how many; `offset` itself is the blob's end.
    fn wait_past(&self, offset: u64) -> Result<u64, Failure> {
        let mut state = self.lock();
        loop {
            match *state {
                State::Growing { available } if available > offset => return Ok(available),
                State::Growing { .. } => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                State::Complete { total } => return Ok(total.max(offset)),
                State::Abandoned => {
                    return Err(Failure::new("blob-abandoned", "the download of a layer ended before its last byte"));
                }
                State::Left => return Ok(offset),
            }
        }
    }

    fn advance(&self, next: impl Fn(State) -> State) {
        let mut state = self.lock();
        *state = next(*state);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A layer blob, read from its start.
pub struct Blob<'a> {
    file: File,
    path: PathBuf,
    growth: Option<&'a Growth>,
    offset: u64,
}

impl<'a> Blob<'a> {
    /// Opens the blob at `path`; with `growth` it may be read only as far as that says.
    pub fn open(path: PathBuf, growth: Option<&'a Growth>) -> Result<Self, Failure> {
        let file = File::open(&path).map_err(|error| Failure::io("open", &path, error))?;
        Ok(Self { file, path, growth, offset: 0 })
    }

    /// A whole file that is open already; `path` names it in messages.
    pub fn of(file: File, path: PathBuf) -> Self {
        Self { file, path, growth: None, offset: 0 }
    }

    /// Reads what comes next into `buffer` and answers how many bytes; 0 is the end.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let readable = match self.growth {
            None => u64::MAX,
            Some(growth) => growth.wait_past(self.offset)? - self.offset,
        };
        let length = buffer.len().min(usize::try_from(readable).unwrap_or(usize::MAX));
        let count = self
            .file
            .read(buffer.get_mut(..length).unwrap_or_default())
            .map_err(|error| Failure::io("read", &self.path, error))?;
        if count == 0 && length > 0 && self.growth.is_some() {
            let message = format!("{} ends at byte {}, before its announced end", self.path.display(), self.offset);
            return Err(Failure::new("layer-truncated", message));
        }
        self.offset += count as u64;
        Ok(count)
    }
}
