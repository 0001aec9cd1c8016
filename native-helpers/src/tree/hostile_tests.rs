#![allow(clippy::unwrap_used)]

//! Trees that try to lead a copy, a WORKDIR or a user lookup out of their root.

use std::fs;
use std::os::fd::AsFd;
use std::path::Path;

use crate::protocol::messages::MakeDirectoryParams;
use crate::tree::directory;
use crate::tree::identity::resolve_user;
use crate::tree::make_directory;
use crate::tree::scratch::{Scratch, run};

#[test]
fn trap_10_and_11_links_of_the_destination_lead_through_the_root_only() {
    for target in ["/inside", "../../../../inside", "/../inside", "hop/../inside", "/abs"] {
        let s = Scratch::new();
        s.file("src/f", "x").file("src/dir/g", "x").directory("root/inside").directory("root/hop");
        s.link("root/abs", "/inside").link("root/link", target).link("root/chain", "link");
        s.copy(&["f"], "/link").unwrap();
        s.copy(&["f"], "/chain/h").unwrap();
        s.copy(&["dir"], "/link/").unwrap();
        assert_eq!(s.names("root/inside"), ["f", "g", "h"], "{target}");
    }
}

#[test]
fn trap_11_a_link_to_what_is_missing_is_made_inside_the_root() {
    let s = Scratch::new();
    let outside = s.path("outside").display().to_string();
    s.file("src/f", "x").link("root/link", &outside).link("root/file", "/new/name");
    s.copy(&["f"], "/link/").unwrap();
    s.copy(&["f"], "/file").unwrap();
    assert!(!Path::new(&outside).exists());
    assert_eq!(fs::read(s.path("root").join(outside.trim_start_matches('/')).join("f")).unwrap(), b"x");
    assert_eq!(s.show("root/new/name"), "f 644 0:0 x");
}

#[test]
fn trap_13_sources_are_clamped_inside_their_root() {
    let s = Scratch::new();
    s.file("secret", "outside").file("src/secret", "inside").link("src/up", "../secret").link("src/abs", "/secret");
    s.link("src/etc", "/").link("src/deep", "../../../../../../../../secret");
    for source in
        ["../secret", "/secret", "../../../secret", "up", "abs", "deep", "etc/secret", "etc/../../secret", "etc/sec*"]
    {
        s.copy(&[source], "/got").unwrap();
        assert_eq!(s.show("root/got"), "f 644 0:0 inside", "{source}");
    }
}

#[test]
fn entries_replace_links_at_their_name_and_never_write_through_them() {
    let s = Scratch::new();
    s.file("victim", "untouched").directory("outside").file("src/dir/f", "new").file("src/dir/sub/g", "new");
    s.link("root/to/f", "../../victim");
    s.copy(&["dir/f"], "/to/").unwrap();
    assert_eq!((s.show("root/to/f"), s.show("victim")), ("f 644 0:0 new".into(), "f 644 0:0 untouched".into()));
    s.link("root/to/sub", "../../outside");
    assert_eq!(s.copy(&["dir"], "/to").unwrap_err().code, "copy-not-a-directory");
    assert_eq!(s.names("outside"), Vec::<String>::new());
}

#[test]
fn loops_of_links_are_refused() {
    let s = Scratch::new();
    s.file("src/f", "x").link("root/a", "b").link("root/b", "a").link("src/loop", "loop");
    assert_eq!(s.copy(&["f"], "/a").unwrap_err().code, "too-many-links");
    assert_eq!(s.copy(&["loop"], "/to").unwrap_err().code, "too-many-links");
}

fn workdir(s: &Scratch, path: &str, user: &str) -> Result<bool, &'static str> {
    let root = s.path("root").display().to_string();
    let params = MakeDirectoryParams { root, path: path.to_owned(), user: user.to_owned(), mode: None };
    make_directory(&params).map(|result| result.created).map_err(|failure| failure.code)
}

#[test]
fn trap_46_a_workdir_and_its_missing_parents_belong_to_the_user() {
    let s = Scratch::new();
    s.file("root/etc/passwd", "app:x:11:22::/app:/bin/sh\n").directory("root/there").mode("root/there", 0o700);
    assert_eq!(workdir(&s, "/there/a/b", "app"), Ok(true));
    assert_eq!(s.show("root/there"), "d 700 0:0");
    assert_eq!((s.show("root/there/a"), s.show("root/there/a/b")), ("d 755 11:22".into(), "d 755 11:22".into()));
    assert_eq!(workdir(&s, "/there/a", "nobody-knows"), Ok(false));
    assert_eq!(workdir(&s, "/there/c", "nobody-knows"), Err("user-unknown"));
    assert_eq!(workdir(&s, "/", ""), Ok(false));
}

#[test]
fn a_workdir_follows_links_inside_the_root_and_refuses_files() {
    let s = Scratch::new();
    s.link("root/link", "/../../real").file("root/file", "x").link("root/leak", "/proc/self/fd/8");
    assert_eq!(workdir(&s, "/link/sub", ""), Ok(true));
    assert_eq!(s.show("root/real/sub"), "d 755 0:0");
    assert_eq!(workdir(&s, "/file", ""), Err("not-a-directory"));
    assert_eq!(workdir(&s, "/file/sub", ""), Err("not-a-directory"));
    assert_eq!(workdir(&s, "/leak", ""), Ok(true));
    assert_eq!(s.show("root/proc/self/fd/8"), "d 755 0:0");
}

#[test]
fn account_files_that_are_no_files_of_the_image_are_not_read() {
    let lookup = |s: &Scratch, user: &str| {
        let root = directory::open(&s.path("root")).unwrap();
        resolve_user(root.as_fd(), user).map(|identity| identity.uid).map_err(|failure| failure.code)
    };
    let s = Scratch::new();
    s.file("passwd", "evil:x:0:0::/:\n").link("root/etc/passwd", "../../passwd");
    assert_eq!(lookup(&s, "evil"), Err("user-unknown"));
    let s = Scratch::new();
    s.file("root/real", "app:x:3:3::/:\n").link("root/etc/passwd", "/real");
    assert_eq!(lookup(&s, "app"), Ok(3));
    let s = Scratch::new();
    s.directory("root/etc");
    run("mkfifo", &["passwd"], &s.path("root/etc"));
    assert_eq!(lookup(&s, "app"), Err("account-file-invalid"));
    let s = Scratch::new();
    s.directory("root/etc");
    run("mknod", &["passwd", "c", "1", "5"], &s.path("root/etc"));
    assert_eq!(lookup(&s, "app"), Err("account-file-invalid"));
    let s = Scratch::new();
    s.file("root/etc/passwd", "app:x:3:3::/:\n".repeat(400_000));
    assert_eq!(lookup(&s, "app"), Err("account-file-invalid"));
}
