#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::tree::scratch::{Scratch, run};

#[test]
fn trees_files_links_and_nothing_are_removed() {
    let s = Scratch::new();
    s.file("src/a/b/c/file", "x").file("src/a/top", "x").link("src/a/link", "b").file("keep/file", "x");
    s.link("src/a/b/outside", &s.path("keep").display().to_string()).link("alone", "keep").file("single", "x");
    for path in ["src", "alone", "single", "missing"] {
        remove(&s.path(path)).unwrap();
        assert_eq!(s.show(path), "none");
    }
    assert_eq!(s.show("keep/file"), "f 644 0:0 x");
}

#[test]
fn a_missing_parent_is_as_good_as_a_missing_path() {
    let s = Scratch::new();
    remove(&s.path("none/of/it")).unwrap();
}

#[test]
fn very_deep_trees_are_removed() {
    let s = Scratch::new();
    let script = "import os\nos.chdir('src')\nfor n in range(2200):\n os.mkdir('d'); open('f', 'w'); os.chdir('d')";
    run("python3", &["-c", script], &s.path(""));
    remove(&s.path("src")).unwrap();
    assert_eq!(s.show("src"), "none");
}

#[test]
fn an_ordinary_user_removes_directories_without_permissions() {
    let s = Scratch::new();
    s.file("src/a/b/file", "x").file("src/a/c/file", "x");
    for path in ["src/a/b/file", "src/a/b", "src/a/c/file", "src/a/c", "src/a", "src", ""] {
        s.owner(path, 65534, 65534);
    }
    s.mode("src/a/b", 0o000).mode("src/a/c", 0o500).mode("src/a", 0o100);
    // Permissions bind only those who are not root, and a thread may change alone.
    let path = s.path("src");
    let result = std::thread::spawn(move || {
        let id = rustix::fs::Uid::from_raw(65534);
        // SAFETY: the raw system call changes this thread alone, which ends right after; no other thread relies on it.
        let changed = unsafe { libc::syscall(libc::SYS_setresuid, id.as_raw(), id.as_raw(), id.as_raw()) };
        assert_eq!(changed, 0);
        remove(&path)
    });
    result.join().unwrap().unwrap();
    assert_eq!(s.show("src"), "none");
}

#[test]
fn mounts_are_neither_emptied_nor_removed() {
    let s = Scratch::new();
    s.file("elsewhere/precious", "x").directory("src/a/mount");
    // In a namespace of its own, so that nothing stays mounted. A bind mount is on the same device.
    let path = s.path("src");
    let from = s.path("elsewhere");
    let result = std::thread::spawn(move || {
        // SAFETY: unshare changes this thread alone, which ends right after.
        assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWNS) }, 0);
        let private = rustix::mount::MountPropagationFlags::REC | rustix::mount::MountPropagationFlags::PRIVATE;
        rustix::mount::mount_change("/", private).unwrap();
        rustix::mount::mount_bind(&from, path.join("a/mount")).unwrap();
        remove(&path)
    });
    assert_eq!(result.join().unwrap().unwrap_err().code, "remove-crosses-mount");
    assert_eq!(fs::read(s.path("elsewhere/precious")).unwrap(), b"x");
}
