//! The parts of the layer engine that read untrusted bytes, each alone: see `crate::fuzz`.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, memfd_create};

use super::decompress::{self, Format};
use super::growing::Blob;
use super::path::{clean, components};
use super::tar::{Entry, Kind, Piece, Reader, Source};
use crate::failure::Failure;
use crate::protocol::messages::LayerLimits;

struct Bytes<'a>(&'a [u8]);

impl Source for Bytes<'_> {
    fn piece(&mut self, limit: usize) -> &[u8] {
        let (piece, rest) = self.0.split_at(limit.min(self.0.len()));
        self.0 = rest;
        piece
    }
}

/// Reads every entry and all content. Answers whether the archive was sound.
pub fn read_tar(data: &[u8]) -> bool {
    let mut reader = Reader::new(Bytes(data));
    let mut content = 0;
    let is_sound = loop {
        match reader.next() {
            Ok(Some(entry)) => content += read_entry(&entry, &mut reader),
            Ok(None) => break true,
            Err(failure) => {
                check(&failure);
                break false;
            }
        }
    };
    assert!(content <= data.len(), "content out of nowhere");
    is_sound
}

/// Answers how much content the entry had.
fn read_entry(entry: &Entry, reader: &mut Reader<Bytes<'_>>) -> usize {
    if let Ok(path) = clean(&entry.path) {
        assert!(components(&path).all(|component| component != b".."), "a clean path leads up");
    }
    let Kind::File { size } = entry.kind else { return 0 };
    let (mut content, mut end) = (0, 0);
    while let Ok(Piece { at, bytes }) = reader.content() {
        if bytes.is_empty() {
            break;
        }
        assert!(at >= end, "content goes back");
        end = at + bytes.len() as u64;
        content += bytes.len();
        assert!(end <= size, "content goes past the end");
    }
    content
}

/// Decompresses as the kind of compression that `kind` stands for. Answers whether it was whole.
pub fn decompress(kind: u8, data: &[u8], limits: &LayerLimits) -> bool {
    let format = match kind % 6 {
        0 => Format::Gzip,
        1 => Format::Zstd,
        2 => Format::Bzip2,
        3 => Format::Xz,
        4 => Format::Stored,
        _ => Format::of(data),
    };
    let mut file = File::from(memfd_create("fuzz", MemfdFlags::CLOEXEC).expect("there are memory files"));
    file.write_all(data).and_then(|()| file.rewind()).expect("memory files take bytes");
    let mut given: u64 = 0;
    let result = decompress::decompress(Blob::of(file, PathBuf::from("input")), format, limits, |chunk| {
        given += chunk.len() as u64;
        true
    });
    assert!(given <= limits.size, "the limit was passed over");
    if let Err(failure) = &result {
        check(failure);
    }
    result.is_ok()
}

fn check(failure: &Failure) {
    assert!(failure.code.starts_with("layer-"), "{failure:?}");
}
