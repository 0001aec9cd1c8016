//! Splitting a process that has one thread.

use std::io;

use rustix::process::{Pid, WaitOptions, WaitStatus, waitpid};

/// Which of the two processes this is.
pub enum Fork {
    Child,
    Parent(Pid),
}

/// Splits this process. To be called only while it has one thread, as the namespace entry and the sandbox do: a child
/// of a process with more would find their locks taken for ever.
pub fn fork() -> io::Result<Fork> {
    // SAFETY: the callers are single-threaded, so that the child's memory is in a state one thread left it in.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Fork::Child),
        pid => Ok(Pid::from_raw(pid).map_or(Fork::Child, Fork::Parent)),
    }
}

/// Waits until the child `pid` has ended.
pub fn wait(pid: Pid) -> io::Result<WaitStatus> {
    loop {
        match waitpid(Some(pid), WaitOptions::empty()) {
            Ok(Some((_, status))) => return Ok(status),
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
