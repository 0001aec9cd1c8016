//! Archives that try to leave their directory or to mislead: each has one defined result, and nothing outside changes.

use std::fs;

use super::raw::{Raw, archive, directory, entry, file, hard_link, open_archive, pax, symlink};
use super::{Scratch, is_opaque, listing, paths, run};
use crate::protocol::messages::Compression;

/// Applies an archive beside a directory `outside` that must stay as it is. Answers the paths that were made, or the
/// code of the failure.
fn attempt(entries: impl IntoIterator<Item = Raw>) -> Result<Vec<String>, &'static str> {
    attempt_bytes(&archive(entries))
}

fn attempt_bytes(archive: &[u8]) -> Result<Vec<String>, &'static str> {
    let scratch = Scratch::new();
    attempt_in(&scratch, archive)
}

pub fn attempt_in(scratch: &Scratch, archive: &[u8]) -> Result<Vec<String>, &'static str> {
    fs::create_dir(scratch.path("outside")).unwrap();
    fs::write(scratch.path("outside/victim"), "untouched").unwrap();
    let before = listing(&scratch.path("outside"));
    let result = scratch.apply(archive, "target");
    assert_eq!(listing(&scratch.path("outside")), before);
    let mut beside: Vec<_> = fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    beside.sort();
    assert_eq!(beside, ["outside", "target", "target.blob"]);
    result.map(|_| paths(&scratch.path("target"))).map_err(|failure| failure.code)
}

fn made(paths: &[&str]) -> Result<Vec<String>, &'static str> {
    Ok(paths.iter().map(|path| (*path).to_owned()).collect())
}

const MALFORMED: Result<Vec<String>, &str> = Err("layer-malformed");
const UNSUPPORTED: Result<Vec<String>, &str> = Err("layer-unsupported");
const TRUNCATED: Result<Vec<String>, &str> = Err("layer-truncated");

#[test]
fn names_that_leave_the_layer_are_refused() {
    for name in ["../outside/victim", "a/../../outside/victim", "/../outside/victim", "..", "./../x", "a/../.."] {
        assert_eq!(attempt([file(name, "x")]), MALFORMED, "{name}");
    }
}

#[test]
fn names_are_cleaned_and_absolute_ones_begin_at_the_layers_root() {
    for name in ["/a/b", "////a/b", "./a/./b", "a//b", "a/x/../b", "x/../a/b"] {
        assert_eq!(attempt([file(name, "x")]), made(&["a", "a/b"]), "{name}");
    }
    assert_eq!(attempt([file("c:../x", "x")]), made(&["c:..", "c:../x"]));
    assert_eq!(attempt([file("..\\x", "x")]), made(&["..\\\\x"]));
}

#[test]
fn the_root_cannot_be_anything_but_a_directory() {
    for name in [".", "./", "/", "a/.."] {
        assert_eq!(attempt([symlink(name, "../outside"), file("victim", "x")]), MALFORMED, "{name}");
        assert_eq!(attempt([file(name.trim_end_matches('/'), "x")]), MALFORMED, "{name}");
    }
    assert_eq!(attempt([hard_link("./", "a")]), MALFORMED);
}

#[test]
fn links_among_the_parents_lead_nowhere_but_into_the_layer() {
    let scratch = Scratch::new();
    let outside = scratch.text("outside");
    let result = attempt_in(&scratch, &archive([symlink("out", &outside), file("out/victim", "x")]));
    let inner = format!("{}/victim", outside.trim_start_matches('/'));
    assert!(result.unwrap().contains(&inner));

    assert_eq!(
        attempt([symlink("up", "../../../outside"), file("up/victim", "x")]),
        made(&["outside", "outside/victim", "up"])
    );
    assert_eq!(
        attempt([directory("a"), symlink("a/up", ".."), symlink("c", "a/up/../outside"), file("c/victim", "x")]),
        made(&["a", "a/up", "c", "outside", "outside/victim"])
    );
    assert_eq!(
        attempt([symlink("bin", "usr/bin"), file("bin/sh", "x")]),
        made(&["bin", "usr", "usr/bin", "usr/bin/sh"])
    );
}

#[test]
fn links_in_a_circle_end() {
    assert_eq!(attempt([symlink("a", "b"), symlink("b", "a"), file("a/x", "x")]), Err("io-error"));
    assert_eq!(attempt([symlink("a", "a/a"), file("a/x", "x")]), Err("io-error"));
}

#[test]
fn an_entry_replaces_a_link_and_never_writes_through_it() {
    let scratch = Scratch::new();
    let victim = scratch.text("outside/victim");
    let entries = [symlink("a", &victim), file("a", "x"), symlink("b", "../outside/victim"), file("b", "x")];
    assert_eq!(attempt_in(&scratch, &archive(entries)), made(&["a", "b"]));
    assert!(scratch.path("target/a").symlink_metadata().unwrap().is_file());
    assert!(scratch.path("target/b").symlink_metadata().unwrap().is_file());
}

#[test]
fn a_link_that_takes_the_place_of_a_directory_is_not_mistaken_for_it() {
    let entries = [directory("x"), file("x/a", "x"), symlink("x", "../outside"), file("x/victim", "x")];
    assert_eq!(attempt(entries), made(&["outside", "outside/victim", "x"]));
}

#[test]
fn modes_and_owners_of_links_do_not_reach_their_targets() {
    let scratch = Scratch::new();
    let victim = scratch.text("outside/victim");
    assert_eq!(attempt_in(&scratch, &archive([symlink("a", &victim).mode(0o777)])), made(&["a"]));
}

#[test]
fn hard_links_reach_only_files_of_the_layer() {
    let scratch = Scratch::new();
    let victim = scratch.text("outside/victim");
    assert_eq!(attempt_in(&scratch, &archive([hard_link("a", &victim)])), MALFORMED);
    for target in ["/etc/passwd", "../outside/victim", "sub/../../outside/victim", "Cargo.toml", ""] {
        assert_eq!(attempt([directory("sub"), hard_link("a", target)]), MALFORMED, "{target}");
    }
    assert_eq!(attempt([symlink("out", "../outside"), hard_link("a", "out/victim")]), MALFORMED);
    assert_eq!(attempt([directory("d"), hard_link("a", "d")]), MALFORMED);
    assert_eq!(attempt([entry(".wh.w", '0'), hard_link("a", "w")]), MALFORMED);
    assert_eq!(attempt([hard_link("a", "a")]), MALFORMED);
    let up = "a/b/c/up";
    let entries = [directory("a/b/c"), symlink(up, "../.."), symlink("a/b/escape", "c/up/../../outside")];
    assert_eq!(attempt(entries.into_iter().chain([hard_link("exfil", "a/b/escape/victim")])), MALFORMED);
}

#[test]
fn a_hard_link_to_a_link_is_a_link_too_and_can_be_replaced() {
    let entries = [symlink("s", "../outside/victim"), hard_link("h", "s"), file("h", "x"), file("s", "y")];
    assert_eq!(attempt(entries), made(&["h", "s"]));
}

#[test]
fn a_hard_link_to_itself_changes_nothing() {
    assert_eq!(attempt([file("a", "x"), hard_link("./a", "/a")]), made(&["a"]));
}

#[test]
fn a_hard_link_over_its_targets_parent_is_refused() {
    assert_eq!(attempt([file("a/b", "x"), hard_link("a", "a/b")]), Err("io-error"));
}

#[test]
fn the_pax_size_counts_and_nothing_within_a_file_is_an_entry() {
    let inner = archive([file("smuggled", "x")]);
    let size = inner.len().to_string();
    let outer = [pax(&[("size", size.as_bytes())]), entry("outer", '0').content(&inner).size(0)];
    assert_eq!(attempt(outer), made(&["outer"]));
}

#[test]
fn a_pax_size_counts_for_the_entry_not_for_the_long_name_before_it() {
    let name = "n".repeat(150);
    let long = entry("././@LongLink", 'L').content(format!("{name}\0").as_bytes());
    let inner = archive([file("smuggled", "x")]);
    let size = inner.len().to_string();
    let entries = [pax(&[("size", size.as_bytes())]), long, entry("short", '0').content(&inner).size(0)];
    assert_eq!(attempt(entries), made(&[&name]));
}

#[test]
fn sizes_of_entries_without_content_are_not_skipped_over() {
    let entries =
        [directory("d").size(512), symlink("s", "d").size(512), file("f", "x"), hard_link("h", "f").size(512)];
    assert_eq!(attempt(entries), made(&["d", "f", "h", "s"]));
}

#[test]
fn two_long_names_for_one_entry_are_refused() {
    let long = || entry("././@LongLink", 'L').content(b"one\0");
    assert_eq!(attempt([pax(&[("path", b"two")]), long(), file("f", "x")]), MALFORMED);
    assert_eq!(attempt([long(), long(), file("f", "x")]), MALFORMED);
    assert_eq!(attempt([pax(&[("path", b"a")]), pax(&[("path", b"b")]), file("f", "x")]), MALFORMED);
    assert_eq!(attempt([file("f", "x"), pax(&[("path", b"a")])]), MALFORMED);
}

#[test]
fn malformed_pax_headers_are_refused() {
    for text in [&b"junk"[..], b"99999 path=x\n", b"9 path=x", b"\0\0\0\0", b"5 a\n=\n", b"012345678 path=x\n"] {
        assert_eq!(attempt([entry("x", 'x').content(text), file("f", "x")]), MALFORMED, "{}", text.escape_ascii());
    }
    for (key, value) in [
        ("size", &b"-1"[..]),
        ("size", b"0x10"),
        ("size", b"9223372036854775808"),
        ("uid", b"4294967295"),
        ("uid", b"4294967296"),
        ("gid", b"-1"),
        ("mtime", b"now"),
        ("path", b"a\0b"),
        ("path", b"../outside/victim"),
    ] {
        assert_eq!(attempt([pax(&[(key, value)]), file("f", "x")]), MALFORMED, "{key}");
    }
    assert_eq!(attempt([pax(&[("linkpath", b"a\0b")]), symlink("f", "x")]), MALFORMED);
    assert_eq!(attempt([pax(&[("path", b"12345")]), file("f", "x")]), made(&["12345"]));
}

#[test]
fn large_headers_are_refused_unread() {
    assert_eq!(attempt([entry("x", 'x').size(1 << 30)]), MALFORMED);
    assert_eq!(attempt([entry("L", 'L').size((1 << 20) + 1)]), MALFORMED);
    let key = "k".repeat(1 << 20);
    assert_eq!(attempt([pax(&[(&key, b"")]), file("f", "x")]), MALFORMED);
}

#[test]
fn global_headers_may_not_name_or_size_every_entry() {
    for key in ["path", "linkpath", "size"] {
        let global = pax(&[(key, b"1")]).put(156, b"g");
        assert_eq!(attempt([global, file("f", "x")]), MALFORMED, "{key}");
    }
    let comment = pax(&[("comment", b"0123456789abcdef")]).put(156, b"g");
    assert_eq!(attempt([comment, file("f", "x")]), made(&["f"]));
}

#[test]
fn negative_and_nonsense_numbers_are_refused() {
    let minus_one = [0xff; 12];
    assert_eq!(attempt([entry("f", '0').put(124, &minus_one)]), MALFORMED);
    assert_eq!(attempt([entry("f", '0').put(124, b"9999")]), MALFORMED);
    assert_eq!(attempt([entry("f", '0').put(108, &minus_one[..8])]), MALFORMED);
    assert_eq!(attempt([entry("f", '0').put(100, b"rw-r--r-")]), MALFORMED);
    assert_eq!(attempt([entry("x", 'x').put(124, &minus_one)]), MALFORMED);
}

#[test]
fn a_wrong_checksum_is_refused() {
    let mut bytes = archive([file("f", "x")]);
    bytes[0] ^= 1;
    assert_eq!(attempt_bytes(&bytes), MALFORMED);
}

#[test]
fn a_lone_zero_block_does_not_hide_entries() {
    let mut bytes = open_archive([file("a", "x")]);
    bytes.extend([0; 512]);
    bytes.extend(archive([file("b", "x")]));
    assert_eq!(attempt_bytes(&bytes), MALFORMED);
}

#[test]
fn archives_that_end_too_early_are_refused() {
    let bytes = archive([file("a", &"x".repeat(600))]);
    for length in [1, 511, 513, 512 + 599, 512 + 1023] {
        assert_eq!(attempt_bytes(&bytes[..length]), TRUNCATED, "{length}");
    }
    assert_eq!(attempt_bytes(&bytes[..512 + 1024]), made(&["a"]));
    assert_eq!(attempt([entry("big", '0').size(1 << 32)]), TRUNCATED);
}

#[test]
fn whiteouts_that_name_nothing_or_something_else_are_refused() {
    for name in [".wh.", ".wh..", ".wh...", "dir/.wh...", "dir/.wh../x", ".wh.a/b"] {
        assert_eq!(attempt([directory("dir"), entry(name, '0')]), MALFORMED, "{name}");
    }
}

#[test]
fn whiteouts_beneath_links_stay_in_the_layer() {
    let entries = [symlink("out", "../outside"), entry("out/.wh.victim", '0'), entry("out/.wh..wh..opq", '0')];
    assert_eq!(attempt(entries), made(&["-outside/victim", "out", "outside"]));
}

#[test]
fn whiteouts_need_not_be_files() {
    let scratch = Scratch::new();
    let entries = [symlink(".wh.a", "../outside"), directory(".wh.b"), symlink("d/.wh..wh..opq", "../../outside")];
    assert_eq!(attempt_in(&scratch, &archive(entries)), made(&["-a", "-b", "d"]));
    assert!(is_opaque(&scratch.path("target/d")));
}

#[test]
fn a_device_that_would_be_a_whiteout_is_refused() {
    assert_eq!(attempt([entry("a", '3')]), UNSUPPORTED);
}

#[test]
fn forms_that_cannot_be_unpacked_are_refused_by_name() {
    assert_eq!(attempt([entry("a", 'V')]), UNSUPPORTED);
    assert_eq!(attempt([entry("a", 'M')]), UNSUPPORTED);
    assert_eq!(attempt([pax(&[("SCHILY.realsize", b"1")]), file("a", "x")]), UNSUPPORTED);
}

#[test]
fn entries_beneath_a_file_are_refused() {
    assert_eq!(attempt([file("a", "x"), file("a/b", "x")]), MALFORMED);
}

#[test]
fn names_deeper_than_one_system_call_takes_are_made_and_packed_again() {
    let scratch = Scratch::new();
    let deep = vec!["d"; 3000].join("/");
    scratch.apply(&archive([pax(&[("path", deep.as_bytes())]), file("f", "x")]), "target").unwrap();
    let packed = scratch.pack("target", Compression::None, "deep.tar");
    assert_eq!(run("tar", &["tf", &scratch.text("deep.tar")]).lines().count(), 3000);
    let again = scratch.apply_blob(&scratch.text("deep.tar"), Compression::None, "again").unwrap();
    assert_eq!((again.diff_id, again.entries), (packed.diff_id, 3000));
    let entries = [pax(&[("path", deep.as_bytes())]), file("f", "x"), file("d", "in its place")];
    scratch.apply(&archive(entries), "replaced").unwrap();
    assert_eq!(paths(&scratch.path("replaced")), ["d"]);
}

#[test]
fn names_without_a_sensible_length_are_refused() {
    for depth in [8193, 65_536] {
        let deeper = vec!["d"; depth].join("/");
        assert_eq!(attempt([pax(&[("path", deeper.as_bytes())]), file("f", "x")]), MALFORMED);
    }
    let linked = format!("l/{}", vec!["d"; 7000].join("/"));
    let entries = [
        pax(&[("linkpath", vec!["d"; 2000].join("/").as_bytes())]),
        symlink("l", "x"),
        pax(&[("path", linked.as_bytes())]),
        file("f", "x"),
    ];
    assert_eq!(attempt(entries), MALFORMED);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let scratch = Scratch::new();
    let failure = scratch.apply(&archive([file("../\x1b[31mred", "x")]), "target").unwrap_err();
    assert!(failure.message.contains("\\u{1b}[31mred"), "{}", failure.message);
}
