//! The machine's own device nodes, which every sandbox shows.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use crate::sys::mounts::{Restrictions, restrict};

/// Devices that give nothing away, by their names in /dev.
pub const HARMLESS: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// Lays a write-protected mount over each harmless device of this mount namespace. Devices are read and written as ever, but
/// their modes and owners, which root of a sandbox could change otherwise, stay as they are. Whatever is bound or opened
/// later, also as the mask over a file of /proc, comes from these mounts.
pub fn protect() -> std::io::Result<()> {
    for path in HARMLESS.map(|name| format!("/dev/{name}")).iter().filter(|path| Path::new(path).exists()) {
        let node = open_tree(CWD, path, OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC)?;
        restrict(node.as_fd(), Restrictions::READ_ONLY)?;
        move_mount(&node, "", CWD, path, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
    }
    Ok(())
}
