//! How a COPY writes what it means.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;

use crate::failure::Failure;
use crate::protocol::messages::CopyParams;
use crate::tree::copy;
use crate::tree::scratch::{Scratch, run};

fn code(result: Result<impl std::fmt::Debug, Failure>) -> &'static str {
    result.unwrap_err().code
}

#[test]
fn trap_1_context_entries_become_root_s_and_keep_their_mode_with_set_id_bits() {
    let s = Scratch::new();
    s.file("src/dir/tool", "x").owner("src/dir/tool", 1000, 1000).mode("src/dir/tool", 0o6755);
    s.directory("src/dir/tmp").owner("src/dir/tmp", 1000, 7).mode("src/dir/tmp", 0o1777);
    s.link("src/dir/link", "tool").owner("src/dir/link", 1000, 1000);
    s.copy(&["dir"], "/to").unwrap();
    assert_eq!(s.show("root/to/tool"), "f 6755 0:0 x");
    assert_eq!(s.show("root/to/tmp"), "d 1777 0:0");
    assert_eq!(s.show("root/to/link"), "l 777 0:0 tool");
}

#[test]
fn trap_2_and_3_copy_from_keeps_owners_but_the_destination_directory_it_makes_is_root_s() {
    let s = Scratch::new();
    s.file("src/dir/f", "x").owner("src/dir/f", 100, 200).owner("src/dir", 100, 200).mode("src/dir", 0o700);
    let params = CopyParams { keep_owner: true, ..s.params(s.selection(&["dir"]), "/a/to/") };
    copy(&params).unwrap();
    assert_eq!(s.show("root/a"), "d 755 0:0");
    assert_eq!(s.show("root/a/to"), "d 755 0:0");
    assert_eq!(s.show("root/a/to/f"), "f 644 100:200 x");
}

#[test]
fn trap_4_the_destination_keeps_its_metadata_and_nested_directories_get_the_source_s() {
    let s = Scratch::new();
    s.file("src/dir/sub/f", "x").mode("src/dir/sub", 0o700);
    s.directory("root/to/sub").mode("root/to", 0o750).owner("root/to", 5, 6).mode("root/to/sub", 0o777).owner(
        "root/to/sub",
        5,
        6,
    );
    s.copy(&["dir"], "/to").unwrap();
    assert_eq!(s.show("root/to"), "d 750 5:6");
    assert_eq!(s.show("root/to/sub"), "d 700 0:0");
}

#[test]
fn trap_5_a_directory_means_its_contents() {
    let s = Scratch::new();
    s.file("src/dir/f", "x");
    s.directory("root/app");
    s.copy(&["dir"], "/app").unwrap();
    assert_eq!(s.names("root/app"), ["f"]);
    for whole in [".", "/", "./", "dir/.."] {
        let s = Scratch::new();
        s.file("src/dir/f", "x");
        s.copy(&[whole], "/app").unwrap();
        assert_eq!(s.names("root/app"), ["dir"], "{whole}");
    }
}

#[test]
fn trap_6_several_sources_need_a_trailing_slash_even_where_a_directory_is() {
    let s = Scratch::new();
    s.file("src/a", "a").file("src/b", "b").directory("root/to");
    assert_eq!(code(s.copy(&["a", "b"], "/to")), "copy-needs-directory");
    s.copy(&["a", "b"], "/to/").unwrap();
    assert_eq!(s.names("root/to"), ["a", "b"]);
    assert_eq!(code(s.copy(&["*"], "/new")), "copy-needs-directory");
    s.copy(&["*"], "/to").unwrap();
}

#[test]
fn trap_7_a_file_goes_into_an_existing_directory_without_a_slash() {
    let s = Scratch::new();
    s.file("src/sub/f", "x").directory("root/to");
    s.copy(&["sub/f"], "/to").unwrap();
    assert_eq!(s.show("root/to/f"), "f 644 0:0 x");
    s.copy(&["sub/f"], "/").unwrap();
    assert_eq!(s.show("root/f"), "f 644 0:0 x");
}

#[test]
fn trap_8_a_trailing_slash_makes_the_directory_and_none_makes_the_file() {
    let s = Scratch::new();
    s.file("src/f", "x");
    s.copy(&["f"], "/a/b/").unwrap();
    s.copy(&["f"], "/c/d").unwrap();
    assert_eq!(s.show("root/a/b/f"), "f 644 0:0 x");
    assert_eq!(s.show("root/c/d"), "f 644 0:0 x");
}

#[test]
fn trap_9_a_directory_does_not_go_onto_a_file_nor_a_file_onto_a_directory() {
    let s = Scratch::new();
    s.file("src/dir/name/x", "x").file("src/f", "x").file("src/two/name", "x");
    s.file("root/file", "old").directory("root/to/f").file("root/deep/name", "old").directory("root/flat/name");
    assert_eq!(code(s.copy(&["dir"], "/file")), "copy-not-a-directory");
    assert_eq!(code(s.copy(&["dir"], "/file/below")), "copy-not-a-directory");
    assert_eq!(code(s.copy(&["f"], "/file/")), "copy-not-a-directory");
    assert_eq!(code(s.copy(&["f"], "/file/below")), "copy-not-a-directory");
    assert_eq!(code(s.copy(&["f"], "/to")), "copy-is-a-directory");
    assert_eq!(code(s.copy(&["dir"], "/deep")), "copy-not-a-directory");
    assert_eq!(code(s.copy(&["two"], "/flat")), "copy-is-a-directory");
    assert_eq!(s.show("root/file"), "f 644 0:0 old");
}

#[test]
fn trap_17_of_two_sources_with_one_name_the_later_wins() {
    let s = Scratch::new();
    s.file("src/a/f", "a").file("src/b/f", "b");
    s.copy(&["a/f", "b/f"], "/to/").unwrap();
    assert_eq!(s.show("root/to/f"), "f 644 0:0 b");
}

#[test]
fn trap_18_parents_are_root_s_755_or_the_chown_owner_s_and_an_octal_chmod_reaches_them() {
    let rows: &[(Option<&str>, Option<&str>, &str, &str)] = &[
        (None, None, "d 755 0:0", "f 644 0:0 x"),
        (Some("7:8"), None, "d 755 7:8", "f 644 7:8 x"),
        (None, Some("0700"), "d 700 0:0", "f 700 0:0 x"),
        (None, Some("u=rwX,go="), "d 755 0:0", "f 600 0:0 x"),
    ];
    for (owner, mode, parent, file) in rows {
        for (source, destination) in [("dir/f", "/a/b/"), ("dir", "/a/b")] {
            let s = Scratch::new();
            s.file("src/dir/f", "x").owner("src/dir/f", 9, 9);
            let owned = |text: &Option<&str>| text.map(str::to_owned);
            let params = s.params(s.selection(&[source]), destination);
            copy(&CopyParams { owner: owned(owner), mode: owned(mode), ..params }).unwrap();
            assert_eq!(s.show("root/a"), *parent, "{owner:?} {mode:?}");
            assert_eq!(s.show("root/a/b"), *parent, "{owner:?} {mode:?}");
            assert_eq!(s.show("root/a/b/f"), *file, "{owner:?} {mode:?}");
        }
    }
}

#[test]
fn trap_23_hard_links_inside_one_source_directory_are_kept() {
    let s = Scratch::new();
    s.file("src/dir/a/one", "x").directory("src/dir/b").file("root/to/b/two", "old").file("src/outside", "y");
    fs::hard_link(s.path("src/dir/a/one"), s.path("src/dir/b/two")).unwrap();
    fs::hard_link(s.path("src/outside"), s.path("src/dir/lone")).unwrap();
    s.copy(&["dir"], "/to").unwrap();
    let inode = |path: &str| fs::metadata(s.path(path)).unwrap().ino();
    assert_eq!(inode("root/to/a/one"), inode("root/to/b/two"));
    assert_ne!(inode("root/to/a/one"), inode("src/dir/a/one"));
    assert_eq!(s.show("root/to/b/two"), "f 644 0:0 x");
    assert_eq!(fs::metadata(s.path("root/to/lone")).unwrap().nlink(), 1);
}

#[test]
fn trap_26_sparse_and_large_content_arrives_whole() {
    let s = Scratch::new();
    let mut content = vec![0_u8; 3 << 20];
    content[1 << 20] = 7;
    *content.last_mut().unwrap() = 9;
    s.file("src/big", &content);
    let sparse = fs::File::create(s.path("src/sparse")).unwrap();
    sparse.set_len(1 << 22).unwrap();
    let result = s.copy(&["big", "sparse"], "/to/").unwrap();
    assert_eq!(fs::read(s.path("root/to/big")).unwrap(), content);
    assert_eq!(fs::read(s.path("root/to/sparse")).unwrap(), vec![0; 1 << 22]);
    assert_eq!((result.entries, result.bytes), (2, (3 << 20) + (1 << 22)));
}

#[test]
fn trap_27_and_28_sockets_are_skipped_fifos_and_devices_kept() {
    let s = Scratch::new();
    s.directory("src/dir");
    let _socket = UnixListener::bind(s.path("src/dir/socket")).unwrap();
    run("mkfifo", &["-m", "640", "fifo"], &s.path("src/dir"));
    run("mknod", &["null", "c", "1", "3"], &s.path("src/dir"));
    s.copy(&["dir"], "/to").unwrap();
    assert_eq!(s.names("root/to"), ["fifo", "null"]);
    assert_eq!(s.show("root/to/fifo"), "? 640 0:0 0");
    assert_eq!(s.show("root/to/null"), "? 644 0:0 103");
    assert_eq!(code(s.copy(&["dir/socket"], "/to/")), "copy-source-missing");
}

#[test]
fn trap_29_and_30_capabilities_user_attributes_and_set_id_bits_survive_a_change_of_owner() {
    let s = Scratch::new();
    s.file("src/dir/tool", "x").mode("src/dir/tool", 0o4755);
    s.attribute("src/dir/tool", "user.note", "kept").attribute("src/dir", "user.on.dir", "kept");
    s.attribute("src/dir/tool", "trusted.secret", "dropped").attribute("src/dir", "user.overlay.opaque", "y");
    run("setcap", &["cap_net_raw+ep", "dir/tool"], &s.path("src"));
    let params = CopyParams { owner: Some("12:34".to_owned()), ..s.params(s.selection(&["."]), "/to") };
    copy(&params).unwrap();
    assert_eq!(s.show("root/to/dir/tool"), "f 4755 12:34 x");
    assert!(run("getcap", &["dir/tool"], &s.path("root/to")).contains("cap_net_raw=ep"));
    assert_eq!(s.attributes("root/to/dir/tool"), ["security.capability", "user.note"]);
    assert_eq!(s.attributes("root/to/dir"), ["user.on.dir"]);
}

#[test]
fn trap_31_modification_times_are_kept_to_the_nanosecond_of_directories_too() {
    let s = Scratch::new();
    s.file("src/dir/sub/f", "x").link("src/dir/sub/link", "f");
    for path in ["dir/sub/f", "dir/sub/link", "dir/sub"] {
        run("touch", &["-h", "-d", "1965-01-02 03:04:05.123456789 UTC", path], &s.path("src"));
    }
    s.copy(&["dir"], "/to").unwrap();
    for path in ["root/to/sub/f", "root/to/sub/link", "root/to/sub"] {
        let meta = fs::symlink_metadata(s.path(path)).unwrap();
        assert_eq!((meta.mtime(), meta.mtime_nsec()), (-157_668_955, 123_456_789), "{path}");
    }
}

#[test]
fn names_of_any_bytes_are_copied() {
    use std::os::unix::ffi::OsStrExt;
    let s = Scratch::new();
    let name = std::ffi::OsStr::from_bytes(b"\xff\xfe new\nline*");
    s.directory("src/dir");
    fs::write(s.path("src/dir").join(name), "x").unwrap();
    s.copy(&["dir"], "/to").unwrap();
    assert_eq!(fs::read(s.path("root/to").join(name)).unwrap(), b"x");
}

#[test]
fn a_generated_tree_is_copied_as_cp_a_copies_it() {
    let s = Scratch::new();
    let mut seed = 42_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut directories = vec!["src/tree".to_owned()];
    s.directory("src/tree");
    for n in 0..400 {
        let path = format!("{}/n{n}", directories[random(directories.len() as u64) as usize]);
        match random(8) {
            0 | 1 => {
                s.directory(&path).mode(&path, 0o700 + random(0o100) as u32);
                directories.push(path.clone());
            }
            2 => {
                s.link(&path, &format!("../n{}", random(400)));
            }
            3 => run("mkfifo", &[&path], &s.path("")).clear(),
            _ => {
                s.file(&path, "z".repeat(random(200_000) as usize)).mode(&path, random(0o7777) as u32);
            }
        }
        s.owner(&path, random(50) as u32, random(50) as u32);
    }
    copy(&CopyParams { keep_owner: true, ..s.params(s.selection(&["tree"]), "/to") }).unwrap();
    run("cp", &["-a", "src/tree", "root/cp"], &s.path(""));
    let list = |path: &str| {
        let script = "find . -mindepth 1 -printf '%p %y %m %U %G %T@ %l %n\\n' | sort; find . -type f -exec sha256sum {} + | sort";
        run("sh", &["-c", script], &s.path(path))
    };
    assert_eq!(list("root/to"), list("root/cp"));
}
