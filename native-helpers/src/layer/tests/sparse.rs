//! Files with holes, as GNU tar stores them.

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};

use super::raw::{archive, entry, file, pax};
use super::{Scratch, assert_same, listing, run};
use crate::protocol::messages::Compression;

const STRETCHES: u64 = 100;
const EVERY: u64 = 64 << 10;

/// A file with more stretches than a header or one extension block tells, and a hole at its end.
fn make_file_with_holes(scratch: &Scratch) {
    fs::create_dir(scratch.path("l")).unwrap();
    let holes = fs::File::create(scratch.path("l/holes")).unwrap();
    for number in 0..STRETCHES {
        let text = format!("stretch {number} ").repeat(500);
        holes.write_all_at(&text.as_bytes()[..4096], (number + 1) * EVERY).unwrap();
    }
    holes.set_len((STRETCHES + 10) * EVERY).unwrap();
    fs::File::create(scratch.path("l/only-a-hole")).unwrap().set_len(1 << 20).unwrap();
    fs::write(scratch.path("l/plain"), "x").unwrap();
    run("touch", &["-d", "@1000", &scratch.text("l/holes"), &scratch.text("l/only-a-hole"), &scratch.text("l/plain")]);
}

#[test]
fn every_form_that_gnu_tar_writes_is_read_with_its_holes() {
    for form in [&["--format=gnu"][..], &["--sparse-version=0.0"], &["--sparse-version=0.1"], &["--sparse-version=1.0"]]
    {
        let scratch = Scratch::new();
        make_file_with_holes(&scratch);
        let tar = scratch.text("l.tar");
        let (pax, sparse) = ("--format=pax", ["--numeric-owner", "--sparse", "--hole-detection=raw", "-C"]);
        let format = if form == ["--format=gnu"] { &[][..] } else { &[pax] };
        run("tar", &[format, form, &sparse, &[&scratch.text("l"), "-cf", &tar, "."]].concat());
        assert!(fs::metadata(&tar).unwrap().len() < 600 << 10, "{form:?}");
        scratch.apply_blob(&tar, Compression::None, "t").unwrap();
        assert_same(&listing(&scratch.path("t")), &listing(&scratch.path("l")), &format!("{form:?}"));
        let holes = fs::metadata(scratch.path("t/holes")).unwrap();
        assert!(holes.blocks() * 512 < 2 << 20, "{form:?}: {} blocks", holes.blocks());
    }
}

#[test]
fn what_is_packed_has_no_holes_that_a_reader_could_miss() {
    let scratch = Scratch::new();
    make_file_with_holes(&scratch);
    scratch.pack("l", Compression::Gzip, "l.tar.gz");
    let python = "import sys, tarfile\nfor m in tarfile.open(sys.argv[1]): print(m.name, m.size, m.issparse())";
    let listed = run("python3", &["-c", python, &scratch.text("l.tar.gz")]);
    assert_eq!(listed, "holes 7208960 False\nonly-a-hole 1048576 False\nplain 1 False\n");
}

#[test]
fn a_map_in_records_may_be_empty() {
    let scratch = Scratch::new();
    let records: [(&str, &[u8]); 2] = [("GNU.sparse.size", b"5000"), ("GNU.sparse.numblocks", b"0")];
    scratch.apply(&archive([pax(&records), file("f", "")]), "t").unwrap();
    assert_eq!(fs::read(scratch.path("t/f")).unwrap(), vec![0; 5000]);
}

#[test]
fn maps_that_do_not_fit_their_file_are_refused() {
    let map = |map: &'static str, blocks: &'static str, size: &'static str| {
        let records = [
            ("GNU.sparse.map", map.as_bytes()),
            ("GNU.sparse.numblocks", blocks.as_bytes()),
            ("GNU.sparse.size", size.as_bytes()),
        ];
        vec![pax(&records), file("f", "0123456789")]
    };
    let leading = |text: &str, size: &str| {
        let records =
            [("GNU.sparse.major", &b"1"[..]), ("GNU.sparse.minor", b"0"), ("GNU.sparse.realsize", size.as_bytes())];
        vec![pax(&records), file("f", text)]
    };
    let old = |map: &[u8], size: u64| {
        vec![entry("f", 'S').put(257, b"ustar  \0").put(386, map).octal(483, 12, size).content(b"0123456789")]
    };
    for (what, entries) in [
        ("overlap", map("0,6,5,4", "2", "100")),
        ("out of order", map("50,5,0,5", "2", "100")),
        ("beyond the end", map("95,10", "1", "100")),
        ("less than is stored", map("0,9", "1", "100")),
        ("more than is stored", map("0,11", "1", "100")),
        ("wrong count", map("0,10", "2", "100")),
        ("odd", map("0,10,20", "1", "100")),
        ("negative", map("-1,10", "1", "100")),
        ("overflow", map("18446744073709551615,10", "1", "100")),
        ("negative size", map("0,10", "1", "-100")),
        ("no size", vec![pax(&[("GNU.sparse.numblocks", b"0")]), file("f", "")]),
        ("unknown version", vec![pax(&[("GNU.sparse.major", b"2"), ("GNU.sparse.minor", b"0")]), file("f", "")]),
        ("a map that is longer than the content", leading("5\n", "100")),
        ("a map that never ends", leading(&"1".repeat(512), "100")),
        ("a map that says nothing", leading(&"\n".repeat(512), "100")),
        ("old, beyond the end", old(b"00000000000\x0000000000012\0", 9)),
        ("old, nonsense", old(b"junkjunkjunkjunkjunkjunk", 100)),
        ("a link", vec![pax(&[("GNU.sparse.size", b"1"), ("GNU.sparse.numblocks", b"0")]), entry("f", '2')]),
    ] {
        let scratch = Scratch::new();
        let code = scratch.apply(&archive(entries), "t").err().map(|failure| failure.code);
        assert_eq!(code, Some("layer-malformed"), "{what}");
    }
}
