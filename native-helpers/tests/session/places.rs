//! Where a helper finds itself, and what it says when it cannot get further.

use std::process::Command;

use serde_json::{Value, json};

use crate::client::{Run, Session, quiet};
use crate::machine::{Who, everybody, ordinary};
use crate::rootfs::build;

#[test]
fn everybody_gets_to_their_place() {
    for who in everybody() {
        let mut session = Session::of(&who);
        let hello = session.ok("hello", json!({ "protocol": 1 }));
        assert_eq!((&hello["place"], &hello["protocol"]), (&json!(who.place), &json!(1)), "{hello}");
        assert_eq!(hello["pid"], session.process.id());
        assert!(hello.get("obstacle").is_none());
        assert!(
            hello["bwrap"].as_str().is_some_and(|path| path.ends_with("/bwrap")),
            "bwrap is installed: apt install bubblewrap"
        );
    }
}

#[test]
fn the_running_program_is_a_sealed_copy() {
    for who in everybody() {
        let mut session = Session::of(&who);
        session.ok("hello", json!({ "protocol": 1 }));
        if rustix::process::getuid().is_root() {
            let program = std::fs::read_link(format!("/proc/{}/exe", session.process.id())).unwrap();
            assert!(program.to_string_lossy().starts_with("/memfd:oci-build-helper"), "{}", program.display());
        }
    }
}

#[test]
fn without_newuidmap_the_helper_names_the_package() {
    let mut command = ordinary().command(&["session", "--fd", "3"]);
    command.env("PATH", "/nonexistent");
    let hello = obstructed(Session::start(command));
    assert_eq!(hello["obstacle"]["code"], "newuidmap-missing");
    assert_eq!(hello["obstacle"]["hint"], "apt install uidmap");
    assert!(hello.get("bwrap").is_none());
}

#[test]
fn without_sub_ids_the_helper_names_the_command() {
    as_root(|| {
        let who = Who { name: "nobody".to_owned(), uid: 65_534, gid: 65_534, place: "none" };
        let hello = obstructed(Session::of(&who));
        assert_eq!(hello["obstacle"]["code"], "subids-missing");
        let hint = hello["obstacle"]["hint"].as_str().unwrap();
        assert!(hint.contains("usermod --add-subuids 100000-165535 --add-subgids 100000-165535 nobody"), "{hint}");
    });
}

#[test]
fn without_user_namespaces_the_helper_names_the_switch() {
    as_root(|| {
        // The switch is turned off in a user namespace of the test's own.
        let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set -sys_admin --inh-caps -all \"$0\" session --fd 3";
        let helper = ordinary().command(&[]);
        let mut command = Command::new("unshare");
        quiet(command.args(["--user", "--map-root-user", "sh", "-c", script]).arg(helper.get_program()));
        let hello = obstructed(Session::start(command));
        assert_eq!(hello["obstacle"]["code"], "userns-forbidden");
        assert!(hello["obstacle"]["hint"].as_str().unwrap().contains("sysctl -w user.max_user_namespaces"), "{hello}");
    });
}

#[test]
fn root_of_a_container_without_mounts_maps_its_own_ids() {
    as_root(|| {
        let helper = ordinary().command(&[]);
        let mut command = Command::new("setpriv");
        quiet(command.args(["--bounding-set", "-sys_admin", "--inh-caps", "-all"]).arg(helper.get_program()));
        command.args(["session", "--fd", "3"]);
        let mut session = Session::start(command);
        assert_eq!(session.ok("hello", json!({ "protocol": 1 }))["place"], "subids");
        let root = everybody()[0].clone();
        let directory = root.directory();
        build(&root, &directory.path.join("root"));
        let run = Run::script(&directory.path.join("root"), "chroot", "id -u; touch /tmp/x && id -u");
        assert_eq!(run.output(&mut session), "0\n0\n");
    });
}

#[test]
fn outside_of_its_namespaces_a_session_neither_mounts_nor_runs() {
    let who = ordinary();
    let mut session = Session::start(who.command(&["session", "--fd", "3", "--no-namespace"]));
    let directory = who.directory();
    let run = Run::script(&directory.path, "chroot", "");
    let mount = json!({ "lowers": [], "target": directory.path });
    for reply in [run.in_session(&mut session), session.call("mount", mount)] {
        assert_eq!(reply.answer.unwrap_err()["code"], "no-namespace");
    }
    let path = directory.path.join("lock");
    assert_eq!(session.ok("lock", json!({ "path": path, "shared": false, "wait": false }))["acquired"], true);
}

#[test]
fn bwrap_is_missed_only_by_those_who_ask_for_it() {
    as_root(|| {
        let root = everybody()[0].clone();
        let mut command = root.command(&["session", "--fd", "3"]);
        command.env("PATH", "/nonexistent");
        let mut session = Session::start(command);
        let directory = root.directory();
        build(&root, &directory.path.join("root"));
        let run = |isolation| Run::script(&directory.path.join("root"), isolation, "");
        let failure = run("bwrap").in_session(&mut session).answer.unwrap_err();
        assert_eq!((&failure["code"], &failure["hint"]), (&json!("bwrap-missing"), &json!("apt install bubblewrap")));
        assert_eq!(run("auto").in_session(&mut session).answer.unwrap()["isolation"], "chroot");
    });
}

fn obstructed(mut session: Session) -> Value {
    let hello = session.ok("hello", json!({ "protocol": 1 }));
    assert_eq!(hello["place"], "none", "{hello}");
    hello
}

fn as_root(test: impl FnOnce()) {
    if rustix::process::getuid().is_root() {
        test();
    } else {
        eprintln!("not root: this needs to start a helper as somebody else");
    }
}
