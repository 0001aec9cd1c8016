//! The entries of a blob, one after the other.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::super::apply::{CHUNKS_AHEAD, Chunks};
use super::super::decompress::decompress;
use super::super::growing::Blob;
use super::super::joined;
use super::super::limits::check_size;
use super::super::path::clean;
use super::super::tar::{Entry, Kind, Reader};
use crate::failure::Failure;
use crate::protocol::messages::{LayerBlob, LayerLimits};

/// Calls `visit` with the clean path of each entry, the entry, and the reader of its content.
///
/// Fails as `visit` does, and where the blob is no sound layer.
pub fn each_entry(
    layer: &LayerBlob,
    limits: &LayerLimits,
    mut visit: impl FnMut(Vec<u8>, &Entry, &mut Reader<Chunks<'_>>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let blob = Blob::open(layer.path.clone().into(), None)?;
    let (to_read, read_from) = sync_channel(CHUNKS_AHEAD);
    thread::scope(|scope| {
        let decompressing = scope
            .spawn(move || decompress(blob, layer.compression, limits, |chunk| to_read.send(Arc::new(chunk)).is_ok()));
        let starved = Cell::new(false);
        let mut reader = Reader::new(Chunks::new(read_from, &starved));
        let mut bytes: u64 = 0;
        let visited = loop {
            match reader.next() {
                Ok(Some(entry)) => {
                    if let Kind::File { size } = entry.kind {
                        bytes = bytes.saturating_add(size);
                    }
                    let visited = check_size(limits, bytes)
                        .and_then(|()| clean(&entry.path))
                        .and_then(|path| visit(path, &entry, &mut reader));
                    if visited.is_err() {
                        break visited;
                    }
                }
                Ok(None) => break Ok(()),
                Err(failure) => break Err(failure),
            }
        };
        if visited.is_ok() {
            reader.drain()
        } else {
            drop(reader)
        }
        // A blob that cannot be decompressed ends the tar too early, and is the reason.
        match visited {
            Err(reason) if !starved.get() => Err(reason),
            visited => joined(decompressing)?.and(visited),
        }
    })
}
