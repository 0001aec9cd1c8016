#![allow(clippy::unwrap_used, clippy::type_complexity)]

use std::os::fd::AsFd;

use super::*;
use crate::tree::owner::Owner;
use crate::tree::scratch::Scratch;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n# comment\n\nbroken\napp:x:1000:1001:App,,,:/home/app:/bin/sh\n\
    nohome:x:7:8:::\n123:x:55:56::/numeric:\nbad:x:one:1::/:\n+::::::\napp:x:9:9::/second:\n";
const GROUP: &str = "root:x:0:\nadm:x:4:root,app\nwheel:x:10:root\nstaff:x:50:app,other\napp:x:1001:\nlone:x:77\n";

fn image() -> Scratch {
    let s = Scratch::new();
    s.file("root/etc/passwd", PASSWD).file("root/etc/group", GROUP);
    s
}

/// uid, gid, groups, home; or the failure's code.
fn lookup(s: &Scratch, user: &str) -> Result<(u32, u32, Vec<u32>, String), &'static str> {
    let root = directory::open(&s.path("root")).unwrap();
    let found = resolve_user(root.as_fd(), user).map_err(|failure| failure.code)?;
    Ok((found.uid, found.gid, found.groups, found.home))
}

#[test]
fn trap_57_and_58_users_resolve_as_docker_resolves_them() {
    let s = image();
    let rows: &[(&str, (u32, u32, &[u32], &str))] = &[
        ("", (0, 0, &[0, 4, 10], "/root")),
        ("root", (0, 0, &[0, 4, 10], "/root")),
        ("0", (0, 0, &[0, 4, 10], "/root")),
        ("app", (1000, 1001, &[1001, 4, 50], "/home/app")),
        ("1000", (1000, 1001, &[1001, 4, 50], "/home/app")),
        ("app:staff", (1000, 50, &[50], "/home/app")),
        ("app:12345", (1000, 12345, &[12345], "/home/app")),
        ("app:", (1000, 1001, &[1001, 4, 50], "/home/app")),
        ("1234", (1234, 0, &[0], "/")),
        ("1234:1234", (1234, 1234, &[1234], "/")),
        ("1234:adm", (1234, 4, &[4], "/")),
        (":staff", (0, 50, &[50], "/root")),
        ("nohome", (7, 8, &[8], "/")),
        // A number is a uid, even where a user has it for a name.
        ("123", (123, 0, &[0], "/")),
        ("app:lone", (1000, 77, &[77], "/home/app")),
    ];
    for (user, (uid, gid, groups, home)) in rows {
        assert_eq!(lookup(&s, user), Ok((*uid, *gid, groups.to_vec(), (*home).to_owned())), "{user:?}");
    }
}

#[test]
fn unknown_users_and_groups_are_refused_by_name() {
    let s = image();
    for (user, code) in [
        ("nobody", "user-unknown"),
        ("bad", "user-unknown"),
        ("app:nogroup", "group-unknown"),
        ("-1", "user-unknown"),
        ("4294967295", "user-unknown"),
        ("app:4294967295", "group-unknown"),
        ("+", "user-unknown"),
    ] {
        assert_eq!(lookup(&s, user), Err(code), "{user:?}");
    }
}

#[test]
fn an_image_without_account_files_knows_root_and_numbers() {
    let s = Scratch::new();
    assert_eq!(lookup(&s, ""), Ok((0, 0, vec![0], "/".to_owned())));
    assert_eq!(lookup(&s, "root"), Ok((0, 0, vec![0], "/".to_owned())));
    assert_eq!(lookup(&s, "5:6"), Ok((5, 6, vec![6], "/".to_owned())));
    assert_eq!(lookup(&s, "app"), Err("user-unknown"));
}

#[test]
fn trap_19_and_20_owners_resolve_as_the_dockerfile_reference_says() {
    let s = image();
    let root = directory::open(&s.path("root")).unwrap();
    let owner = |spec: &str| Owner::parse(root.as_fd(), spec).map(|o| (o.uid, o.gid)).map_err(|failure| failure.code);
    let rows: &[(&str, Result<(u32, u32), &str>)] = &[
        ("1234", Ok((1234, 1234))),
        ("1234:5", Ok((1234, 5))),
        ("1000", Ok((1000, 1000))),
        ("app", Ok((1000, 1001))),
        ("app:", Ok((1000, 0))),
        ("1234:", Ok((1234, 0))),
        ("app:staff", Ok((1000, 50))),
        ("app:7", Ok((1000, 7))),
        ("7:staff", Ok((7, 50))),
        ("root:root", Ok((0, 0))),
        ("unknown", Err("user-unknown")),
        ("app:unknown", Err("group-unknown")),
        ("1:unknown", Err("group-unknown")),
    ];
    for (spec, expected) in rows {
        assert_eq!(owner(spec), *expected, "{spec:?}");
    }
}
