//! Running a process with an image's file system as its own.
//!
//! One plan, two sandboxes: [`chroot`] is the helper's own, [`bwrap`] has bubblewrap make the view. In both the same
//! `init` is pid 1 and does the rest.

mod assignment;
mod bare;
mod bwrap;
mod capabilities;
pub mod chroot;
pub mod control;
mod detached;
pub mod filter;
pub mod init;
mod masks;
mod mounts;
pub mod network;
mod output;
pub mod signals;
mod stubs;
pub mod terminal;

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio as Redirection};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::Pid;

use crate::failure::Failure;
use crate::protocol::frame::Kind;
use crate::protocol::messages::{FileMount, Isolation, Outcome, Place, RunEvent, RunParams, RunResult, Stdio};
use crate::tree::identity::resolve_user;
use assignment::{Assignment, Order, Process, Report, View};
use bare::placed::Placed;
use control::{Control, Message};
use mounts::Mounts;
pub use output::Receiver;
use signals::Signals;
use stubs::Stubs;
use terminal::Connection;

/// What a run needs of the session around it.
pub struct Surroundings<'a> {
    pub place: Place,
    /// Where bubblewrap is, if it is.
    pub bwrap: Option<&'a PathBuf>,
    pub signals: &'a Signals,
    pub receiver: Receiver,
}

/// Runs the process of `params` to its end.
pub fn run(params: &RunParams, surroundings: &Surroundings<'_>) -> Result<RunResult, Failure> {
    let root = Path::new(&params.root);
    let bare = surroundings.place == Place::Container;
    let isolation =
        if bare { bare_only(params)? } else { choose(params, stubs::open_root(root)?.as_fd(), surroundings.bwrap)? };
    let mut stubs = Stubs::new(stubs::open_root(root)?);
    let view = view(params, &mut stubs, bare)?;
    let placed = if bare { Some(place(params, &view, &mut stubs)?) } else { None };
    let mounts = Mounts::prepare(if bare { &[] } else { &params.mounts })?;
    let network = network::enter(params.network)?;
    let (near, far) = Control::pair().map_err(|error| failed("make a control socket", &error))?;
    let launched = match isolation {
        Chosen::Chroot => chroot::prepare(&far).and_then(|mut it| Launched::start(&mut it.command)),
        Chosen::Bwrap(program) => {
            bwrap::prepare(program, &view, &far).and_then(|mut it| Launched::start(&mut it.command))
        }
    };
    let mut launched = launched.map_err(|error| failed("start a process", &error))?;
    drop(far);
    let isolation = isolation.name();
    let process = Process {
        argv: params.argv.clone(),
        env: params.env.clone(),
        cwd: params.cwd.clone(),
        user: params.user.clone(),
        terminal: (params.stdio == Stdio::Terminal).then(terminal::size),
        wait: !mounts.is_empty(),
        bare,
    };
    let assignment = Assignment { view: (isolation == Isolation::Chroot).then_some(view), process };
    let run = Run { control: Arc::new(near), stdio: params.stdio, surroundings, forgets: Cell::new(false) };
    let outcome = run.conduct(&assignment, &mut launched, |init| mounts.attach(init, &mut stubs));
    // Whatever happened, nothing of the sandbox may be alive when its mount points go away: it ends when nobody holds
    // the other end of its control socket.
    surroundings.signals.detach();
    let forgets = run.forgets.get();
    drop(run);
    launched.wait();
    drop(network);
    drop(placed);
    Ok(RunResult { outcome: outcome?, isolation, forgets })
}

enum Chosen<'a> {
    Chroot,
    Bwrap(&'a PathBuf),
}

impl Chosen<'_> {
    fn name(&self) -> Isolation {
        match self {
            Self::Chroot => Isolation::Chroot,
            Self::Bwrap(_) => Isolation::Bwrap,
        }
    }
}

/// bwrap forbids set-id programs to gain anything, which only root does not miss: so `auto` takes it for root alone. A
/// user that cannot be looked up is reported by `init`, in either sandbox.
fn choose<'a>(
    params: &RunParams,
    root: std::os::fd::BorrowedFd<'_>,
    bwrap: Option<&'a PathBuf>,
) -> Result<Chosen<'a>, Failure> {
    let is_root = || resolve_user(root, &params.user).is_ok_and(|identity| identity.uid == 0);
    match (params.isolation, bwrap) {
        (Isolation::Bwrap, Some(program)) => Ok(Chosen::Bwrap(program)),
        (Isolation::Auto, Some(program)) if is_root() => Ok(Chosen::Bwrap(program)),
        (Isolation::Bwrap, None) => {
            Err(Failure::new("bwrap-missing", "bwrap is not on PATH, and isolation bwrap was asked for")
                .with_hint("apt install bubblewrap"))
        }
        _ => Ok(Chosen::Chroot),
    }
}

/// The sandbox where no namespace can be made, and what of a run it cannot do.
fn bare_only<'a>(params: &RunParams) -> Result<Chosen<'a>, Failure> {
    let unavailable =
        |code, what| Err(Failure::new(code, format!("{what} needs namespaces, which are forbidden here")));
    let allow = "allow them, for docker and podman with --security-opt seccomp=unconfined";
    match params {
        RunParams { isolation: Isolation::Bwrap, .. } => unavailable("bwrap-unavailable", "isolation bwrap")
            .map_err(|failure: Failure| failure.with_hint("use --isolation chroot or auto, or allow namespaces")),
        RunParams { stdio: Stdio::Terminal, .. } => unavailable("terminal-unavailable", "a terminal inside")
            .map_err(|failure: Failure| failure.with_hint(format!("leave -t out, or {allow}"))),
        _ => Ok(Chosen::Chroot),
    }
}

/// Puts into the root itself what other sandboxes mount.
fn place(params: &RunParams, view: &View, stubs: &mut Stubs) -> Result<Placed, Failure> {
    let root = Path::new(&params.root);
    let mut placed = Placed::new(stubs::open_root(root)?, root)?;
    placed.devices("/dev")?;
    for file in &view.files {
        placed.file(&file.path, file.content.as_bytes())?;
    }
    for mount in &params.mounts {
        placed.mount(mount, stubs)?;
    }
    Ok(placed)
}

/// The view of a run, with every mount point in place.
fn view(params: &RunParams, stubs: &mut Stubs, bare: bool) -> Result<View, Failure> {
    for path in ["/proc", "/sys", "/dev"] {
        if stubs.directory(path)? != path {
            return Err(Failure::new("mount-point-invalid", format!("{path} in the image is a symbolic link")));
        }
    }
    let place = |file: &FileMount| Ok(FileMount { path: stubs.file(&file.path)?, content: file.content.clone() });
    let files = params.files.iter().map(place).collect::<Result<_, Failure>>()?;
    Ok(View { root: params.root.clone(), bare, hostname: params.hostname.clone(), files })
}

/// A sandbox's outermost process. What it prints itself is kept for the failure that may tell of it.
struct Launched {
    process: Child,
    complaints: File,
}

impl Launched {
    /// Starts the sandbox in a process group of its own: Ctrl-C is oci-build's to handle.
    fn start(command: &mut Command) -> io::Result<Self> {
        let complaints = File::from(memfd_create("complaints", MemfdFlags::CLOEXEC)?);
        command.stdin(Redirection::null()).stdout(Redirection::null()).stderr(complaints.try_clone()?).process_group(0);
        Ok(Self { process: command.spawn()?, complaints })
    }

    fn wait(&mut self) {
        let _ = self.process.wait();
    }

    /// The sandbox ended without a report.
    fn fell_silent(&mut self) -> Failure {
        let status = self.process.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let mut text = String::new();
        let _ = self.complaints.rewind().and_then(|()| self.complaints.read_to_string(&mut text));
        let text = text.trim();
        let said = if text.is_empty() { String::new() } else { format!(": {text}") };
        Failure::new("sandbox-failed", format!("the sandbox ended before the command did ({status}){said}"))
    }
}

/// A sandbox that has been started.
struct Run<'a> {
    control: Arc<Control>,
    stdio: Stdio,
    surroundings: &'a Surroundings<'a>,
    /// Owners that the process sets are forgotten.
    forgets: Cell<bool>,
}

impl Run<'_> {
    /// Hands the sandbox its assignment and follows its reports to the last; `complete` adds to a view that stands, given
    /// its pid 1. When this returns, all output was sent.
    fn conduct(
        &self,
        assignment: &Assignment,
        launched: &mut Launched,
        mut complete: impl FnMut(Pid) -> Result<(), Failure>,
    ) -> Result<Outcome, Failure> {
        let copying = self.assign(assignment)?;
        self.surroundings.signals.attach(Arc::clone(&self.control));
        let mut terminal = None;
        let outcome = loop {
            match self.control.receive::<Report>() {
                Ok(Some(message)) => match message.value {
                    Report::Ready => {
                        if let Err(failure) = message.sender.map_or(Ok(()), &mut complete) {
                            break Err(failure);
                        }
                        // A sandbox that has ended meanwhile is noticed by the next reading.
                        let _ = self.control.send(&Order::Start, &[]);
                    }
                    Report::Started { forgets } => {
                        self.forgets.set(forgets);
                        terminal = self.started(message)?;
                    }
                    Report::Ended { outcome } => break Ok(outcome),
                    Report::SetupFailed { step, errno } => {
                        break Err(failed(&step, &io::Error::from_raw_os_error(errno)));
                    }
                },
                Ok(None) if self.surroundings.signals.killed() => {
                    break Ok(Outcome::Signalled { signal: libc::SIGKILL });
                }
                Ok(None) => break Err(launched.fell_silent()),
                Err(error) => break Err(failed("follow what happens", &error)),
            }
        };
        if outcome.is_err() {
            // It may wait for an order that does not come.
            let _ = launched.process.kill();
        }
        launched.wait();
        copying.into_iter().for_each(|thread| drop(thread.join()));
        if let Some(terminal) = terminal {
            Connection::finish(terminal);
        }
        outcome
    }

    /// Sends the assignment with the process's descriptors; answers the threads that copy its output.
    fn assign(&self, assignment: &Assignment) -> Result<Vec<JoinHandle<()>>, Failure> {
        let receiver = &self.surroundings.receiver;
        let prepare = || -> io::Result<(Vec<OwnedFd>, Vec<JoinHandle<()>>)> {
            Ok(match self.stdio {
                Stdio::Terminal => (Vec::new(), Vec::new()),
                Stdio::Inherit => {
                    let own = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
                    (own.iter().map(|it| it.try_clone_to_owned()).collect::<io::Result<_>>()?, Vec::new())
                }
                Stdio::Capture => {
                    let (output, copying_output) = output::capture(receiver, Kind::Stdout)?;
                    let (error, copying_error) = output::capture(receiver, Kind::Stderr)?;
                    (vec![File::open("/dev/null")?.into(), output, error], vec![copying_output, copying_error])
                }
            })
        };
        let (descriptors, copying) = prepare().map_err(|error| failed("set up standard input and output", &error))?;
        let descriptors: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
        // A sandbox that failed at once has left a report to be read.
        let _ = self.control.send(assignment, &descriptors);
        Ok(copying)
    }

    fn started(&self, message: Message<Report>) -> Result<Option<Connection>, Failure> {
        let pid = message.sender.map_or(0, |pid| pid.as_raw_pid() as u32);
        let Receiver { channel, request } = &self.surroundings.receiver;
        channel.event(*request, &RunEvent::Started { pid });
        let connect = |master| Connection::open(master).map_err(|error| failed("connect the terminal", &error));
        message.descriptors.into_iter().next().map(connect).transpose()
    }
}

/// A failure of the sandbox itself, which names the step.
fn failed(step: &str, error: &io::Error) -> Failure {
    let errno = io::Error::from_raw_os_error(error.raw_os_error().unwrap_or(libc::EIO));
    Failure { code: "sandbox-failed", ..Failure::io(step, "in the sandbox", errno) }
}
