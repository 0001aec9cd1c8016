//! How a process starts and ends.

use serde_json::json;

use crate::machine::{rare_number, some_process_says};
use crate::rootfs::each;

#[test]
fn exit_codes_signals_and_output_come_back() {
    each(|sandbox| {
        let reply = sandbox.script("echo out; echo err >&2; exit 3").in_session(&mut sandbox.session);
        assert_eq!(reply.outcome(), json!({ "kind": "exited", "code": 3 }));
        assert_eq!((reply.stdout.as_str(), reply.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(reply.answer.as_ref().unwrap()["isolation"], sandbox.isolation);
        let [started] = reply.events.as_slice() else { panic!("{:?}", reply.events) };
        assert_eq!(started["kind"], "started");
        assert!(started["pid"].as_u64().unwrap() > 1, "{started}");

        let killed = sandbox.script("kill -9 $$").in_session(&mut sandbox.session);
        assert_eq!(killed.outcome(), json!({ "kind": "signalled", "signal": 9 }));
    });
}

#[test]
fn much_output_arrives_whole() {
    each(|sandbox| {
        let script = "i=0; while [ $i -lt 20000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done";
        assert_eq!(sandbox.output(script).len(), 20_000 * 41);
    });
}

#[test]
fn standard_input_is_at_its_end() {
    each(|sandbox| assert_eq!(sandbox.output("cat; echo done"), "done\n"));
}

#[test]
fn what_cannot_start_says_why() {
    each(|sandbox| {
        std::fs::write(sandbox.root.join("script"), "#!/bin/nothing\n").unwrap();
        sandbox.who.own(&sandbox.root.join("script"));
        sandbox.output("chmod 755 /script; touch /data");
        let table = [
            (sandbox.command(&["nothing"]), "command-not-found", "nothing not found in the image"),
            (sandbox.command(&["/bin/nothing"]), "command-not-found", "/bin/nothing not found in the image"),
            (sandbox.command(&["/data"]), "command-not-executable", "/data cannot be executed: permission denied"),
            (
                sandbox.command(&["/script"]),
                "command-not-executable",
                "/script needs an interpreter that is not in the image",
            ),
            (
                sandbox.script("").with("cwd", json!("/nowhere")),
                "cwd-missing",
                "working directory /nowhere is not in the image",
            ),
            (
                sandbox.script("").with("cwd", json!("/data")),
                "cwd-missing",
                "working directory /data is not a directory",
            ),
            (
                sandbox.script("").with("cwd", json!("/proc/self/fd/8")),
                "cwd-missing",
                "working directory /proc/self/fd/8",
            ),
        ];
        for (run, code, message) in table {
            let outcome = run.in_session(&mut sandbox.session).outcome();
            assert_eq!((&outcome["kind"], &outcome["code"]), (&json!("notStarted"), &json!(code)));
            assert!(outcome["message"].as_str().unwrap().contains(message), "{outcome}");
        }
        let unknown = sandbox.script("").with("user", json!("stranger")).in_session(&mut sandbox.session);
        assert_eq!(unknown.outcome()["kind"], "notStarted");
    });
}

#[test]
fn signals_reach_the_process() {
    each(|sandbox| {
        let trap = sandbox.script("trap 'echo got; exit 7' TERM; echo ready; while :; do sleep 0.05; done");
        let number = sandbox.session.ask("run", &trap.params());
        // The start and the first output come in any order.
        let mut kinds = [sandbox.session.frame(), sandbox.session.frame()].map(|frame| frame.unwrap().kind);
        kinds.sort_unstable();
        assert_eq!(kinds, [5, 6]);
        sandbox.session.notice(number, &json!({ "kind": "signal", "number": 15 }));
        let reply = sandbox.session.reply(number);
        assert_eq!((reply.outcome(), reply.stdout.as_str()), (json!({ "kind": "exited", "code": 7 }), "got\n"));

        // A signal that comes before the sandbox listens is not lost.
        let sleeper = sandbox.command(&["sleep", "1000"]);
        let number = sandbox.session.ask("run", &sleeper.params());
        sandbox.session.notice(number, &json!({ "kind": "signal", "number": 9 }));
        assert_eq!(sandbox.session.reply(number).outcome(), json!({ "kind": "signalled", "signal": 9 }));
    });
}

#[test]
fn background_processes_end_with_the_step() {
    each(|sandbox| {
        let number = rare_number();
        sandbox.output(&format!("(sleep {number} &) ; sleep {number} >/dev/null 2>&1 & echo started"));
        assert!(!some_process_says(&number), "the step's processes are gone when its result comes");
    });
}

#[test]
fn requests_run_side_by_side() {
    each(|sandbox| {
        // One root serves one run at a time, unless it lacks nothing.
        for name in ["proc", "sys", "dev"] {
            std::fs::create_dir(sandbox.root.join(name)).unwrap();
        }
        let path = sandbox.root.join("tmp/lock");
        let waiting = sandbox.script("while [ ! -e /tmp/go ]; do sleep 0.05; done; echo went");
        let number = sandbox.session.ask("run", &waiting.params());
        let lock = sandbox.session.ok("lock", json!({ "path": path, "shared": false, "wait": false }))["lock"].clone();
        let blocked = sandbox.session.ask("lock", &json!({ "path": path, "shared": false, "wait": true }));
        sandbox.output("touch /tmp/go");
        assert_eq!(sandbox.session.reply(number).stdout, "went\n");
        sandbox.session.ok("unlock", json!({ "lock": lock }));
        assert_eq!(sandbox.session.reply(blocked).answer.unwrap()["acquired"], true);
    });
}

#[test]
fn zombies_are_reaped_by_pid_1() {
    each(|sandbox| {
        let script = "(sh -c 'sleep 0.1 & exit 0'); sleep 0.5; grep -l 'State:.Z' /proc/[0-9]*/status; echo none";
        assert_eq!(sandbox.output(script), "none\n");
    });
}
