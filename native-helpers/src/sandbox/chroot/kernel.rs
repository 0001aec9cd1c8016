//! The kernel's own file systems: /proc of the sandbox's processes, /sys for reading, and the masks over both.

use std::os::fd::{AsFd, OwnedFd};

use super::root::NewRoot;
use crate::sandbox::assignment::{During, SetupError};
use crate::sandbox::detached::{clone_at, clone_tree, file_system};
use crate::sandbox::masks::{self, Mask};
use crate::sys::mounts::{Restrictions, restrict};

const NO_EXTRAS: Restrictions = Restrictions::NO_DEVICES.and(Restrictions::NO_SET_ID).and(Restrictions::NO_PROGRAMS);

/// Mounts /proc. Inside a container whose own /proc is masked the kernel refuses a new one; then the container's serves.
pub fn mount_proc(root: &NewRoot) -> Result<(), SetupError> {
    let tree = fresh_or_shared("proc", "/proc")?;
    restrict(tree.as_fd(), NO_EXTRAS).during("restrict /proc")?;
    root.attach(tree.as_fd(), "/proc")
}

/// Mounts /sys. A user namespace gets a new one only together with a network namespace; else the machine's serves.
pub fn mount_sys(root: &NewRoot) -> Result<(), SetupError> {
    let tree = fresh_or_shared("sysfs", "/sys")?;
    restrict(tree.as_fd(), NO_EXTRAS.and(Restrictions::READ_ONLY)).during("restrict /sys")?;
    root.attach(tree.as_fd(), "/sys")
}

fn fresh_or_shared(kind: &str, path: &str) -> Result<OwnedFd, SetupError> {
    file_system(kind, &[]).or_else(|_| clone_tree(path)).during(format!("mount {path}"))
}

/// Hides what moby hides and write-protects what it write-protects.
pub fn mask(root: &NewRoot) -> Result<(), SetupError> {
    for path in masks::read_only() {
        // A new /proc may lack what the machine's has.
        let Ok(place) = root.look_up(&path) else { continue };
        let step = || format!("write-protect {path}");
        let tree = clone_at(place.as_fd(), "").during(step())?;
        restrict(tree.as_fd(), NO_EXTRAS.and(Restrictions::READ_ONLY)).during(step())?;
        root.attach(tree.as_fd(), &path)?;
    }
    for (path, kind) in masks::hidden() {
        if root.look_up(&path).is_err() {
            continue;
        }
        let tree = match kind {
            Mask::Directory => file_system("tmpfs", &[("mode", "0755")]),
            Mask::File => clone_tree("/dev/null"),
        };
        let tree = tree.during(format!("hide {path}"))?;
        restrict(tree.as_fd(), Restrictions::READ_ONLY).during(format!("hide {path}"))?;
        root.attach(tree.as_fd(), &path)?;
    }
    Ok(())
}
