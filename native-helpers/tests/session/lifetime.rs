//! Nothing outlives a session.

use std::process::Command;

use serde_json::json;

use crate::machine::{eventually, rare_number, some_process_says};
use crate::rootfs::each;

#[test]
fn a_closed_socket_ends_the_helper_and_all_it_runs() {
    each(|sandbox| {
        let number = rare_number();
        let run = sandbox.command(&["sleep", &number]);
        let request = sandbox.session.ask("run", &run.params());
        sandbox.session.event(request);
        assert!(some_process_says(&number));
        assert_eq!(sandbox.session.end().code(), Some(0));
        eventually("the step's processes are gone", || !some_process_says(&number));
    });
}

#[test]
fn a_killed_helper_leaves_no_process() {
    each(|sandbox| {
        let number = rare_number();
        let run = sandbox.script(&format!("trap '' TERM HUP INT; sleep {number} & sleep {number}"));
        let request = sandbox.session.ask("run", &run.params());
        sandbox.session.event(request);
        sandbox.session.process.kill().unwrap();
        sandbox.session.process.wait().unwrap();
        eventually("the step's processes are gone", || !some_process_says(&number));
    });
}

#[test]
fn a_terminated_helper_ends_with_the_signal_s_status_and_an_interrupt_is_not_its_own() {
    each(|sandbox| {
        let send = |signal: &str, pid: u32| {
            assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
        };
        let pid = sandbox.session.process.id();
        sandbox.session.ok("hello", json!({ "protocol": 1 }));
        send("-INT", pid);
        sandbox.session.ok("hello", json!({ "protocol": 1 }));
        send("-TERM", pid);
        assert_eq!(sandbox.session.process.wait().unwrap().code(), Some(143));
    });
}
