//! The helper's own sandbox: namespaces, a private view of the file system, and `init` as pid 1.
//!
//! It is a process of its own, started with one thread, since a fork out of the many-threaded session could not do all
//! this safely.

mod devices;
mod kernel;
mod root;

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::Command;

use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{Signal, set_parent_process_death_signal};

use super::assignment::{Assignment, During, SetupError, View};
use super::control::Control;
use super::{bare, init};
use crate::namespace::own_program;
use crate::sys::descriptors::keep;
use crate::sys::fork::{Fork, fork, wait};
use crate::sys::namespaces::{Namespaces, unshare};
use root::NewRoot;

/// A command that becomes this sandbox, and the descriptor it is run from.
pub struct Prepared {
    pub command: Command,
    _program: OwnedFd,
}

/// A command that reads its assignment from the control socket and carries it out.
pub fn prepare(control: &Control) -> io::Result<Prepared> {
    let program = own_program()?;
    let number = control.as_fd().as_raw_fd();
    let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
    command.args(["sandbox", "--fd", &number.to_string()]).env_clear();
    keep(&mut command, vec![number]);
    Ok(Prepared { command, _program: program })
}

/// The life of that command. It answers the exit status; what happened goes over the control socket.
pub fn live(control: &Control) -> i32 {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let Ok(Some(message)) = control.receive::<Assignment>() else { return 1 };
    let Assignment { view: Some(view), process } = message.value else { return 1 };
    if view.bare {
        return bare::live(control, &view, &process, message.descriptors);
    }
    match separate(&view) {
        Ok(Fork::Parent(child)) => wait(child).ok().and_then(|status| status.exit_status()).unwrap_or(1),
        Ok(Fork::Child) => {
            let _ = set_parent_process_death_signal(Some(Signal::KILL));
            match enter(&view) {
                Ok(()) => init::live(control, &process, message.descriptors),
                Err(error) => give_up(control, &error),
            }
        }
        Err(error) => give_up(control, &error),
    }
}

fn give_up(control: &Control, error: &SetupError) -> i32 {
    let _ = control.send(&error.report(), &[]);
    1
}

/// Leaves the session's namespaces. The child is pid 1 of the new ones.
fn separate(view: &View) -> Result<Fork, SetupError> {
    unshare(Namespaces::NEWNS | Namespaces::NEWPID | Namespaces::NEWIPC | Namespaces::NEWUTS)
        .during("make namespaces")?;
    // Kernels without cgroups have no such namespace, and nothing is lost.
    let _ = unshare(Namespaces::NEWCGROUP);
    rustix::system::sethostname(view.hostname.as_bytes()).during("set the host name")?;
    fork().during("fork")
}

/// Makes the view and moves into it.
fn enter(view: &View) -> Result<(), SetupError> {
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE).during("make mounts private")?;
    let root = NewRoot::mount(&view.root)?;
    kernel::mount_proc(&root)?;
    kernel::mount_sys(&root)?;
    devices::mount(&root)?;
    root.mount_files(&view.files)?;
    kernel::mask(&root)?;
    root.enter()
}
