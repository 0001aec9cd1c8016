//! Build contexts that come as archives.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink as link};

use super::raw::{archive, directory, entry, file, hard_link, pax, symlink};
use super::{LIMITS, Scratch, paths, run, xattr};
use crate::failure::Failure;
use crate::layer::unpack;
use crate::protocol::messages::{LayerLimits, UnpackParams, UnpackResult};

fn unpack_bytes(scratch: &Scratch, bytes: &[u8]) -> Result<UnpackResult, Failure> {
    let name = scratch.text("archive");
    fs::write(&name, bytes).unwrap();
    unpack(&params(scratch, name))
}

fn params(scratch: &Scratch, archive: String) -> UnpackParams {
    UnpackParams { archive, target: scratch.text("target"), name: "the context".to_owned(), limits: LIMITS }
}

#[test]
fn archives_of_every_compression_that_tar_writes_are_unpacked() {
    for flag in ["--no-auto-compress", "--gzip", "--bzip2", "--xz", "--zstd"] {
        let scratch = Scratch::new();
        fs::create_dir_all(scratch.path("tree/dir")).unwrap();
        fs::write(scratch.path("tree/dir/file"), "x".repeat(3_000_000)).unwrap();
        link("dir/file", scratch.path("tree/link")).unwrap();
        run("tar", &["-C", &scratch.text("tree"), flag, "-cf", &scratch.text("archive"), "."]);
        unpack(&params(&scratch, scratch.text("archive"))).unwrap();
        run("diff", &["-r", "--no-dereference", &scratch.text("tree"), &scratch.text("target")]);
    }
}

#[test]
fn several_streams_in_one_file_are_one_archive() {
    for tool in ["gzip", "bzip2", "xz", "zstd"] {
        let scratch = Scratch::new();
        let tar = archive([file("a", "one"), file("b", "two")]);
        let (first, second) = tar.split_at(700);
        fs::write(scratch.path("1"), first).unwrap();
        fs::write(scratch.path("2"), second).unwrap();
        let both = format!("{tool} -c {0}/1 > {0}/both && {tool} -c {0}/2 >> {0}/both", scratch.0.display());
        run("sh", &["-c", &both]);
        let result = unpack(&params(&scratch, scratch.text("both")));
        assert_eq!(result.map(|result| result.entries), Ok(2), "{tool}");
    }
}

#[test]
fn modes_and_times_stay_while_owners_attributes_and_special_files_do_not() {
    let scratch = Scratch::new();
    let foreign = |raw: super::raw::Raw| raw.octal(108, 8, 12345).octal(116, 8, 54321);
    let bytes = archive([
        foreign(directory("./").mode(0)),
        pax(&[("SCHILY.xattr.user.x", b"y")]),
        foreign(file("run", "x").mode(0o4755)),
        foreign(directory("dir").mode(0o1777)),
        foreign(entry("null", '3').octal(329, 8, 1).octal(337, 8, 3)),
        foreign(entry("disk", '4').octal(329, 8, 8).octal(337, 8, 0)),
        foreign(entry("pipe", '6')),
    ]);
    unpack_bytes(&scratch, &bytes).unwrap();
    assert_eq!(paths(&scratch.path("target")), ["dir", "run"]);
    let stat = |name: &str| fs::symlink_metadata(scratch.path("target").join(name)).unwrap();
    assert_eq!((stat("run").mode() & 0o7777, stat("run").mtime()), (0o4755, 1000));
    assert_eq!(stat("dir").mode() & 0o7777, 0o1777);
    assert_eq!(stat("run").uid(), rustix::process::geteuid().as_raw());
    assert_eq!(xattr(&scratch.path("target/run"), "user.x"), None);
}

#[test]
fn names_of_whiteouts_are_names_like_others() {
    let scratch = Scratch::new();
    unpack_bytes(&scratch, &archive([file("a", "x"), file(".wh.a", ""), file("d/.wh..wh..opq", "")])).unwrap();
    assert_eq!(paths(&scratch.path("target")), [".wh.a", "a", "d", "d/.wh..wh..opq"]);
}

#[test]
fn nothing_is_made_outside_the_directory() {
    let rows = [
        (vec![file("../outside/victim", "x")], Some("archive-malformed")),
        (vec![symlink("l", "../outside"), file("l/victim", "x")], None),
        (vec![symlink("l", "/"), file("l/tmp/victim", "x")], None),
        (vec![symlink("victim", "../outside/victim"), file("victim", "x")], None),
        (vec![hard_link("l", "../outside/victim")], Some("archive-malformed")),
        (vec![symlink("l", "../outside/victim"), hard_link("m", "l"), file("m", "x")], None),
    ];
    for (index, (entries, code)) in rows.into_iter().enumerate() {
        let scratch = Scratch::new();
        fs::create_dir(scratch.path("outside")).unwrap();
        fs::write(scratch.path("outside/victim"), "untouched").unwrap();
        let result = unpack_bytes(&scratch, &archive(entries));
        assert_eq!(result.err().map(|failure| failure.code), code, "row {index}");
        assert_eq!(fs::read_to_string(scratch.path("outside/victim")).unwrap(), "untouched", "row {index}");
        assert_eq!(paths(&scratch.path("outside")), ["victim"], "row {index}");
    }
}

#[test]
fn an_archive_that_is_cut_or_broken_says_so() {
    let scratch = Scratch::new();
    let tar = archive([file("a", &"x".repeat(100_000))]);
    let cut = unpack_bytes(&scratch, &tar[..50_000]).unwrap_err();
    assert_eq!(cut.code, "archive-truncated");
    assert!(cut.message.starts_with("cannot unpack the context: the archive ends at byte"), "{}", cut.message);
    for tool in ["gzip", "bzip2", "xz", "zstd"] {
        let scratch = Scratch::new();
        fs::write(scratch.path("tar"), &tar).unwrap();
        run("sh", &["-c", &format!("{tool} -c {0}/tar > {0}/whole", scratch.0.display())]);
        let whole = fs::read(scratch.path("whole")).unwrap();
        let failure = unpack_bytes(&scratch, &whole[..whole.len() - 20]).unwrap_err();
        assert!(failure.code.starts_with("archive-"), "{tool}: {failure:?}");
    }
}

#[test]
fn a_context_has_the_limits_of_a_layer_and_says_which() {
    let large = archive([file("a", &"x".repeat(3000))]);
    let sparse: [(&str, &[u8]); 2] = [("GNU.sparse.size", b"10995116277760"), ("GNU.sparse.numblocks", b"0")];
    for (bytes, size) in [(large, 2000), (archive([pax(&sparse), file("f", "")]), 1 << 40)] {
        let scratch = Scratch::new();
        fs::write(scratch.path("archive"), bytes).unwrap();
        let limits = LayerLimits { size, ratio: 100 };
        let failure = unpack(&UnpackParams { limits, ..params(&scratch, scratch.text("archive")) }).unwrap_err();
        assert_eq!(failure.code, "archive-too-large");
        assert!(failure.message.starts_with("cannot unpack the context: the archive unpacks to more than "));
        assert!(failure.hint.unwrap().contains("trust the archive, set OCI_BUILD_MAX_LAYER_SIZE"));
    }
}

#[test]
fn an_archive_that_begins_with_a_skippable_zstd_frame_is_known() {
    let scratch = Scratch::new();
    fs::write(scratch.path("tar"), archive([file("a", "x")])).unwrap();
    run("zstd", &["-q", "-k", &scratch.text("tar")]);
    let skippable = [&b"\x50\x2a\x4d\x18\x03\0\0\0abc"[..], &fs::read(scratch.path("tar.zst")).unwrap()].concat();
    assert_eq!(unpack_bytes(&scratch, &skippable).map(|result| result.entries), Ok(1));
}
