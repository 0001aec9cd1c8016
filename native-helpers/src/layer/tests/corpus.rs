//! Hostile archives, each with its one result: unpacked as docker would within the layer, or refused. All of them are
//! unpacked beside a directory that is watched.

use super::hostile::attempt_in;
use super::raw::{Raw, archive, directory, entry, file, hard_link, pax, symlink};
use super::{Scratch, is_opaque, is_root, xattr};

/// A name, the entries, and the paths that they make or the code of the failure.
type Case = (&'static str, Vec<Raw>, Result<&'static [&'static str], &'static str>);

const MALFORMED: Result<&[&str], &str> = Err("layer-malformed");
const UNSUPPORTED: Result<&[&str], &str> = Err("layer-unsupported");
const TRUNCATED: Result<&[&str], &str> = Err("layer-truncated");
const VICTIM: &str = "../outside/victim";

fn check(cases: Vec<Case>) {
    for (name, entries, expected) in cases {
        let expected = expected.map(|paths| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
        assert_eq!(attempt_in(&Scratch::new(), &archive(entries)), expected, "{name}");
    }
}

#[test]
fn no_name_leads_out_of_the_layer() {
    check(vec![
        ("dot dot", vec![file(VICTIM, "x")], MALFORMED),
        ("dot dot behind a directory", vec![file("a/../../outside/victim", "x")], MALFORMED),
        ("dot dot alone", vec![directory("..")], MALFORMED),
        ("dot dot with a slash", vec![directory("../")], MALFORMED),
        ("dot dot that comes back in", vec![file("../target/x", "x")], MALFORMED),
        ("dot dot in a pax path", vec![pax(&[("path", VICTIM.as_bytes())]), file("x", "x")], MALFORMED),
        ("dot dot in a GNU name", vec![entry("L", 'L').content(b"../outside/victim\0"), file("x", "x")], MALFORMED),
        ("dot dot in a ustar prefix", vec![file("victim", "x").put(345, b"../outside")], MALFORMED),
        ("dot dot in a sparse name", sparse_named(VICTIM), MALFORMED),
        ("absolute", vec![file("/etc/x", "x")], Ok(&["etc", "etc/x"])),
        ("many slashes", vec![file("//etc//x", "x")], Ok(&["etc", "etc/x"])),
        ("absolute dot dot", vec![file("/../x", "x")], MALFORMED),
        ("a NUL in a pax path", vec![pax(&[("path", b"x\0/../../victim")]), file("x", "x")], MALFORMED),
        ("a NUL in a name ends it", vec![file("x\0/../../victim", "x")], Ok(&["x"])),
        ("an empty name", vec![file("", "x")], MALFORMED),
        ("backslashes are no slashes", vec![file("..\\..\\x", "x")], Ok(&["..\\\\..\\\\x"])),
        ("dots that are no parents", vec![directory("..."), file(".../..x", "x")], Ok(&["...", ".../..x"])),
        ("cases are different names", vec![file("A", "x"), file("a", "y")], Ok(&["A", "a"])),
        (
            "a composed name and a decomposed one",
            vec![file("\u{e9}", "x"), file("e\u{301}", "y")],
            Ok(&["\\xc3\\xa9", "e\\xcc\\x81"]),
        ),
    ]);
}

fn sparse_named(name: &str) -> Vec<Raw> {
    let records = [("GNU.sparse.name", name.as_bytes()), ("GNU.sparse.size", b"0"), ("GNU.sparse.numblocks", b"0")];
    vec![pax(&records), file("x", "")]
}

#[test]
fn no_link_leads_out_of_the_layer() {
    check(vec![
        (
            "write through a link",
            vec![symlink("l", "../outside"), file("l/victim", "x")],
            Ok(&["l", "outside", "outside/victim"]),
        ),
        ("write onto a link", vec![symlink("l", VICTIM), file("l", "x")], Ok(&["l"])),
        (
            "a directory over a link keeps the link away",
            vec![symlink("l", "../outside"), directory("l"), file("l/victim", "x")],
            Ok(&["l", "l/victim"]),
        ),
        (
            "a directory with a slash over a link",
            vec![symlink("l", "../outside"), directory("l/"), file("l/victim", "x")],
            Ok(&["l", "l/victim"]),
        ),
        (
            "a link in place of a directory",
            vec![directory("d"), symlink("d", "../outside"), file("d/victim", "x")],
            Ok(&["d", "outside", "outside/victim"]),
        ),
        (
            "a link in place of a full directory",
            vec![file("d/e/f", "x"), symlink("d", "../outside"), file("d/e/f", "x")],
            Ok(&["d", "outside", "outside/e", "outside/e/f"]),
        ),
        (
            "links in a chain",
            vec![symlink("a", "b"), symlink("b", "../../.."), file("a/outside/victim", "x")],
            Ok(&["a", "b", "outside", "outside/victim"]),
        ),
        ("a link to itself", vec![symlink("a", "a"), file("a/x", "x")], Err("io-error")),
        ("an empty link", vec![symlink("a", "")], Err("io-error")),
        (
            "a link to proc",
            vec![symlink("p", "/proc/self/root"), file("p/x", "x")],
            Ok(&["p", "proc", "proc/self", "proc/self/root", "proc/self/root/x"]),
        ),
        (
            "a link to a descriptor",
            vec![symlink("p", "/proc/self/cwd/.."), file("p/x", "x")],
            Ok(&["p", "proc", "proc/self", "proc/self/cwd", "proc/self/x"]),
        ),
        (
            "a fifo through a link",
            vec![symlink("l", "../outside"), entry("l/p", '6')],
            Ok(&["l", "outside", "outside/p"]),
        ),
        (
            "a link through a link",
            vec![symlink("l", "../outside"), symlink("l/victim", "x")],
            Ok(&["l", "outside", "outside/victim"]),
        ),
        ("a fifo where a file comes", vec![entry("p", '6'), file("p", "x")], Ok(&["p"])),
        ("the root as a link", vec![symlink(".", "../outside"), file("victim", "x")], MALFORMED),
        ("a file beneath a fifo", vec![entry("p", '6'), file("p/x", "x")], MALFORMED),
        ("a file beneath a file", vec![file("f", "x"), file("f/x", "x")], MALFORMED),
    ]);
}

#[test]
fn no_hard_link_reaches_out_of_the_layer() {
    check(vec![
        ("outside by name", vec![hard_link("h", VICTIM)], MALFORMED),
        ("outside by an absolute name", vec![hard_link("h", "/etc/passwd")], MALFORMED),
        ("outside by a link", vec![symlink("l", "../outside"), hard_link("h", "l/victim")], MALFORMED),
        (
            "outside by a link that is its target",
            vec![symlink("l", VICTIM), hard_link("h", "l"), file("h", "x")],
            Ok(&["h", "l"]),
        ),
        ("to a later entry", vec![hard_link("h", "f"), file("f", "x")], MALFORMED),
        ("to itself", vec![hard_link("h", "h")], MALFORMED),
        ("to a directory", vec![directory("d"), hard_link("h", "d")], MALFORMED),
        ("to the root", vec![hard_link("h", "/")], MALFORMED),
        ("to a fifo", vec![entry("p", '6'), hard_link("h", "p")], Ok(&["h", "p"])),
        ("to a whiteout", vec![entry(".wh.w", '0'), hard_link("h", "w")], MALFORMED),
        ("over a directory that holds its target", vec![file("d/f", "x"), hard_link("d", "d/f")], Err("io-error")),
        ("without a target", vec![hard_link("h", "")], MALFORMED),
        ("written through", vec![file("f", "x"), hard_link("h", "f"), file("h", "y")], Ok(&["f", "h"])),
        ("named like a whiteout", vec![file("f", "x"), hard_link(".wh.f", "f")], Ok(&["f"])),
    ]);
}

#[test]
fn no_size_makes_readers_disagree() {
    let inner = || archive([file("smuggled", "x")]);
    let size = |size: &'static str| pax(&[("size", size.as_bytes())]);
    let hidden = |size: u64| entry("f", '0').content(&inner()).size(size);
    check(vec![
        ("pax says more than the header", vec![size("2048"), hidden(0)], Ok(&["f"])),
        ("pax says less than the header", vec![size("0"), entry("f", '0').size(1024)], Ok(&["f"])),
        ("a size on a directory", vec![directory("d").size(1024), file("f", "x")], Ok(&["d", "f"])),
        ("a pax size on a directory", vec![size("1024"), directory("d"), file("f", "x")], Ok(&["d", "f"])),
        ("a size on a link", vec![symlink("l", "x").size(1024), file("f", "x")], Ok(&["f", "l"])),
        ("a negative size", vec![entry("f", '0').put(124, &[0xff; 12])], MALFORMED),
        ("a negative pax size", vec![size("-1"), file("f", "x")], MALFORMED),
        ("a size beyond 63 bits", vec![size("9223372036854775808"), file("f", "x")], MALFORMED),
        (
            "base 256 beyond 63 bits",
            vec![entry("f", '0').put(124, b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff")],
            MALFORMED,
        ),
        ("a size in nines", vec![entry("f", '0').put(124, b"99999999999\0")], MALFORMED),
        ("a size that does not come", vec![entry("f", '0').size(0o7_777_777_777)], TRUNCATED),
        ("a pax header that does not come", vec![entry("x", 'x').size(1 << 19)], TRUNCATED),
        ("a pax header of 4 GiB", vec![entry("x", 'x').size(4 << 30)], MALFORMED),
        ("a pax record of 4 GiB", vec![entry("x", 'x').content(b"4294967296 path=x\n"), file("f", "x")], MALFORMED),
        ("a pax record that ends too early", vec![entry("x", 'x').content(b"3 path=x\n"), file("f", "x")], MALFORMED),
        ("a pax record of no length", vec![entry("x", 'x').content(b" path=x\n"), file("f", "x")], MALFORMED),
        ("two pax headers", vec![size("1"), size("2"), file("f", "x")], MALFORMED),
        ("two names", vec![pax(&[("path", b"a")]), entry("L", 'L').content(b"b\0"), file("f", "x")], MALFORMED),
        ("a size for everything", vec![pax(&[("size", b"1")]).put(156, b"g"), file("f", "x")], MALFORMED),
        ("a map for everything", vec![pax(&[("GNU.sparse.size", b"1")]).put(156, b"g"), file("f", "x")], MALFORMED),
        ("a pax header for nothing", vec![size("1")], MALFORMED),
        ("a directory's name for a file", vec![file("d/", "content")], MALFORMED),
    ]);
}

#[test]
fn no_whiteout_hides_more_than_a_name() {
    check(vec![
        ("of nothing", vec![entry(".wh.", '0')], MALFORMED),
        ("of the directory", vec![entry("d/.wh..", '0')], MALFORMED),
        ("of the parent", vec![entry("d/.wh...", '0')], MALFORMED),
        ("of the root", vec![entry("/.wh./", '5')], MALFORMED),
        ("with entries beneath it", vec![file(".wh.a/b", "x")], MALFORMED),
        ("as a parent that goes up", vec![file(".wh.../victim", "x")], MALFORMED),
        ("of a name with a slash in pax", vec![pax(&[("path", b".wh.a/../../b")]), entry("x", '0')], MALFORMED),
        (
            "beneath a link",
            vec![symlink("l", "../outside"), entry("l/.wh.victim", '0')],
            Ok(&["-outside/victim", "l", "outside"]),
        ),
        ("with content", vec![file(".wh.a", "content"), file("f", "x")], Ok(&["-a", "f"])),
        ("twice", vec![entry(".wh.a", '0'), entry(".wh.a", '0')], Ok(&["-a"])),
        ("of a whiteout's name", vec![entry(".wh..wh.a", '0')], Ok(&[])),
        ("as a link", vec![symlink(".wh.a", VICTIM)], Ok(&["-a"])),
        ("as a device that the kernel takes for one", vec![entry("a", '3')], UNSUPPORTED),
        ("opaque as a link", vec![symlink(".wh..wh..opq", VICTIM)], Ok(&[])),
        ("opaque with entries beneath it", vec![file(".wh..wh..opq/x", "x")], MALFORMED),
    ]);
}

#[test]
fn no_other_field_does_harm() {
    check(vec![
        ("a user beyond 32 bits", vec![pax(&[("uid", b"4294967296")]), file("f", "x")], MALFORMED),
        ("the user that means none", vec![pax(&[("uid", b"4294967295")]), file("f", "x")], MALFORMED),
        ("a negative group", vec![pax(&[("gid", b"-1")]), file("f", "x")], MALFORMED),
        ("a time that is none", vec![pax(&[("mtime", b"1e9")]), file("f", "x")], MALFORMED),
        ("a mode with a type in it", vec![file("f", "x").mode(0o40755)], Ok(&["f"])),
        ("a wrong device number", vec![entry("c", '3').put(329, b"99999999")], MALFORMED),
        ("a type that nobody knows", vec![entry("f", 'Z')], UNSUPPORTED),
        ("a volume label", vec![entry("f", 'V')], UNSUPPORTED),
        ("a multi-volume rest", vec![entry("f", 'M')], UNSUPPORTED),
    ]);
}

#[test]
fn attributes_cannot_be_forged_for_the_overlay_or_the_machine() {
    let scratch = Scratch::new();
    let names = [
        "user.overlay.opaque",
        "user.overlay.redirect",
        "user.overlay.metacopy",
        "user.overlay.origin",
        "user.overlay.whiteout",
        "trusted.overlay.opaque",
        "trusted.overlay.redirect",
        "security.selinux",
        "security.ima",
        "system.nfs4_acl",
    ];
    let keys = names.map(|name| format!("SCHILY.xattr.{name}"));
    let records: Vec<(&str, &[u8])> = keys.iter().map(|key| (key.as_str(), &b"y"[..])).collect();
    let entries = [pax(&records), directory("d"), pax(&records), file("d/f", "x")];
    assert!(attempt_in(&scratch, &archive(entries)).is_ok());
    for path in ["target/d", "target/d/f"] {
        assert!(names.iter().all(|name| xattr(&scratch.path(path), name).is_none()), "{path}");
    }
    assert!(!is_opaque(&scratch.path("target/d")));
}

#[test]
fn access_control_lists_are_kept_as_bytes() {
    // Version 2; user::rwx, user:1:r-x, group::r-x, mask::r-x, other::---
    let acl = b"\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x02\0\x05\0\x01\0\0\0\x04\0\x05\0\xff\xff\xff\xff\x10\0\x05\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";
    let scratch = Scratch::new();
    let key = |name: &str| format!("SCHILY.xattr.system.posix_acl_{name}");
    let (access, default) = (key("access"), key("default"));
    let entries = [
        pax(&[(&access, acl), (&default, acl)]),
        directory("d").mode(0o750),
        file("d/f", "x"),
        pax(&[(&access, acl)]),
        file("g", "x").mode(0o750),
    ];
    scratch.apply(&archive(entries), "t").unwrap();
    if !is_root() && xattr(&scratch.path("t/g"), "system.posix_acl_access").is_none() {
        return;
    }
    assert_eq!(xattr(&scratch.path("t/g"), "system.posix_acl_access").unwrap(), acl);
    assert_eq!(xattr(&scratch.path("t/d"), "system.posix_acl_default").unwrap(), acl);
    assert_eq!(xattr(&scratch.path("t/d/f"), "system.posix_acl_access"), None);
    let first = scratch.pack("t", crate::protocol::messages::Compression::None, "again.tar");
    scratch.apply_blob(&scratch.text("again.tar"), crate::protocol::messages::Compression::None, "again").unwrap();
    let second = scratch.pack("again", crate::protocol::messages::Compression::None, "twice.tar");
    assert_eq!(first, second);
}
