//! Layers that are large, or pretend to be.

use std::fs;

use super::super::path::clean;
use super::super::tar::{Entry, Kind, Piece, Reader, Source, Time, header, padding};
use super::super::target::{Missing, Target};
use super::raw::{archive, directory, file, open_archive, pax};
use super::{LIMITS, Scratch, paths, run};
use crate::layer::apply;
use crate::protocol::messages::{ApplyParams, Compression, LayerLimits};

/// Bytes, many sevens, and bytes again: no test holds gigabytes.
struct Around {
    before: Vec<u8>,
    sevens: u64,
    after: Vec<u8>,
    position: usize,
}

impl Source for Around {
    fn piece(&mut self, limit: usize) -> &[u8] {
        static SEVENS: [u8; 1 << 16] = [7; 1 << 16];
        if self.position < self.before.len() || self.sevens == 0 {
            let (bytes, start) = match self.position.checked_sub(self.before.len()) {
                None => (&self.before, self.position),
                Some(start) => (&self.after, start),
            };
            let end = bytes.len().min(start + limit);
            self.position += end - start;
            return &bytes[start..end];
        }
        let length = SEVENS.len().min(limit).min(usize::try_from(self.sevens).unwrap());
        self.sevens -= length as u64;
        &SEVENS[..length]
    }
}

fn file_entry(path: &str, size: u64) -> Entry {
    let (path, mtime) = (path.as_bytes().to_vec(), Time::default());
    Entry { path, kind: Kind::File { size }, mode: 0o644, uid: 0, gid: 0, mtime, xattrs: Vec::new() }
}

#[test]
fn a_file_over_8_gib_has_a_size_that_every_part_agrees_on() {
    let size = 9 << 30;
    let entry = file_entry("large", size);
    assert!(padding(size).is_empty());
    let source = Around { before: header(&entry), sevens: size, after: header(&file_entry("next", 0)), position: 0 };
    let mut reader = Reader::new(source);
    assert_eq!(reader.next().unwrap(), Some(entry.clone()));
    let mut end = 0;
    loop {
        let Piece { at, bytes } = reader.content().unwrap();
        if bytes.is_empty() {
            break;
        }
        assert_eq!(at, end);
        end += bytes.len() as u64;
    }
    assert_eq!(end, size);
    assert_eq!(reader.next().unwrap().map(|entry| entry.path), Some(b"next".to_vec()));
    // GNU tar prints what it understood before it misses the content.
    let scratch = Scratch::new();
    fs::write(scratch.path("large.tar"), header(&entry)).unwrap();
    let listed = run("sh", &["-c", &format!("tar tvf {} 2>&1 || true", scratch.text("large.tar"))]);
    assert!(listed.contains(" 9663676416 "), "{listed}");
}

fn apply_limited(scratch: &Scratch, blob: &str, compression: Compression, size: u64) -> Option<&'static str> {
    let limits = LayerLimits { size, ..LIMITS };
    let (blob, target) = (scratch.text(blob), scratch.text("t"));
    let params = ApplyParams { blob, compression, growing: false, target, expected: None, limits };
    apply(&params, None).err().map(|failure| failure.code)
}

#[test]
fn a_bomb_stops_at_the_limit_and_not_when_the_disk_is_full() {
    for (pack, compression) in [("gzip -1", Compression::Gzip), ("zstd -q -1", Compression::Zstd)] {
        let scratch = Scratch::new();
        let script = format!(
            "truncate -s 64M {0} && tar -cf - -C {1} zeros | {pack} > {1}/bomb",
            scratch.text("zeros"),
            scratch.0.display()
        );
        run("sh", &["-c", &script]);
        assert!(fs::metadata(scratch.path("bomb")).unwrap().len() < 1 << 20);
        assert_eq!(apply_limited(&scratch, "bomb", compression, 16 << 20), Some("layer-too-large"));
        let used = run("du", &["-s", "-B1", &scratch.text("t")]);
        let used: u64 = used.split_whitespace().next().unwrap().parse().unwrap();
        assert!(used < 24 << 20, "{used}");
    }
}

#[test]
fn a_sparse_file_of_10_tb_is_too_large_though_it_takes_no_space() {
    let records: [(&str, &[u8]); 2] = [("GNU.sparse.size", b"10995116277760"), ("GNU.sparse.numblocks", b"0")];
    let scratch = Scratch::new();
    let failure = scratch.apply(&archive([pax(&records), file("f", "")]), "t").unwrap_err();
    assert_eq!((failure.code, failure.hint.is_some()), ("layer-too-large", true));
    assert_eq!(paths(&scratch.path("t")), [""; 0]);
}

#[test]
fn directories_that_were_left_cost_no_memory() {
    let scratch = Scratch::new();
    let mut target = Target::create(&scratch.path("t")).unwrap();
    for number in 0..1000 {
        let parent = target.directory(format!("a/{number}/b").as_bytes(), Missing::Create).unwrap();
        target.make_directory(&parent, b"c").unwrap();
        assert!(target.unfinished() <= 5, "{}", target.unfinished());
    }
    target.finish().unwrap();
    assert_eq!(paths(&scratch.path("t")).len(), 1 + 3 * 1000);
}

#[test]
fn many_empty_entries_cost_no_memory() {
    let scratch = Scratch::new();
    let one = open_archive([directory("d")]);
    let bytes = one.repeat(100_000);
    assert_eq!(scratch.apply(&bytes, "t").unwrap().entries, 100_000);
    assert_eq!(paths(&scratch.path("t")), ["d"]);
}

#[test]
fn a_name_is_cleaned_in_time_that_grows_with_its_length_alone() {
    // A megabyte of `a/..` is one component at a time, never a path that is built again and again.
    assert_eq!(clean(&b"a/../".repeat(200_000)).unwrap(), b"");
}
