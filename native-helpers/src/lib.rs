//! `oci-build-helper`: what Node cannot do, or cannot do fast, for oci-build.

mod directory;
mod failure;
#[cfg(any(test, fuzzing))]
#[allow(clippy::expect_used)]
pub mod fuzz;
mod layer;
mod lock;
mod mount;
mod namespace;
mod ownership;
mod protocol;
mod room;
mod sandbox;
mod search_path;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod seeded;
mod session;
mod supervisor;
mod sys;
mod tree;

use std::os::fd::{OwnedFd, RawFd};
use std::process::ExitCode;

use namespace::Entry;
use protocol::messages::{PROTOCOL_VERSION, Place};
use sandbox::control::Control;

const USAGE: &str = "usage: oci-build-helper session --fd FD [--no-namespace]
       oci-build-helper --version

oci-build starts this program and speaks to it on the socket FD; PROTOCOL.md describes the conversation.";

/// What the command line asks for.
enum Command {
    Version,
    /// A session, from its start.
    Session {
        fd: RawFd,
        enter: bool,
    },
    /// The session again, as a sealed copy inside its namespaces. Only the program itself asks for this.
    Entered {
        fd: RawFd,
        place: Place,
    },
    /// The helper's own sandbox. Started by a session.
    Sandbox {
        fd: RawFd,
    },
    /// Keeps a private network. Started by a session.
    HoldNetwork {
        fd: RawFd,
    },
    /// Pid 1 of a sandbox that bwrap made. Started by a session through bwrap.
    Init {
        fd: RawFd,
    },
}

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some(command) = parse(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(1);
    };
    match command {
        Command::Version => {
            println!("oci-build-helper {} (protocol {PROTOCOL_VERSION})", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Command::Session { fd, enter } => on_socket(fd, |socket| session::start(socket, enter)),
        Command::Entered { fd, place } => {
            on_socket(fd, |socket| session::serve(socket, Entry { place, obstacle: None }))
        }
        Command::Sandbox { fd } => on_socket(fd, |socket| sandbox::chroot::live(&Control::new(socket))),
        Command::HoldNetwork { fd } => on_socket(fd, |socket| sandbox::network::holder::live(&Control::new(socket))),
        Command::Init { fd } => on_socket(fd, |socket| sandbox::init::main(&Control::new(socket))),
    }
}

fn parse(arguments: &[&str]) -> Option<Command> {
    Some(match arguments {
        ["--version"] => Command::Version,
        ["session", "--fd", fd] => Command::Session { fd: fd.parse().ok()?, enter: true },
        ["session", "--fd", fd, "--no-namespace"] => Command::Session { fd: fd.parse().ok()?, enter: false },
        ["entered", "--fd", fd, "--place", "root"] => Command::Entered { fd: fd.parse().ok()?, place: Place::Root },
        ["entered", "--fd", fd, "--place", "subids"] => Command::Entered { fd: fd.parse().ok()?, place: Place::Subids },
        ["entered", "--fd", fd, "--place", "single"] => Command::Entered { fd: fd.parse().ok()?, place: Place::Single },
        ["sandbox", "--fd", fd] => Command::Sandbox { fd: fd.parse().ok()? },
        ["hold-network", "--fd", fd] => Command::HoldNetwork { fd: fd.parse().ok()? },
        ["init", "--fd", fd] => Command::Init { fd: fd.parse().ok()? },
        _ => return None,
    })
}

/// Hands the inherited socket to `serve`, whose answer is the exit status.
fn on_socket(fd: RawFd, serve: impl FnOnce(OwnedFd) -> i32) -> ExitCode {
    match sys::descriptors::inherited(fd) {
        Ok(socket) => ExitCode::from(u8::try_from(serve(socket)).unwrap_or(1)),
        Err(error) => {
            eprintln!("oci-build-helper: cannot use descriptor {fd}: {error}");
            ExitCode::from(1)
        }
    }
}
