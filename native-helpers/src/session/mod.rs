//! One session with oci-build: reads frames until the socket closes, and serves each request on a thread of its own.

mod answer;
mod running;

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::exit;
use std::sync::Arc;
use std::thread;

use rustix::fs::Mode;
use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};

use crate::failure::Failure;
use crate::layer::Clones;
use crate::lock::Locks;
use crate::namespace::obstacle::{self, Obstacle};
use crate::namespace::{self, Entry};
use crate::protocol::channel::Channel;
use crate::protocol::frame::{self, Frame, FrameError, Kind};
use crate::protocol::messages::{Place, Request};
use crate::sandbox::terminal;
use crate::search_path::find_program;
use crate::sys::signals::SignalSource;
use crate::tree::StatCaches;
use running::{Running, Sink};

/// Requests walk directory trees of any depth.
const STACK: usize = 8 * 1024 * 1024;

/// What all requests of a session share.
pub struct Session {
    entry: Entry,
    bwrap: Option<PathBuf>,
    locks: Locks,
    clones: Clones,
    stat_caches: StatCaches,
    running: Running,
    channel: Arc<Channel>,
}

/// Enters the namespaces and goes on as a sealed copy of the program; where that cannot be, serves from here.
pub fn start(socket: OwnedFd, enter: bool) -> ! {
    if !enter {
        serve(socket, Entry { place: Place::None, obstacle: Some(obstacle::not_entered()) });
    }
    let entry = namespace::enter();
    let place = match entry.place {
        Place::Root => "root",
        Place::Subids => "subids",
        Place::Single => "single",
        Place::Container | Place::None => serve(socket, entry),
    };
    let number = socket.as_raw_fd().to_string();
    let error = match fcntl_setfd(&socket, FdFlags::empty()) {
        Ok(()) => namespace::replace_program(&["entered", "--fd", &number, "--place", place]),
        Err(error) => error.into(),
    };
    let message = format!("cannot run a sealed copy of the helper: {error}");
    let hint = "memory files must be executable: sysctl vm.memfd_noexec must not be 2".to_owned();
    serve(
        socket,
        Entry { place: Place::None, obstacle: Some(Obstacle::new("sealed-copy-failed", message, Some(hint))) },
    )
}

/// Serves the session to its end, which is the end of the process.
pub fn serve(socket: OwnedFd, entry: Entry) -> ! {
    rustix::process::umask(Mode::from_raw_mode(0o022));
    let _ = ioctl_fionbio(&socket, false);
    let mut reader = UnixStream::from(socket);
    let ready = handle_signals().and_then(|()| reader.try_clone());
    let Ok(writer) = ready else { exit(1) };
    let session = Arc::new(Session {
        entry,
        bwrap: find_program("bwrap"),
        locks: Locks::default(),
        clones: Clones::default(),
        stat_caches: StatCaches::default(),
        running: Running::default(),
        channel: Arc::new(Channel::new(writer)),
    });
    let code = loop {
        match frame::read(&mut reader) {
            Ok(Some(frame)) => take(&session, frame),
            Ok(None) => break 0,
            Err(FrameError::Length(length)) => {
                let text = format!("a frame of {length} bytes is outside of what the protocol allows");
                session.channel.failure(0, &protocol_error(text));
                break 2;
            }
            Err(FrameError::Cut) => break 2,
        }
    };
    end(code)
}

/// Ends at once. The kernel releases locks and mounts, and sandboxes end with their control sockets.
fn end(code: i32) -> ! {
    terminal::restore();
    exit(code)
}

/// Ctrl-C and Ctrl-\ are for oci-build, which ends the session when it sees fit.
fn handle_signals() -> std::io::Result<()> {
    let signals = SignalSource::of(&[libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP, libc::SIGWINCH])?;
    let handle = move || {
        while let Ok(number) = signals.next() {
            match number {
                libc::SIGWINCH => terminal::resized(),
                libc::SIGTERM | libc::SIGHUP => end(128 + number),
                _ => {}
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(handle).map(drop)
}

/// Takes one frame in. Nothing here waits for a request.
fn take(session: &Arc<Session>, frame: Frame) {
    let Frame { kind, request, payload } = frame;
    if kind == Kind::Notice as u8 {
        if let Err(failure) = session.running.notify(request, &payload) {
            session.channel.failure(request, &failure);
        }
        return;
    }
    let begun = if kind == Kind::Request as u8 {
        begin(session, request, &payload)
    } else {
        Err(protocol_error(format!("oci-build sends no frames of kind {kind}")))
    };
    if let Err(failure) = begun {
        session.channel.failure(request, &failure);
    }
}

/// Starts to serve a request.
fn begin(session: &Arc<Session>, number: u32, payload: &[u8]) -> Result<(), Failure> {
    let request: Request =
        serde_json::from_slice(payload).map_err(|error| protocol_error(format!("cannot read the request: {error}")))?;
    let sink = session.running.add(number, Sink::of(&request))?;
    let serving = {
        let session = Arc::clone(session);
        move || {
            let answer = answer::answer(&session, number, &request, &sink);
            // The number is free again before oci-build can hear of it and use it anew.
            session.running.remove(number);
            match answer {
                Ok(result) => session.channel.result(number, &result),
                Err(failure) => session.channel.failure(number, &failure),
            }
        }
    };
    thread::Builder::new().stack_size(STACK).spawn(serving).map(drop).map_err(|error| {
        session.running.remove(number);
        Failure::io("start a thread for", "a request", error)
    })
}

/// What the other side sent does not follow the protocol.
fn protocol_error(message: impl Into<String>) -> Failure {
    Failure::new("protocol-error", message)
}
