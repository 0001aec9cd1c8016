//! Archives and blobs spoiled at random: whatever comes out, reading ends, and nothing panics. A fixed number of rounds
//! from a fixed seed; `OCI_BUILD_TEST_ROUNDS` makes it as many as one likes.

use std::fs;

use super::super::path::{clean, components};
use super::super::tar::{Kind, Piece, Reader, Source};
use super::raw::{Raw, archive, directory, entry, file, hard_link, pax, symlink};
use super::trees::Seeded;
use super::{LIMITS, Scratch, run};
use crate::layer::decompress::decompress;
use crate::layer::growing::Blob;
use crate::protocol::messages::Compression;

fn rounds(usual: u64) -> u64 {
    std::env::var("OCI_BUILD_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

struct Bytes<'a>(&'a [u8]);

impl Source for Bytes<'_> {
    fn piece(&mut self, limit: usize) -> &[u8] {
        let (piece, rest) = self.0.split_at(limit.min(self.0.len()));
        self.0 = rest;
        piece
    }
}

/// Every form of header that the reader knows.
fn sound_archive() -> Vec<u8> {
    let old_sparse = entry("old", 'S').put(257, b"ustar  \0").put(386, b"00000000100\x0000000000012\0");
    archive([
        pax(&[("comment", b"all")]).put(156, b"g"),
        directory("d"),
        pax(&[("path", "p".repeat(200).as_bytes()), ("SCHILY.xattr.user.a", b"\0=\n"), ("mtime", b"-1.5")]),
        file("f", &"content".repeat(200)),
        entry("././@LongLink", 'L').put(257, b"ustar  \0").content(b"long\0"),
        symlink("s", "d/f"),
        hard_link("h", "f"),
        old_sparse.octal(483, 12, 100).content(b"0123456789"),
        pax(&[("GNU.sparse.map", b"0,5,50,5"), ("GNU.sparse.numblocks", b"2"), ("GNU.sparse.size", b"60")]),
        file("listed", "0123456789"),
        pax(&[("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.realsize", b"60")]),
        file("leading", &format!("{:\0<512}0123456789", "1\n5\n10\n")),
        entry("c", '3').octal(329, 8, 1).octal(337, 8, 3),
        entry("p", '6'),
        entry(".wh.gone", '0'),
    ])
}

fn spoil(random: &mut Seeded, sound: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    let place = |random: &mut Seeded, length: usize| usize::try_from(random.below(length as u64)).unwrap();
    for _ in 0..=random.below(6) {
        let at = place(random, bytes.len());
        match random.below(8) {
            0 => bytes.truncate(at.max(1)),
            1 => drop(bytes.drain(at..(at + 512).min(bytes.len()))),
            2 => bytes.splice(at..at, sound[..512].to_vec()).for_each(drop),
            3 => bytes[at] = b'0' + u8::try_from(random.below(10)).unwrap(),
            _ => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
    // Without right checksums hardly anything would get past the first look.
    if random.below(4) > 0 {
        bytes.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar").for_each(Raw::seal);
    }
    bytes
}

#[test]
fn spoiled_archives_end_and_never_name_anything_outside() {
    let sound = sound_archive();
    let mut random = Seeded::new(1);
    let (mut whole, mut refused) = (0, 0);
    for round in 0..rounds(20_000) {
        let bytes = spoil(&mut random, &sound);
        let mut reader = Reader::new(Bytes(&bytes));
        let mut content = 0;
        loop {
            let entry = match reader.next() {
                Ok(Some(entry)) => entry,
                Ok(None) => break whole += 1,
                Err(failure) => {
                    assert!(failure.code.starts_with("layer-"), "round {round}: {failure:?}");
                    break refused += 1;
                }
            };
            if let Ok(path) = clean(&entry.path) {
                assert!(components(&path).all(|component| component != b".."), "round {round}");
            }
            let Kind::File { size } = entry.kind else { continue };
            let mut end = 0;
            while let Ok(Piece { at, bytes }) = reader.content() {
                if bytes.is_empty() {
                    break;
                }
                assert!(at >= end, "round {round}");
                end = at + bytes.len() as u64;
                content += bytes.len();
                assert!(end <= size, "round {round}");
            }
        }
        assert!(content <= bytes.len(), "round {round}");
    }
    // Both kinds of result occur, or the rounds prove little.
    assert!(whole > 100 && refused > 100, "{whole} whole, {refused} refused");
}

#[test]
fn spoiled_blobs_end_with_a_result() {
    let scratch = Scratch::new();
    let blob = scratch.text("blob");
    let mut random = Seeded::new(2);
    fs::write(scratch.path("tar"), sound_archive()).unwrap();
    for (tool, suffix, compression) in [("gzip", "gz", Compression::Gzip), ("zstd", "zst", Compression::Zstd)] {
        run(tool, &["-q", "-k", &scratch.text("tar")]);
        let sound = fs::read(scratch.path(&format!("tar.{suffix}"))).unwrap();
        let sound = [&sound[..], &sound].concat();
        for round in 0..rounds(2000) {
            fs::write(&blob, spoil_bytes(&mut random, &sound)).unwrap();
            let opened = Blob::open(blob.clone().into(), None).unwrap();
            let mut given = 0;
            let result = decompress(opened, compression, &LIMITS, |chunk| {
                given += chunk.len();
                given < 64 << 20
            });
            if let Err(failure) = result {
                assert!(failure.code.starts_with("layer-"), "{tool} round {round}: {failure:?}");
            }
        }
    }
}

fn spoil_bytes(random: &mut Seeded, sound: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for _ in 0..=random.below(3) {
        let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
        match random.below(4) {
            0 => bytes.truncate(at.max(1)),
            _ => bytes[at] ^= u8::try_from(random.below(255) + 1).unwrap(),
        }
    }
    bytes
}
