//! A minimal /dev.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, mkdirat, openat, statat, symlinkat};
use rustix::io::Errno;

use super::root::NewRoot;
use crate::namespace::devices::HARMLESS;
use crate::sandbox::assignment::{During, SetupError};
use crate::sandbox::detached::{clone_tree, file_system};
use crate::sys::mounts::{Restrictions, restrict};

const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// Mounts /dev with what belongs below it. Its devices are the machine's own nodes, since nobody may make new ones in a user
/// namespace.
pub fn mount(root: &NewRoot) -> Result<(), SetupError> {
    let dev = file_system("tmpfs", &[("mode", "0755"), ("size", "65536k")]).during("make /dev")?;
    // Real root could make a node of the machine's disk here, and the devices that work are mounts of their own.
    restrict(dev.as_fd(), Restrictions::NO_DEVICES).during("restrict /dev")?;
    root.attach(dev.as_fd(), "/dev")?;
    for name in HARMLESS {
        mount_node(root, &dev, name)?;
    }
    for (name, target) in LINKS {
        symlinkat(target, &dev, name).during(format!("link /dev/{name}"))?;
    }
    let terminals = terminals().during("mount /dev/pts")?;
    mount_below(root, &dev, "pts", &terminals)?;
    let shared = file_system("tmpfs", &[("mode", "1777"), ("size", "65536k")]).during("mount /dev/shm")?;
    restrict(shared.as_fd(), Restrictions::NO_DEVICES.and(Restrictions::NO_PROGRAMS)).during("restrict /dev/shm")?;
    mount_below(root, &dev, "shm", &shared)?;
    // Kernels may be built without message queues.
    if let Ok(queues) = file_system("mqueue", &[]) {
        restrict(queues.as_fd(), Restrictions::NO_DEVICES.and(Restrictions::NO_PROGRAMS))
            .during("restrict /dev/mqueue")?;
        mount_below(root, &dev, "mqueue", &queues)?;
    }
    Ok(())
}

fn mount_node(root: &NewRoot, dev: &OwnedFd, name: &str) -> Result<(), SetupError> {
    let path = format!("/dev/{name}");
    let node = clone_tree(&path).during(format!("bind {path}"))?;
    let found = statat(&node, "", AtFlags::EMPTY_PATH).during(format!("examine {path}"))?;
    if FileType::from_raw_mode(found.st_mode) != FileType::CharacterDevice {
        return Err(Errno::NODEV).during(format!("bind {path}, which is no character device"));
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    openat(dev, name, flags, Mode::from_raw_mode(0o666)).during(format!("make {path}"))?;
    root.attach(node.as_fd(), &path)
}

/// Terminals of the sandbox's own, group `tty` as everywhere; without that group where the id 5 is not mapped.
fn terminals() -> rustix::io::Result<OwnedFd> {
    let modes = [("ptmxmode", "0666"), ("mode", "0620")];
    let with_group = [modes.as_slice(), &[("gid", "5")]].concat();
    file_system("devpts", &with_group).or_else(|_| file_system("devpts", &modes))
}

fn mount_below(root: &NewRoot, dev: &OwnedFd, name: &str, tree: &OwnedFd) -> Result<(), SetupError> {
    let path = format!("/dev/{name}");
    mkdirat(dev, name, Mode::from_raw_mode(0o755)).during(format!("make {path}"))?;
    root.attach(tree.as_fd(), &path)
}
