//! A layer directory as a compressed tar. One thread reads the tree and builds the tar, one hashes it (the diffID),
//! several compress it chunk by chunk, one writes and hashes the result (the digest).

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::archive::write_archive;
use super::compress::{Compressor, Frame, Piece, chunk_size, most_threads};
use super::hashing::Hashing;
use super::joined;
use super::stream::ChunkStream;
use crate::failure::Failure;
use crate::protocol::messages::{Compression, PackParams, PackResult};

/// How many chunks may lie between two threads. Together with the chunk size and the number of threads this bounds the
/// memory: below 64 MiB of chunks for either compression.
const CHUNKS_AHEAD: usize = 1;

/// Chunks for hashing alone may lie further ahead.
const HASH_CHUNK: usize = 1 << 20;

/// Packs the layer directory and flushes the new file `target` to disk; when this fails, there is no such file.
pub fn pack(params: &PackParams) -> Result<PackResult, Failure> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    pack_with_threads(params, processors)
}

/// `threads` changes the speed, never the bytes.
pub fn pack_with_threads(params: &PackParams, threads: usize) -> Result<PackResult, Failure> {
    let target = Path::new(&params.target);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(target)
        .map_err(|error| Failure::io("create", target, error))?;
    let packed = write_blob(params, &file, threads).and_then(|result| check(params, result));
    if packed.is_err() {
        // The failure that led here is the one to tell; a file that stays is swept with the rest of the unfinished work.
        let _ = std::fs::remove_file(target);
    }
    packed
}

/// The diffID and the length of the tar of `layer`, and how many entries it has.
pub struct Measured {
    pub diff_id: String,
    pub entries: u64,
    pub bytes: u64,
}

/// Builds the tar of the layer directory for its diffID alone.
pub fn measure(layer: &Path) -> Result<Measured, Failure> {
    let (to_hash, hashed_from) = sync_channel(CHUNKS_AHEAD);
    let (entries, hashing) = thread::scope(|scope| {
        let hashing = scope.spawn(move || Hashing::of_chunks(&hashed_from));
        let sink = Box::new(move |chunk| to_hash.send(chunk).is_ok());
        (build(layer, ChunkStream::new(HASH_CHUNK, sink)), joined(hashing))
    });
    let (entries, hashing) = (entries?, hashing?);
    let bytes = hashing.bytes;
    Ok(Measured { diff_id: hashing.digest(), entries, bytes })
}

fn build(layer: &Path, mut stream: ChunkStream<'_>) -> Result<u64, Failure> {
    let entries = write_archive(layer, &mut stream)?;
    stream.finish()?;
    Ok(entries)
}

fn check(params: &PackParams, result: PackResult) -> Result<PackResult, Failure> {
    match &params.expected {
        Some(expected) if *expected != result.diff_id => {
            let message = format!(
                "the layer {} is {} now, but was {expected} when it was committed",
                params.layer, result.diff_id
            );
            Err(Failure::new("layer-changed", message)
                .with_hint("remove the layer from the store and build again; nothing else may write there"))
        }
        _ => Ok(result),
    }
}

fn write_blob(params: &PackParams, file: &File, threads: usize) -> Result<PackResult, Failure> {
    let compression = params.compression;
    let workers = threads.clamp(1, most_threads(compression));
    let (to_hash, hashed_from) = sync_channel(CHUNKS_AHEAD + workers);
    // Chunks are dealt to the workers in turn and collected in the same turn, which keeps them in order.
    let (to_workers, worked_from): (Vec<_>, Vec<_>) = (0..workers).map(|_| sync_channel(CHUNKS_AHEAD)).unzip();
    let (to_writer, written_from): (Vec<_>, Vec<_>) = (0..workers).map(|_| sync_channel(CHUNKS_AHEAD)).unzip();
    let (built, hashing, compressed, written) = thread::scope(|scope| {
        let hashing = scope.spawn(move || Hashing::of_chunks(&hashed_from));
        let compressing: Vec<_> = worked_from
            .into_iter()
            .zip(to_writer)
            .map(|(chunks, pieces)| scope.spawn(move || compress(compression, &chunks, &pieces)))
            .collect();
        let writing = scope.spawn(move || write(compression, &written_from, BlobFile::new(file, &params.target)));
        let mut turn = (0..workers).cycle();
        let sink = Box::new(move |chunk: Arc<Vec<u8>>| {
            let worker = turn.next().and_then(|worker| to_workers.get(worker));
            to_hash.send(Arc::clone(&chunk)).is_ok() && worker.is_some_and(|worker| worker.send(chunk).is_ok())
        });
        let built = build(Path::new(&params.layer), ChunkStream::new(chunk_size(compression), sink));
        let compressed: Result<Vec<()>, Failure> =
            compressing.into_iter().map(|worker| joined(worker).and_then(|done| done)).collect();
        (built, joined(hashing), compressed, joined(writing))
    });
    // Each of these makes those before it stop, so the last one has the reason.
    let (digest, size) = written??;
    compressed?;
    built?;
    Ok(PackResult { diff_id: hashing?.digest(), digest, size })
}

/// One worker: compresses the chunks dealt to it.
fn compress(
    compression: Compression,
    chunks: &Receiver<Arc<Vec<u8>>>,
    pieces: &SyncSender<Piece>,
) -> Result<(), Failure> {
    let mut compressor = Compressor::new(compression)?;
    for chunk in chunks {
        if pieces.send(compressor.compress(&chunk)?).is_err() {
            break;
        }
    }
    Ok(())
}

/// Collects the pieces in turn and writes them, until a worker whose turn it is has none left.
fn write(
    compression: Compression,
    workers: &[Receiver<Piece>],
    mut blob: BlobFile<'_>,
) -> Result<(String, u64), Failure> {
    let mut frame = Frame::new(compression);
    blob.write(frame.head())?;
    for worker in workers.iter().cycle() {
        let Ok(piece) = worker.recv() else { break };
        blob.write(&piece.bytes)?;
        frame.add(&piece);
    }
    blob.write(&frame.tail())?;
    blob.finish()
}

struct BlobFile<'a> {
    file: &'a File,
    path: &'a str,
    hashing: Hashing,
}

impl<'a> BlobFile<'a> {
    fn new(file: &'a File, path: &'a str) -> Self {
        Self { file, path, hashing: Hashing::default() }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.hashing.update(bytes);
        self.file.write_all(bytes).map_err(|error| Failure::io("write", self.path, error))
    }

    fn finish(self) -> Result<(String, u64), Failure> {
        self.file.sync_data().map_err(|error| Failure::io("flush", self.path, error))?;
        let size = self.hashing.bytes;
        Ok((self.hashing.digest(), size))
    }
}
