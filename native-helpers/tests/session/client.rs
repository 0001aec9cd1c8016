//! A session's other end.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::{Value, json};

use crate::machine::Who;

/// The number under which the helper finds its socket.
const SOCKET: i32 = 3;

pub struct Session {
    pub process: Child,
    socket: UnixStream,
    last: u32,
    /// Frames of other requests that came while waiting for one.
    early: Vec<Frame>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub kind: u8,
    pub request: u32,
    pub payload: Vec<u8>,
}

/// All that a request brought.
#[derive(Debug)]
pub struct Reply {
    pub answer: Result<Value, Value>,
    pub stdout: String,
    pub stderr: String,
    pub events: Vec<Value>,
}

impl Session {
    /// A session of `who`, in its namespaces.
    pub fn of(who: &Who) -> Self {
        Self::start(who.command(&["session", "--fd", "3"]))
    }

    /// Starts `command` with the other end of a socket as descriptor 3.
    pub fn start(mut command: Command) -> Self {
        let (near, far) = UnixStream::pair().unwrap();
        let number = far.as_raw_fd();
        let place = move || {
            // SAFETY: dup2 and fcntl are async-signal-safe; when the numbers are equal only the flag has to go.
            let done = unsafe {
                if number == SOCKET { libc::fcntl(SOCKET, libc::F_SETFD, 0) } else { libc::dup2(number, SOCKET) }
            };
            if done < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
        };
        // SAFETY: the closure neither allocates nor locks.
        unsafe { command.pre_exec(place) };
        let process = command.spawn().expect("the helper starts");
        Self { process, socket: near, last: 0, early: Vec::new() }
    }

    pub fn send(&mut self, kind: u8, request: u32, payload: &[u8]) {
        let length = u32::try_from(5 + payload.len()).unwrap();
        let frame = [&length.to_le_bytes()[..], &[kind], &request.to_le_bytes(), payload].concat();
        self.send_raw(&frame);
    }

    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// The next frame; `None` at the end of the stream.
    pub fn frame(&mut self) -> Option<Frame> {
        let mut length = [0; 4];
        if self.socket.read_exact(&mut length).is_err() {
            return None;
        }
        let mut rest = vec![0; u32::from_le_bytes(length) as usize];
        self.socket.read_exact(&mut rest).ok()?;
        let payload = rest.split_off(5);
        Some(Frame { kind: rest[0], request: u32::from_le_bytes(rest[1..5].try_into().unwrap()), payload })
    }

    /// Sends a request and answers its number.
    pub fn ask(&mut self, method: &str, params: &Value) -> u32 {
        self.last += 1;
        let number = self.last;
        self.send(1, number, json!({ "method": method, "params": params }).to_string().as_bytes());
        number
    }

    pub fn notice(&mut self, request: u32, notice: &Value) {
        self.send(4, request, notice.to_string().as_bytes());
    }

    /// Waits for the end of the request `number`.
    pub fn reply(&mut self, number: u32) -> Reply {
        let (mut stdout, mut stderr, mut events) = (Vec::new(), Vec::new(), Vec::new());
        let mut early = std::mem::take(&mut self.early).into_iter();
        loop {
            let frame = early.next().or_else(|| self.frame()).expect("the helper answers");
            if frame.request != number {
                self.early.push(frame);
                continue;
            }
            let value = || serde_json::from_slice(&frame.payload).unwrap();
            let answer = match frame.kind {
                2 => Ok(value()),
                3 => Err(value()),
                5 => {
                    events.push(value());
                    continue;
                }
                6 => {
                    stdout.extend(&frame.payload);
                    continue;
                }
                7 => {
                    stderr.extend(&frame.payload);
                    continue;
                }
                kind => panic!("a frame of kind {kind}"),
            };
            self.early.extend(early);
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            return Reply { answer, stdout: text(stdout), stderr: text(stderr), events };
        }
    }

    /// Waits for the next event of the request `number`.
    pub fn event(&mut self, number: u32) -> Value {
        loop {
            let frame = self.frame().expect("the helper answers");
            if (frame.kind, frame.request) == (5, number) {
                return serde_json::from_slice(&frame.payload).unwrap();
            }
            assert_ne!((frame.kind, frame.request), (3, number), "{}", String::from_utf8_lossy(&frame.payload));
            self.early.push(frame);
        }
    }

    pub fn call(&mut self, method: &str, params: Value) -> Reply {
        let number = self.ask(method, &params);
        self.reply(number)
    }

    pub fn ok(&mut self, method: &str, params: Value) -> Value {
        self.call(method, params).answer.unwrap_or_else(|failure| panic!("{method}: {failure}"))
    }

    /// Closes the socket and waits for the helper to end.
    pub fn end(&mut self) -> ExitStatus {
        let _ = self.socket.shutdown(Shutdown::Both);
        self.process.wait().unwrap()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
        let _ = self.process.wait();
    }
}

/// The parameters of a run that are not the usual ones.
pub struct Run(BTreeMap<&'static str, Value>);

impl Run {
    /// A shell script in `root`.
    pub fn script(root: &Path, isolation: &str, script: &str) -> Self {
        Self::command(root, isolation, &["/bin/sh", "-c", script])
    }

    pub fn command(root: &Path, isolation: &str, argv: &[&str]) -> Self {
        Self(BTreeMap::from([
            ("root", json!(root)),
            ("argv", json!(argv)),
            ("env", json!(["PATH=/bin"])),
            ("cwd", json!("/")),
            ("user", json!("")),
            ("isolation", json!(isolation)),
            ("network", json!("host")),
            ("hostname", json!("buildkitsandbox")),
            ("files", json!([])),
            ("mounts", json!([])),
            ("stdio", json!("capture")),
        ]))
    }

    pub fn with(mut self, key: &'static str, value: Value) -> Self {
        assert!(self.0.insert(key, value).is_some(), "{key} is a parameter");
        self
    }

    pub fn params(&self) -> Value {
        json!(self.0)
    }

    /// Runs it and expects an outcome.
    pub fn in_session(&self, session: &mut Session) -> Reply {
        session.call("run", self.params())
    }

    /// Runs it, expects success and answers its output.
    pub fn output(&self, session: &mut Session) -> String {
        let reply = self.in_session(session);
        assert_eq!(reply.outcome(), json!({ "kind": "exited", "code": 0 }), "{}{}", reply.stdout, reply.stderr);
        reply.stdout
    }
}

impl Reply {
    pub fn outcome(&self) -> Value {
        self.answer.as_ref().unwrap_or_else(|failure| panic!("{failure}"))["outcome"].clone()
    }
}

/// Keeps the helper's own descriptors out of the test's output.
pub fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null())
}
