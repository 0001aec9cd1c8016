//! SHA-256 in the form digests have in image documents: `sha256:` and 64 hexadecimal digits.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use sha2::{Digest, Sha256};

/// The digest of bytes that arrive piece by piece, and how many they were.
#[derive(Default)]
pub struct Hashing {
    state: Sha256,
    pub bytes: u64,
}

impl Hashing {
    /// Hashes every chunk that arrives until the senders are gone.
    pub fn of_chunks(chunks: &Receiver<Arc<Vec<u8>>>) -> Self {
        let mut hashing = Self::default();
        for chunk in chunks {
            hashing.update(&chunk);
        }
        hashing
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    pub fn digest(self) -> String {
        let mut text = String::with_capacity(7 + 64);
        text.push_str("sha256:");
        for byte in self.state.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}
