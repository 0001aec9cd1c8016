//! The supervisor of a sandbox in which one id is mapped: it answers the calls that would fail there or not tell the truth,
//! so that programs find what they would find where all ids are mapped.
//!
//! It is a thread of the sandbox's pid 1 and has the sandbox's own root and no more power than a program in it: whatever a
//! program makes it do, the program could do as well. Calls that need nothing of it go on in the kernel.

mod attributes;
mod caller;
pub mod calls;
mod creation;
mod credentials;
mod execution;
mod identity;
mod owners;
mod views;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::thread;

use rustix::io::Errno;

use crate::sandbox::control::Control;
use crate::sys::notify::{self, Answer, Call, Listener};
use crate::sys::seccomp;
use crate::tree::identity::Identity;
use caller::Caller;
use calls::Family;
use credentials::Credentials;

/// How a call ends: with an answer, or with an error for its caller.
type Answered = Result<Answer, Errno>;

/// Lays the filter on this process and hands `control` the means to answer its calls. Where that cannot be, changes of
/// owners are forgotten.
pub fn engage(control: &Control) -> io::Result<()> {
    let listener = if shows_own_processes() { notify::install(&calls::notifying()).ok() } else { None };
    if listener.is_none() {
        seccomp::install(&calls::forgetting())?;
    }
    let descriptors: Vec<_> = listener.iter().map(AsFd::as_fd).collect();
    control.send(&(), &descriptors)
}

/// Whether /proc is that of the sandbox's processes: in a container that covers parts of /proc it is the container's, and
/// numbers there name other processes.
fn shows_own_processes() -> bool {
    let own = rustix::process::getpid().as_raw_pid().to_string();
    std::fs::read_link("/proc/self").is_ok_and(|link| link.as_os_str() == own.as_str())
}

/// Takes those means and answers the calls of a program that `identity` runs, on a thread of its own. False when there are
/// none.
pub fn attach(control: &Control, identity: &Identity) -> io::Result<bool> {
    // Nothing at all comes from a process that ends before; it says elsewhere why.
    let Some(message) = control.receive::<()>()? else { return Ok(true) };
    let Some(listener) = message.descriptors.into_iter().next() else { return Ok(false) };
    let supervisor = Supervisor::new(listener, identity);
    thread::Builder::new().name("supervisor".to_owned()).spawn(move || supervisor.serve())?;
    Ok(true)
}

struct Supervisor {
    listener: Listener,
    credentials: credentials::Table,
    /// Some process has another root than the sandbox's.
    changed_root: bool,
}

impl Supervisor {
    /// A supervisor of a program that `identity` runs, and of all that it starts.
    fn new(listener: OwnedFd, identity: &Identity) -> Self {
        let credentials = credentials::Table::new(Credentials::of(identity));
        Self { listener: Listener::new(listener), credentials, changed_root: false }
    }

    /// Answers calls until there can be no more.
    fn serve(mut self) {
        while let Ok(call) = self.listener.receive() {
            let answer = self.decide(&call).unwrap_or_else(|error| Answer::Errno(error.raw_os_error()));
            self.listener.answer(&call, answer);
        }
    }

    fn decide(&mut self, call: &Call) -> Answered {
        let Some(entry) = calls::find(call.number) else { return Ok(Answer::Continue) };
        let caller = Caller { thread: call.thread, changed_root: self.changed_root };
        let arguments = call.arguments;
        match entry.family {
            Family::Identity(request) => identity::answer(request, caller, arguments, &mut self.credentials),
            Family::Owner(at) => owners::change(at, caller, arguments, &self.credentials),
            Family::View(view) => views::look(view, caller, arguments),
            Family::Creation(creation) => creation::create(creation, caller, arguments, &self.credentials),
            Family::Attribute(request) => attributes::answer(request, caller, arguments),
            Family::Execution(at) => execution::prepare(at, caller, arguments, &mut self.credentials),
            Family::LockLimit { old } => credentials::hide_limit(old, caller, arguments),
            Family::Root => {
                self.changed_root = true;
                Ok(Answer::Continue)
            }
            Family::Absent => Err(Errno::NOSYS),
        }
    }
}
