//! Archives and blobs spoiled at random: whatever comes out, reading ends, and nothing panics (`crate::fuzz` looks on). A
//! fixed number of rounds from a fixed seed; `OCI_BUILD_TEST_ROUNDS` makes it as many as one likes.

use std::fs;

use super::raw::{Raw, archive, directory, entry, file, hard_link, pax, symlink};
use super::{Scratch, run};
use crate::fuzz;
use crate::seeded::{Seeded, rounds};

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
        hard_link("h", "long"),
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
    for _ in 0..rounds(20_000) {
        match fuzz::tar(&spoil(&mut random, &sound)) {
            true => whole += 1,
            false => refused += 1,
        }
    }
    // Both kinds of result occur, or the rounds prove little.
    assert!(whole > 100 && refused > 100, "{whole} whole, {refused} refused");
}

#[test]
fn spoiled_blobs_end_with_a_result() {
    let scratch = Scratch::new();
    let mut random = Seeded::new(2);
    fs::write(scratch.path("tar"), sound_archive()).unwrap();
    for (kind, (tool, suffix)) in (0..).zip([("gzip", "gz"), ("zstd", "zst"), ("bzip2", "bz2"), ("xz", "xz")]) {
        run(tool, &["-q", "-k", &scratch.text("tar")]);
        let sound = fs::read(scratch.path(&format!("tar.{suffix}"))).unwrap();
        let sound = [&[kind], &sound[..], &sound].concat();
        assert!(fuzz::compressed(&sound), "{tool}");
        for _ in 0..rounds(1000) {
            fuzz::compressed(&[&[kind], &spoil_bytes(&mut random, &sound[1..])[..]].concat());
        }
    }
}

#[test]
fn spoiled_layers_and_archives_change_nothing_outside() {
    let sound = sound_archive();
    let mut random = Seeded::new(3);
    let whole = (0..rounds(1000)).filter(|round| {
        let kind = if round % 2 == 0 { 0 } else { 3 };
        fuzz::apply(&[&[kind], &spoil(&mut random, &sound)[..]].concat())
    });
    assert!(whole.count() > 10);
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
