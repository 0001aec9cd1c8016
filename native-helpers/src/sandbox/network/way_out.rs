//! From a private network to what the machine reaches: pasta or slirp4netns, whichever the machine has. Neither needs
//! root, and neither is given a way to what listens on the machine's loopback.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Pid;

use super::holder::Word;
use super::unavailable;
use crate::failure::Failure;
use crate::namespace::own_program;
use crate::sandbox::control::Control;
use crate::search_path::find_program;
use crate::sys::descriptors::keep;
use crate::sys::namespaces::{Namespaces, enter_network, unshare};

/// A private network's processes. They end when this value is dropped, or its process is gone.
pub struct WayOut {
    control: Option<Control>,
    holder: Child,
    /// slirp4netns; pasta goes on by itself.
    program: Option<Child>,
}

enum Program {
    Pasta(PathBuf),
    Slirp4netns(PathBuf),
}

impl WayOut {
    /// Makes a network with a way out, and moves the calling thread into it.
    pub fn open() -> Result<Self, Failure> {
        let program = choose()?;
        // Who makes a pid namespace has its children there from then on, and the sandbox does not belong into this one.
        let made = std::thread::scope(|scope| scope.spawn(|| Self::make(&program)).join());
        let (way_out, namespace) =
            made.unwrap_or_else(|_| Err(Failure::new("network-private-failed", "the private network was not made")))?;
        enter_network(namespace.as_fd()).map_err(|error| failed("enter the private network", &error))?;
        Ok(way_out)
    }

    fn make(program: &Program) -> Result<(Self, OwnedFd), Failure> {
        unshare(Namespaces::NEWPID).map_err(|_| unavailable("network-private-unavailable", "private"))?;
        let (control, far) = Control::pair().map_err(|error| failed("make a control socket", &error))?;
        let holder = hold(&far).map_err(|error| failed("start a process", &error))?;
        drop(far);
        let mut way_out = Self { control: Some(control), holder, program: None };
        let path = format!("/proc/{}/ns/net", way_out.await_holder()?.as_raw_pid());
        let namespace = File::open(&path).map_err(|error| failed("open the private network", &error))?;
        way_out.program = program.start(&path)?;
        Ok((way_out, namespace.into()))
    }

    fn await_holder(&self) -> Result<Pid, Failure> {
        let word = self.control.as_ref().map(Control::receive::<Word>);
        match word {
            Some(Ok(Some(message))) => match (message.value, message.sender) {
                (Word::Ready, Some(pid)) => Ok(pid),
                (Word::Failed { step, .. }, _) if step.starts_with("make a network") => {
                    Err(unavailable("network-private-unavailable", "private"))
                }
                (Word::Failed { step, errno }, _) => Err(failed(&step, &io::Error::from_raw_os_error(errno))),
                (Word::Ready, None) => {
                    Err(failed("find the private network", &io::Error::from_raw_os_error(libc::EIO)))
                }
            },
            Some(Err(error)) => Err(failed("hear of the private network", &error)),
            _ => Err(failed("hear of the private network", &io::Error::from_raw_os_error(libc::EPIPE))),
        }
    }
}

impl Drop for WayOut {
    fn drop(&mut self) {
        drop(self.control.take());
        // Pid 1 is gone only when all others of its namespace have been waited for.
        if let Some(program) = &mut self.program {
            let _ = program.wait();
        }
        let _ = self.holder.wait();
    }
}

/// pasta is the faster one, knows IPv6, and is what podman prefers too.
fn choose() -> Result<Program, Failure> {
    find_program("pasta")
        .map(Program::Pasta)
        .or_else(|| find_program("slirp4netns").map(Program::Slirp4netns))
        .ok_or_else(|| {
            Failure::new(
                "network-private-program-missing",
                "neither pasta nor slirp4netns is on PATH, and --network=private needs one of them",
            )
            .with_hint("apt install passt, or slirp4netns")
        })
}

fn hold(control: &Control) -> io::Result<Child> {
    let program = own_program()?;
    let number = control.as_fd().as_raw_fd();
    let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
    command.args(["hold-network", "--fd", &number.to_string()]).env_clear().process_group(0);
    keep(&mut command, vec![number]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

impl Program {
    /// Connects the network namespace at `path`; comes back when it is connected, with the process that serves it if that
    /// is a child of this one.
    fn start(&self, path: &str) -> Result<Option<Child>, Failure> {
        let start = || -> io::Result<Result<Option<Child>, String>> {
            let complaints = File::from(memfd_create("complaints", MemfdFlags::CLOEXEC)?);
            let output = complaints.try_clone()?;
            match self {
                Self::Pasta(program) => start_pasta(Command::new(program), path, output),
                Self::Slirp4netns(program) => start_slirp4netns(Command::new(program), path, output),
            }
            .and_then(|started| started.map_or_else(|| said(complaints).map(Err), |child| Ok(Ok(child))))
        };
        match start() {
            Ok(Ok(child)) => Ok(child),
            Ok(Err(said)) => {
                let hint = if said.contains("tun") {
                    "the file /dev/net/tun must be there and writable for you: sudo modprobe tun; sudo chmod 666 /dev/net/tun"
                } else {
                    "build with --network=host, or --network=none where a RUN needs no network"
                };
                Err(Failure::new(
                    "network-private-failed",
                    format!("{} does not connect the network: {said}", self.name()),
                )
                .with_hint(hint))
            }
            Err(error) => Err(failed(&format!("start {}", self.name()), &error)),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Pasta(_) => "pasta",
            Self::Slirp4netns(_) => "slirp4netns",
        }
    }
}

/// What a program answers to being started: the child that serves, if it is one, or nothing when it failed.
type Started = Option<Option<Child>>;

/// pasta leaves a child of its own behind when all is set up. No port is forwarded in either direction, and the address of
/// the gateway does not stand for the machine.
fn start_pasta(mut command: Command, path: &str, complaints: File) -> io::Result<Started> {
    command.args(["--config-net", "--quiet", "--no-map-gw", "-t", "none", "-u", "none", "-T", "none", "-U", "none"]);
    // Root becomes nobody, who may not enter the namespace; without power over the machine it stays what it is.
    if is_real_root() {
        command.args(["--runas", "0:0"]);
    }
    command.args(["--netns-only", "--netns", path]);
    let status = quiet(&mut command, complaints)?.status()?;
    Ok(status.success().then_some(None))
}

/// slirp4netns writes a byte when all is set up, and goes on.
fn start_slirp4netns(mut command: Command, path: &str, complaints: File) -> io::Result<Started> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let number = writer.as_raw_fd();
    command
        .args(["--configure", "--mtu=65520", "--disable-host-loopback", "--disable-dns", "--enable-sandbox"])
        .args(["--enable-seccomp", &format!("--ready-fd={number}"), "--netns-type=path", path, "tap0"]);
    keep(&mut command, vec![number]);
    let mut child = quiet(&mut command, complaints)?.spawn()?;
    drop(writer);
    let mut byte = [0];
    if File::from(reader).read(&mut byte)? == 1 {
        return Ok(Some(Some(child)));
    }
    let _ = child.kill();
    let _ = child.wait();
    Ok(None)
}

fn quiet(command: &mut Command, complaints: File) -> io::Result<&mut Command> {
    Ok(command.stdin(Stdio::null()).stdout(complaints.try_clone()?).stderr(complaints).process_group(0))
}

/// What the program complained about, in one line. Older pastas also tell that there is no syslog, and slirp4netns that its own
/// seccomp filter is new.
fn said(mut complaints: File) -> io::Result<String> {
    let mut text = String::new();
    complaints.rewind()?;
    complaints.read_to_string(&mut text)?;
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.ends_with("bytes to syslog") && !line.starts_with("WARNING"));
    Ok(lines.collect::<Vec<_>>().join("; "))
}

/// Whether root here is root of the machine: a user namespace of its own maps fewer ids.
fn is_real_root() -> bool {
    std::fs::read_to_string("/proc/self/uid_map")
        .is_ok_and(|map| map.split_whitespace().eq(["0", "0", &u32::MAX.to_string()]))
}

fn failed(step: &str, error: &io::Error) -> Failure {
    Failure {
        code: "network-private-failed",
        ..Failure::io(
            step,
            "for --network=private",
            io::Error::from_raw_os_error(error.raw_os_error().unwrap_or(libc::EIO)),
        )
    }
}
