//! What unpacking makes of well-formed layers.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::thread;
use std::time::Duration;

use super::raw::{archive, directory, entry, file, hard_link, only_root, pax, symlink};
use super::{LIMITS, Scratch, is_opaque, is_root, listing, paths, run, xattr};
use crate::layer::{Growth, apply};
use crate::protocol::messages::{ApplyParams, Compression};

#[test]
fn files_directories_and_links_get_their_metadata() {
    let scratch = Scratch::new();
    let entries = [
        directory("./").mode(0o711),
        directory("d/").mode(0o2555),
        file("d/f", "hello").mode(0o4755),
        symlink("d/s", "f"),
        hard_link("d/h", "d/f"),
        entry("p", '6').mode(0o600),
        file("late/parent", ""),
    ];
    scratch.apply(&archive(entries), "t").unwrap();
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let owner = format!("{uid}:{gid} @1000.0");
    assert_eq!(
        listing(&scratch.path("t")),
        [
            format!("d 42555 {owner} device 0"),
            format!("d/f 104755 {owner} 5 bytes, crc 3610a686, 2 names"),
            format!("d/h 104755 {owner} 5 bytes, crc 3610a686, 2 names"),
            format!("d/s 120777 {owner} -> f"),
            format!("late 40755 {uid}:{gid} @0.0 device 0"),
            format!("late/parent 100644 {owner} 0 bytes, crc 00000000, 1 names"),
            format!("p 10600 {owner} device 0"),
        ]
    );
    assert_eq!(fs::metadata(scratch.path("t")).unwrap().mode(), 0o40711);
}

#[test]
fn an_unlisted_root_is_0755_whatever_the_umask_and_the_clock_say() {
    let scratch = Scratch::new();
    scratch.apply(&archive([file("f", "x")]), "t").unwrap();
    let root = fs::metadata(scratch.path("t")).unwrap();
    assert_eq!((root.mode(), root.mtime(), root.mtime_nsec()), (0o40755, 0, 0));
}

#[test]
fn pax_records_carry_what_headers_cannot() {
    let scratch = Scratch::new();
    let name = format!("{}/é", "long".repeat(40));
    let target = "t".repeat(300);
    let records: [(&str, &[u8]); 4] = [
        ("path", name.as_bytes()),
        ("mtime", b"-1.5"),
        ("SCHILY.xattr.user.binary", b"\0=\n\xff"),
        ("SCHILY.xattr.user.empty", b""),
    ];
    let entries = [pax(&records), file("short", "x"), pax(&[("linkpath", target.as_bytes())]), symlink("s", "short")];
    scratch.apply(&archive(entries), "t").unwrap();
    let path = scratch.path("t").join(&name);
    let meta = fs::metadata(&path).unwrap();
    assert_eq!((meta.mtime(), meta.mtime_nsec()), (-2, 500_000_000));
    assert_eq!(xattr(&path, "user.binary").unwrap(), b"\0=\n\xff");
    assert_eq!(xattr(&path, "user.empty").unwrap(), b"");
    assert_eq!(fs::read_link(scratch.path("t/s")).unwrap().to_str().unwrap(), target);
}

#[test]
fn global_records_hold_until_a_local_one_says_otherwise() {
    let scratch = Scratch::new();
    let global = pax(&[("mtime", b"7")]).put(156, b"g");
    let entries =
        [global, file("a", ""), pax(&[("mtime", b"8")]), file("b", ""), pax(&[("mtime", b"")]), file("c", "")];
    scratch.apply(&archive(entries), "t").unwrap();
    let times = ["a", "b", "c"].map(|name| fs::metadata(scratch.path("t").join(name)).unwrap().mtime());
    assert_eq!(times, [7, 8, 1000]);
}

#[test]
fn older_forms_are_read() {
    let scratch = Scratch::new();
    let long = "g".repeat(200);
    let entries = [
        entry("v7file", '\0').put(257, &[0; 8]),
        entry("v7dir/", '\0').put(257, &[0; 8]),
        file("name", "").put(345, b"ustar/prefix"),
        file("gnu", "").put(257, b"ustar  \0").put(345, b"not a prefix"),
        file("star", "").put(345, b"prefix").put(476, b"17777777777").put(508, b"tar\0"),
        entry("././@LongLink", 'L').put(257, b"ustar  \0").content(format!("{long}\0").as_bytes()),
        entry("././@LongLink", 'K').put(257, b"ustar  \0").content(format!("{long}\0").as_bytes()),
        symlink("cut", "cut").put(257, b"ustar  \0"),
        entry("contiguous", '7').content(b"x"),
    ];
    scratch.apply(&archive(entries), "t").unwrap();
    assert_eq!(
        paths(&scratch.path("t")),
        [
            "contiguous",
            &long,
            "gnu",
            "prefix",
            "prefix/star",
            "ustar",
            "ustar/prefix",
            "ustar/prefix/name",
            "v7dir",
            "v7file"
        ]
    );
    assert_eq!(fs::read_link(scratch.path("t").join(&long)).unwrap().to_str().unwrap(), long);
}

#[test]
fn ids_beyond_the_octal_fields_are_set() {
    for entries in [
        [pax(&[("uid", b"3000000"), ("gid", b"2097152")]), file("f", "")],
        [directory("d"), file("f", "").put(108, b"\x80\0\0\0\0\x2d\xc6\xc0\x80\0\0\0\0\x20\0\0")],
    ] {
        let scratch = Scratch::new();
        let result = scratch.apply(&archive(entries), "t");
        assert_eq!(result.err().map(|failure| failure.code), only_root("owner-not-permitted"));
        if is_root() {
            let meta = fs::metadata(scratch.path("t/f")).unwrap();
            assert_eq!((meta.uid(), meta.gid()), (3_000_000, 2_097_152));
        }
    }
}

#[test]
fn set_id_bits_and_capabilities_outlive_the_change_of_owner() {
    let capability = b"\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let scratch = Scratch::new();
    let records: [(&str, &[u8]); 2] = [("SCHILY.xattr.security.capability", capability), ("uid", b"12")];
    let result = scratch.apply(&archive([pax(&records), file("f", "x").mode(0o6755)]), "t");
    assert_eq!(result.err().map(|failure| failure.code), only_root("owner-not-permitted"));
    if is_root() {
        assert_eq!(xattr(&scratch.path("t/f"), "security.capability").unwrap(), capability);
        assert_eq!(fs::metadata(scratch.path("t/f")).unwrap().permissions().mode(), 0o106_755);
    }
}

#[test]
fn attributes_of_overlayfs_of_the_machine_and_of_the_store_are_dropped() {
    let scratch = Scratch::new();
    let names = ["user.overlay.opaque", "user.oci-build.device", "trusted.overlay.opaque", "trusted.x", "user.kept"];
    let keys = names.map(|name| format!("SCHILY.xattr.{name}"));
    let records: Vec<(&str, &[u8])> = keys.iter().map(|key| (key.as_str(), &b"y"[..])).collect();
    scratch.apply(&archive([pax(&records), directory("d")]), "t").unwrap();
    let found = names.map(|name| xattr(&scratch.path("t/d"), name).is_some());
    assert_eq!(found, [false, false, false, false, true]);
}

#[test]
fn whiteouts_hide_lower_names_only_whichever_comes_first() {
    let scratch = Scratch::new();
    let entries = [
        entry(".wh.gone", '0'),
        entry(".wh.file-after", '0'),
        file("file-after", "x"),
        file("file-before", "x"),
        entry(".wh.file-before", '0'),
        entry(".wh.dir-after", '0'),
        directory("dir-after"),
        directory("dir-before"),
        file("dir-before/f", "x"),
        entry(".wh.dir-before", '0'),
        entry(".wh.parent", '0'),
        file("parent/f", "x"),
    ];
    scratch.apply(&archive(entries), "t").unwrap();
    assert_eq!(
        paths(&scratch.path("t")),
        ["-gone", "dir-after", "dir-before", "dir-before/f", "file-after", "file-before", "parent", "parent/f"]
    );
    let opaque = ["dir-after", "dir-before", "parent"].map(|name| is_opaque(&scratch.path("t").join(name)));
    assert_eq!(opaque, [true; 3]);
}

#[test]
fn opaque_markers_count_at_any_place_and_keep_the_layers_own_entries() {
    let scratch = Scratch::new();
    let entries = [
        entry("first/.wh..wh..opq", '0'),
        file("first/f", "x"),
        file("last/f", "x"),
        entry("last/.wh..wh..opq", '0'),
        entry(".wh..wh..opq", '0'),
        directory("last"),
        entry(".wh..wh.plnk", '5'),
        file(".wh..wh.plnk/1.2", "x"),
    ];
    scratch.apply(&archive(entries), "t").unwrap();
    assert_eq!(paths(&scratch.path("t")), ["first", "first/f", "last", "last/f"]);
    assert_eq!(["t", "t/first", "t/last"].map(|name| is_opaque(&scratch.path(name))), [true; 3]);
}

#[test]
fn later_entries_replace_earlier_ones_but_directories_keep_their_content() {
    let scratch = Scratch::new();
    let entries = [
        file("d/f", "old"),
        directory("d").mode(0o700),
        file("d/f", "new"),
        directory("gone/deep/er"),
        symlink("gone", "d"),
        symlink("sh", "dash"),
        symlink("sh", "bash"),
        file("x", "x"),
        directory("x"),
        file("x/y", "x"),
    ];
    scratch.apply(&archive(entries), "t").unwrap();
    assert_eq!(paths(&scratch.path("t")), ["d", "d/f", "gone", "sh", "x", "x/y"]);
    assert_eq!(fs::read(scratch.path("t/d/f")).unwrap(), b"new");
    assert_eq!(fs::metadata(scratch.path("t/d")).unwrap().mode(), 0o40700);
    assert_eq!(fs::read_link(scratch.path("t/sh")).unwrap().to_str(), Some("bash"));
    assert!(!is_opaque(&scratch.path("t/x")));
}

#[test]
fn bytes_behind_the_end_belong_to_the_diff_id() {
    let scratch = Scratch::new();
    let mut bytes = archive([file("f", "x")]);
    bytes.resize(3 << 20, 7);
    let result = scratch.apply(&bytes, "t").unwrap();
    assert_eq!(result.bytes, 3 << 20);
    let sum = run("sha256sum", &[&scratch.text("t.blob")]);
    assert_eq!(result.diff_id, format!("sha256:{}", &sum[..64]));
}

#[test]
fn the_expected_diff_id_is_checked() {
    let scratch = Scratch::new();
    let blob = scratch.text("blob");
    fs::write(&blob, archive([])).unwrap();
    let empty = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
    for (expected, target, code) in [(empty, "a", None), ("sha256:0", "b", Some("diff-id-mismatch"))] {
        let params = ApplyParams {
            blob: blob.clone(),
            compression: Compression::None,
            growing: false,
            target: scratch.text(target),
            expected: Some(expected.to_owned()),
            limits: LIMITS,
        };
        assert_eq!(apply(&params, None).err().map(|failure| failure.code), code);
    }
}

/// Several gzip members and several zstd frames, made by the tools that everybody has.
fn compressed(scratch: &Scratch, tool: &str, bytes: &[u8]) -> Vec<u8> {
    let (first, second) = bytes.split_at(700);
    let mut blob = Vec::new();
    for (name, part) in [("1", first), ("2", &[]), ("3", second)] {
        let path = scratch.text(&format!("{tool}{name}"));
        fs::write(&path, part).unwrap();
        run(tool, &["-q", "-k", &path]);
        let suffix = if tool == "gzip" { "gz" } else { "zst" };
        blob.extend(fs::read(format!("{path}.{suffix}")).unwrap());
    }
    blob
}

#[test]
fn gzip_members_and_zstd_frames_follow_each_other() {
    let scratch = Scratch::new();
    let tar = archive([file("a", &"content ".repeat(1 << 20)), file("b", "x")]);
    let plain = scratch.apply(&tar, "plain").unwrap();
    for (tool, compression) in [("gzip", Compression::Gzip), ("zstd", Compression::Zstd)] {
        let blob = compressed(&scratch, tool, &tar);
        let path = scratch.text(tool);
        fs::write(&path, &blob).unwrap();
        let result = scratch.apply_blob(&path, compression, &format!("{tool}-t")).unwrap();
        assert_eq!(result, plain);
        assert_eq!(listing(&scratch.path(&format!("{tool}-t"))), listing(&scratch.path("plain")));

        for length in [0, 5, blob.len() / 2, blob.len() - 1] {
            fs::write(&path, &blob[..length]).unwrap();
            let failure = scratch.apply_blob(&path, compression, &format!("{tool}-{length}")).unwrap_err();
            assert_eq!(failure.code, "layer-truncated", "{tool} {length}");
        }
        fs::write(&path, [&blob[..], b"garbage"].concat()).unwrap();
        let failure = scratch.apply_blob(&path, compression, &format!("{tool}-garbage")).unwrap_err();
        assert_eq!(failure.code, "layer-malformed", "{tool}");
        let mut broken = blob.clone();
        broken[blob.len() / 2] ^= 0x55;
        fs::write(&path, broken).unwrap();
        let failure = scratch.apply_blob(&path, compression, &format!("{tool}-broken")).unwrap_err();
        assert_eq!(failure.code, "layer-malformed", "{tool}");
    }
}

fn growing(blob: String, target: String) -> ApplyParams {
    ApplyParams { blob, compression: Compression::None, growing: true, target, expected: None, limits: LIMITS }
}

/// Follows a blob that another thread writes piece by piece.
fn follow(bytes: &[u8], end: impl FnOnce(&Growth, u64) + Send) -> Result<Vec<String>, &'static str> {
    let scratch = Scratch::new();
    let growth = Growth::new();
    let blob = scratch.text("blob");
    let mut file = fs::File::create(&blob).unwrap();
    let params = growing(blob, scratch.text("t"));
    let result = thread::scope(|scope| {
        let growth = &*growth;
        scope.spawn(move || {
            let mut written = 0;
            for piece in bytes.chunks(300) {
                file.write_all(piece).unwrap();
                written += piece.len() as u64;
                growth.grew(written);
                thread::sleep(Duration::from_millis(1));
            }
            end(growth, written);
        });
        apply(&params, Some(growth))
    });
    result.map(|_| paths(&scratch.path("t"))).map_err(|failure| failure.code)
}

#[test]
fn a_growing_blob_is_followed_to_its_end() {
    let tar = archive([file("a", &"x".repeat(5000)), file("b", "x")]);
    assert_eq!(follow(&tar, Growth::complete), Ok(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(follow(&tar, |growth, _| growth.abandoned()), Err("blob-abandoned"));
    assert_eq!(follow(&tar, |growth, bytes| growth.complete(bytes + 1)), Err("layer-truncated"));
}

#[test]
fn a_malformed_layer_does_not_wait_for_the_rest_of_its_download() {
    // Nothing says that this blob will ever grow to its end.
    let bytes = vec![b'x'; 4 << 20];
    assert_eq!(follow_without_end(&bytes), Err("layer-malformed"));
}

fn follow_without_end(bytes: &[u8]) -> Result<(), &'static str> {
    let scratch = Scratch::new();
    let blob = scratch.text("blob");
    fs::write(&blob, bytes).unwrap();
    let growth = Growth::new();
    growth.grew(bytes.len() as u64);
    let params = growing(blob, scratch.text("t"));
    apply(&params, Some(&growth)).map(|_| ()).map_err(|failure| failure.code)
}

#[test]
fn an_existing_target_is_refused() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("t")).unwrap();
    let failure = scratch.apply(&archive([]), "t").unwrap_err();
    assert_eq!(failure.errno.as_deref(), Some("EEXIST"));
}

#[test]
fn a_directory_that_is_entered_again_keeps_what_its_entry_says() {
    let scratch = Scratch::new();
    let acl = b"\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x04\0\x05\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";
    let records: [(&str, &[u8]); 3] =
        [("SCHILY.xattr.system.posix_acl_default", acl), ("SCHILY.xattr.user.a", b"b"), ("mtime", b"7.25")];
    let entries = [
        pax(&records),
        directory("a").mode(0o2551),
        file("a/1", "x"),
        directory("b"),
        file("b/2", "x"),
        file("a/3", "x").mode(0o666),
        directory("a/4").mode(0o700),
        entry("b/.wh.5", '0'),
        file("a/1", "y"),
        file("late/6", ""),
        file("b/7", ""),
        directory("late").mode(0o500),
        file("late/8", ""),
        directory("b").mode(0o711),
    ];
    scratch.apply(&archive(entries), "t").unwrap();
    let meta = |name: &str| fs::metadata(scratch.path("t").join(name)).unwrap();
    let seen = |name: &str| (meta(name).mode() & 0o7777, meta(name).mtime(), meta(name).mtime_nsec());
    assert_eq!(seen("a"), (0o2551, 7, 250_000_000));
    assert_eq!(["a/3", "a/4", "b", "late"].map(seen), [0o666, 0o700, 0o711, 0o500].map(|mode| (mode, 1000, 0)));
    assert_eq!(xattr(&scratch.path("t/a"), "user.a").unwrap(), b"b");
    assert_eq!(xattr(&scratch.path("t/a"), "system.posix_acl_default").unwrap(), acl);
    assert_eq!(
        ["a/1", "a/3", "a/4"].map(|name| xattr(&scratch.path("t").join(name), "system.posix_acl_access")),
        [const { None }; 3]
    );
    assert_eq!(xattr(&scratch.path("t/a/4"), "system.posix_acl_default"), None);
    assert_eq!(meta("a/4").gid(), rustix::process::getegid().as_raw());
}
