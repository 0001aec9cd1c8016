//! Pid 1 of a sandbox, the same in both: starts the program, passes signals on, reaps what is orphaned, and reports how
//! the program ended. When it ends, the kernel ends everything else in the sandbox.

mod payload;
mod pty;

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    DumpableBehavior, Pid, Signal, WaitOptions, WaitStatus, kill_process, set_dumpable_behavior,
    set_parent_process_death_signal, wait,
};

use super::assignment::{Assignment, During, Order, Process, Report, SetupError};
use super::control::Control;
use crate::ownership;
use crate::protocol::messages::Outcome;
use crate::supervisor;
use crate::sys::fork::{Fork, fork};
use crate::sys::signals::SignalSource;
use crate::tree::identity::resolve_user;
use payload::{Payload, Stdio};

/// `init` as a program of its own, under bwrap. Answers the exit status.
pub fn main(control: &Control) -> i32 {
    match control.receive::<Assignment>() {
        Ok(Some(message)) => live(control, &message.value.process, message.descriptors),
        _ => 1,
    }
}

/// Runs `process` to its end. Answers the exit status of pid 1, which nobody reads: all is said on the control socket.
pub fn live(control: &Control, process: &Process, stdio: Vec<OwnedFd>) -> i32 {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    if process.wait {
        // Until then nothing else runs in the sandbox that this process would have to hide from.
        match await_order(control) {
            Ok(true) => {}
            Ok(false) => return 1,
            Err(error) => return tell(control, &error.report()),
        }
    }
    // Under bwrap pid 1 has no more power than the program, which then could trace it.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    match start(control, process, stdio) {
        Ok(Started { pid, signals }) => watch(control, pid, &signals),
        Err(Obstructed::Setup(error)) => tell(control, &error.report()),
        Err(Obstructed::NotStarted(outcome)) => tell(control, &Report::Ended { outcome }),
    }
}

/// Says that the view stands and waits for the order to start; false when there will be none.
fn await_order(control: &Control) -> Result<bool, SetupError> {
    control.send(&Report::Ready, &[]).during("report the view")?;
    let order = control.receive::<Order>().during("wait for the mounts")?;
    Ok(matches!(order.map(|message| message.value), Some(Order::Start)))
}

struct Started {
    pid: Pid,
    signals: SignalSource,
}

/// Why no program runs: the sandbox is at fault, or the image is.
enum Obstructed {
    Setup(SetupError),
    NotStarted(Outcome),
}

impl From<SetupError> for Obstructed {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

fn start(control: &Control, process: &Process, stdio: Vec<OwnedFd>) -> Result<Started, Obstructed> {
    let signals = SignalSource::of_all().during("take over signals")?;
    let root = openat(CWD, "/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let root = root.during("open the root directory")?;
    let identity = resolve_user(root.as_fd(), &process.user).map_err(|failure| {
        Obstructed::NotStarted(Outcome::NotStarted { code: failure.code.to_owned(), message: failure.message })
    })?;
    let (stdio, master) = if let Some(size) = process.terminal {
        let pty = pty::open(size).during("open a terminal")?;
        (Stdio::Terminal(pty.slave), Some(pty.master))
    } else {
        (Stdio::Files(stdio), None)
    };
    let (trouble, tell_trouble) = pipe_with(PipeFlags::CLOEXEC).during("make a pipe")?;
    let supervision = ownership::is_recorded().then(Control::pair).transpose().during("make a socket")?;
    let (near, far) = supervision.unzip();
    let payload = Payload { process, identity: &identity, stdio, supervision: far.as_ref() };
    match fork().during("fork")? {
        Fork::Child => {
            drop(trouble);
            payload.become_program(&tell_trouble)
        }
        Fork::Parent(pid) => {
            drop((payload, tell_trouble));
            drop(far);
            let forgets = match near {
                Some(near) => !supervisor::attach(&near, &identity).during("have calls answered")?,
                None => false,
            };
            await_exec(trouble)?;
            let descriptors: Vec<_> = master.iter().map(AsFd::as_fd).collect();
            control.send(&Report::Started { forgets }, &descriptors).during("report the start")?;
            Ok(Started { pid, signals })
        }
    }
}

/// The pipe closes without a word when the program has been started.
fn await_exec(trouble: OwnedFd) -> Result<(), Obstructed> {
    let mut text = Vec::new();
    File::from(trouble).read_to_end(&mut text).during("wait for the program to start")?;
    if text.is_empty() {
        return Ok(());
    }
    Err(match serde_json::from_slice(&text) {
        Ok(Report::Ended { outcome }) => Obstructed::NotStarted(outcome),
        Ok(Report::SetupFailed { step, errno }) => {
            Obstructed::Setup(SetupError { step, error: io::Error::from_raw_os_error(errno) })
        }
        _ => Obstructed::Setup(SetupError { step: "start the program".to_owned(), error: Errno::IO.into() }),
    })
}

/// Serves until the program has ended, or the helper is gone.
fn watch(control: &Control, program: Pid, signals: &SignalSource) -> i32 {
    loop {
        let mut ready = [PollFd::new(signals, PollFlags::IN), PollFd::new(control, PollFlags::IN)];
        match poll(&mut ready, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return 1,
        }
        let [signalled, ordered] = ready.map(|it| !it.revents().is_empty());
        if signalled {
            match signals.next() {
                Ok(libc::SIGCHLD) => {
                    if let Some(outcome) = reap(program) {
                        return tell(control, &Report::Ended { outcome });
                    }
                }
                Ok(number) => deliver(program, number),
                Err(_) => return 1,
            }
        }
        if ordered {
            match control.receive::<Order>() {
                Ok(Some(message)) => match message.value {
                    Order::Signal { number: libc::SIGKILL } => {
                        return tell(control, &Report::Ended { outcome: Outcome::Signalled { signal: libc::SIGKILL } });
                    }
                    Order::Signal { number } => deliver(program, number),
                    Order::Start => {}
                },
                _ => return 1,
            }
        }
    }
}

fn deliver(program: Pid, number: i32) {
    if let Some(signal) = Signal::from_named_raw(number) {
        let _ = kill_process(program, signal);
    }
}

/// Takes in every child that has ended; the program's end is the outcome.
fn reap(program: Pid) -> Option<Outcome> {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if pid == program {
            return Some(outcome(status));
        }
    }
    None
}

fn outcome(status: WaitStatus) -> Outcome {
    match status.terminating_signal() {
        Some(signal) => Outcome::Signalled { signal },
        None => Outcome::Exited { code: status.exit_status().unwrap_or(0) },
    }
}

fn tell(control: &Control, report: &Report) -> i32 {
    i32::from(control.send(report, &[]).is_err())
}
