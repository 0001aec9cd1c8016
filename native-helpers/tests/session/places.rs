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
fn without_newuidmap_one_id_is_mapped() {
    as_root(|| {
        for who in everybody().into_iter().filter(|who| who.uid != 0) {
            let mut command = who.command(&["session", "--fd", "3"]);
            command.env("PATH", "/nonexistent");
            let mut session = Session::start(command);
            assert_eq!(session.ok("hello", json!({ "protocol": 1 }))["place"], "single");
        }
    });
}

#[test]
fn without_sub_ids_one_id_is_mapped_and_owners_are_recorded() {
    as_root(|| {
        let who = Who { name: "nobody".to_owned(), uid: 65_534, gid: 65_534, place: "single" };
        let directory = who.directory();
        let root = directory.path.join("root");
        build(&who, &root);
        let mut session = Session::of(&who);
        assert_eq!(session.ok("hello", json!({ "protocol": 1 }))["place"], "single");
        for isolation in ["chroot", "bwrap"] {
            let mut run = |script: &str| Run::script(&root, isolation, script).output(&mut session);
            let stat = "busybox stat -c '%u:%g' /tmp/x /tmp/l";
            assert_eq!(
                run(&format!("echo > /tmp/x; ln -s x /tmp/l; busybox chown -h 5:6 /tmp/x /tmp/l; {stat}")),
                "5:6\n5:6\n"
            );
            assert_eq!(run(stat), "5:6\n5:6\n", "a later step sees it, too");
            assert_eq!(run("mknod /tmp/null c 1 3; busybox stat -c %F /tmp/null"), "character special file\n");
            assert_eq!(run("rm /tmp/x /tmp/l /tmp/null; id -u"), "0\n");
            let user = Run::script(&root, isolation, "id -u; echo > /tmp/x; busybox stat -c %u:%g /tmp/x; rm /tmp/x");
            let user = user.with("user", json!("app"));
            assert_eq!(user.output(&mut session), "1000\n1000:1001\n");
            assert_eq!(user.in_session(&mut session).answer.unwrap()["forgets"], false);
        }
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
