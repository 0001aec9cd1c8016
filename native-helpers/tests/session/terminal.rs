//! Runs on the helper's own descriptors: handed over, or with a terminal between.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcgetwinsize, tcsetwinsize};
use serde_json::json;

use crate::client::{Run, Session};
use crate::machine::eventually;
use crate::rootfs::each;

#[test]
fn inherited_descriptors_are_the_helper_s_own() {
    each(|sandbox| {
        let directory = sandbox.root.parent().unwrap();
        let (input, output) = (directory.join("input"), directory.join("output"));
        fs::write(&input, "typed").unwrap();
        let mut command = sandbox.who.command(&["session", "--fd", "3"]);
        command.stdin(File::open(&input).unwrap()).stdout(File::create(&output).unwrap());
        let mut session = Session::start(command);
        let run = sandbox.script("cat; echo; echo again").with("stdio", json!("inherit"));
        assert_eq!(run.output(&mut session), "", "nothing comes as frames");
        assert_eq!(fs::read_to_string(&output).unwrap(), "typed\nagain\n");
    });
}

#[test]
fn a_terminal_is_one_inside_and_the_outer_one_comes_back() {
    each(|sandbox| {
        let terminal = Terminal::new();
        terminal.resize(31, 91);
        let mut session = terminal.session(&sandbox.who);
        let script = "tty; stty size; ls -l /dev/console; test -t 0 && test -t 1 && test -t 2 && echo all; \
                      read word; echo got $word; trap 'echo interrupted; exit 5' INT; echo waiting; \
                      while :; do sleep 0.05; done";
        let run = Run::script(&sandbox.root, sandbox.isolation, script).with("stdio", json!("terminal"));
        let request = session.ask("run", &run.params());
        terminal.read_until("all");
        assert!(!terminal.is_cooked(), "the outer terminal is raw meanwhile");
        terminal.type_in("hello\r");
        terminal.read_until("waiting");
        terminal.type_in("\u{3}");
        let reply = session.reply(request);
        assert_eq!(reply.outcome(), json!({ "kind": "exited", "code": 5 }));
        assert!(terminal.is_cooked(), "the outer terminal is as before");
        let text = terminal.read_until("interrupted");
        for expected in ["/dev/pts/0", "31 91", "-> /dev/pts/0", "all", "got hello", "interrupted"] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    });
}

#[test]
fn a_terminal_follows_its_size_and_does_job_control() {
    each(|sandbox| {
        let terminal = Terminal::new();
        terminal.resize(20, 50);
        let mut session = terminal.session(&sandbox.who);
        let run = Run::command(&sandbox.root, sandbox.isolation, &["sh", "-i"])
            .with("stdio", json!("terminal"))
            .with("env", json!(["PATH=/bin", "PS1=% "]));
        let request = session.ask("run", &run.params());
        terminal.type_in("stty size\r");
        terminal.read_until("20 50");
        terminal.resize(40, 99);
        let helper = rustix::process::Pid::from_raw(i32::try_from(session.process.id()).unwrap()).unwrap();
        rustix::process::kill_process(helper, rustix::process::Signal::WINCH).unwrap();
        terminal.type_in("while [ \"$(stty size)\" != \"40 99\" ]; do sleep 0.05; done; echo re''sized\r");
        terminal.read_until("resized");
        terminal.type_in("sh -c \"echo sta''rted; sleep 1000\"\r");
        terminal.read_until("started");
        terminal.type_in("\u{3}");
        terminal.type_in("echo al''ive\r");
        terminal.read_until("alive");
        terminal.type_in("exit 4\r");
        let reply = session.reply(request);
        assert_eq!(reply.outcome(), json!({ "kind": "exited", "code": 4 }));
        let text = terminal.everything();
        assert!(!text.contains("can't access tty"), "job control works: {text}");
    });
}

#[test]
fn a_terminated_helper_gives_the_terminal_back() {
    each(|sandbox| {
        let terminal = Terminal::new();
        let mut session = terminal.session(&sandbox.who);
        let run = Run::script(&sandbox.root, sandbox.isolation, "echo up; sleep 1000").with("stdio", json!("terminal"));
        session.ask("run", &run.params());
        terminal.read_until("up");
        eventually("the terminal is raw", || !terminal.is_cooked());
        let helper = rustix::process::Pid::from_raw(i32::try_from(session.process.id()).unwrap()).unwrap();
        rustix::process::kill_process(helper, rustix::process::Signal::TERM).unwrap();
        assert_eq!(session.process.wait().unwrap().code(), Some(143));
        assert!(terminal.is_cooked());
    });
}

/// A terminal with the test at its keyboard.
struct Terminal {
    master: OwnedFd,
    slave: OwnedFd,
    seen: std::sync::Mutex<String>,
}

impl Terminal {
    fn new() -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).unwrap();
        unlockpt(&master).unwrap();
        let slave = ioctl_tiocgptpeer(&master, flags).unwrap();
        Self { master, slave, seen: std::sync::Mutex::default() }
    }

    /// A session whose descriptors 0, 1 and 2 are this terminal.
    fn session(&self, who: &crate::machine::Who) -> Session {
        let slave = || self.slave.try_clone().unwrap();
        let mut command = who.command(&["session", "--fd", "3"]);
        command.stdin(slave()).stdout(slave()).stderr(slave());
        Session::start(command)
    }

    fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.master, size).unwrap();
        assert_eq!(tcgetwinsize(&self.slave).unwrap().ws_row, rows);
    }

    fn is_cooked(&self) -> bool {
        tcgetattr(&self.slave).unwrap().local_modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    fn type_in(&self, text: &str) {
        File::from(self.master.try_clone().unwrap()).write_all(text.as_bytes()).unwrap();
    }

    /// Reads until `text` was seen; answers all that was seen since the beginning.
    fn read_until(&self, text: &str) -> String {
        let mut master = File::from(self.master.try_clone().unwrap());
        let mut chunk = [0; 4096];
        while !self.everything().contains(text) {
            let length = master.read(&mut chunk).unwrap();
            self.seen.lock().unwrap().push_str(&String::from_utf8_lossy(&chunk[..length]));
        }
        self.everything()
    }

    fn everything(&self) -> String {
        self.seen.lock().unwrap().clone()
    }
}
