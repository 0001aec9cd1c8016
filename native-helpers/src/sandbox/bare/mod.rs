//! The helper's own sandbox where no namespace can be made: root of an unprivileged container, as with kaniko.
//!
//! The process gets the image's root by chroot(2), Docker's capabilities, and the filter where that does not take set-id
//! programs away. It shares the container's processes, network and host name: what isolation there is, the container
//! around it gives. Nothing can be mounted, so what other sandboxes mount stands in the root itself (`placed`).

pub mod placed;

use std::fs;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, chdir, chroot, getpid, kill_process, set_child_subreaper,
    set_parent_process_death_signal, wait,
};

use super::assignment::{During, Process, Report, SetupError, View};
use super::control::Control;
use super::init;
use crate::sys::fork::{Fork, fork};

/// The life of the sandbox's outermost process. It outlives everything else of the sandbox: whatever loses its parent
/// becomes its child and is killed in the end, as a pid namespace would do it.
pub fn live(control: &Control, view: &View, process: &Process, stdio: Vec<OwnedFd>) -> i32 {
    // Should the helper die, the one inside notices by the control socket, and then this one must still clear up.
    let _ = set_parent_process_death_signal(None);
    match separate() {
        Ok(Fork::Parent(child)) => {
            drop(stdio);
            let status = await_end(child);
            end_all();
            status
        }
        Ok(Fork::Child) => match enter(view) {
            Ok(()) => init::live(control, process, stdio),
            Err(error) => say(control, &error.report()),
        },
        Err(error) => say(control, &error.report()),
    }
}

fn say(control: &Control, report: &Report) -> i32 {
    let _ = control.send(report, &[]);
    1
}

fn separate() -> Result<Fork, SetupError> {
    set_child_subreaper(Some(getpid())).during("become the parent of orphans")?;
    fork().during("fork")
}

fn enter(view: &View) -> Result<(), SetupError> {
    chroot(view.root.as_str()).during("change the root directory")?;
    chdir("/").during("enter the root directory")
}

/// Waits for `child`, taking in whatever else ends meanwhile.
fn await_end(child: Pid) -> i32 {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == child => return status.exit_status().unwrap_or(1),
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return 1,
        }
    }
}

/// Kills all children until there is none: those of a killed one become children themselves.
fn end_all() {
    loop {
        for child in children() {
            let _ = kill_process(child, Signal::KILL);
        }
        match wait(WaitOptions::empty()) {
            Ok(_) | Err(Errno::INTR) => {}
            // There is none left.
            Err(_) => return,
        }
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
    }
}

fn children() -> Vec<Pid> {
    let own = getpid().as_raw_pid();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let parent_of = |name: &str| parent(&fs::read_to_string(format!("/proc/{name}/stat")).ok()?);
    processes
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()) && parent_of(name) == Some(own))
        .filter_map(|name| Pid::from_raw(name.parse().ok()?))
        .collect()
}

/// The parent that a line of /proc/PID/stat names. The program's name before it may hold anything, brackets too.
fn parent(stat: &str) -> Option<i32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_s_name_does_not_hide_its_parent() {
        assert_eq!(parent("12 (a) S 1 (b)) S 7 12 12 0"), Some(7));
        assert_eq!(parent("12 (sh) R 1 12"), Some(1));
        assert_eq!(parent(""), None);
    }
}
