//! Directories of the store as wholes: published under their final name, removed, swept up after killed builds.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, FlockOperation, Mode, OFlags, RenameFlags, flock, fsync, open, renameat_with};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::tree;

/// Renames `from` to `to` and flushes the name to disk. When `to` exists already, somebody else made the same thing
/// first: `from` is removed, and the answer is true.
pub fn publish(from: &Path, to: &Path) -> Result<bool, Failure> {
    let existed = name(from, to)?;
    if existed {
        tree::remove(from)?
    } else {
        flush_name(to)?
    }
    Ok(existed)
}

/// Renames `from` to `to`, unless that exists already, and answers whether it does.
pub fn name(from: &Path, to: &Path) -> Result<bool, Failure> {
    match rename_to_new(from, to) {
        Ok(()) => Ok(false),
        Err(Errno::EXIST | Errno::NOTEMPTY) => Ok(true),
        Err(error) => Err(Failure::io(&format!("rename {} to", from.display()), to, error)),
    }
}

/// Flushes the name of `to` to disk.
pub fn flush_name(to: &Path) -> Result<(), Failure> {
    let parent = to.parent().unwrap_or(to);
    open(parent, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .and_then(fsync)
        .map_err(|error| Failure::io("flush", parent, error))
}

fn rename_to_new(from: &Path, to: &Path) -> Result<(), Errno> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system without RENAME_NOREPLACE. A plain rename replaces no directory that holds anything.
        Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::rename(from, to),
        answer => answer,
    }
}

/// Removes each directory below `directory` whose owner is gone, and answers how many there were.
///
/// Owners hold the file `lock` in their directory, and whoever sweeps or makes such a directory holds a lock over all of
/// them: so a directory without the file is none that is being made, but one whose removal was cut short. What cannot be
/// opened or removed (it may belong to another user of a shared store) stays for its owner's next sweep.
pub fn sweep(directory: &Path) -> Result<u32, Failure> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(Failure::io("read the directory", directory, error)),
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry.map_err(|error| Failure::io("read the directory", directory, error))?;
        if entry.file_type().is_ok_and(|it| it.is_dir()) && remove_if_orphaned(&entry.path()) {
            removed += 1;
        }
    }
    Ok(removed)
}

fn remove_if_orphaned(directory: &Path) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match open(directory.join("lock"), flags, Mode::empty()) {
        Ok(lock) => {
            // The lock is held until the directory is gone, so that no other sweep works on the same one.
            flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() && tree::remove(directory).is_ok()
        }
        Err(Errno::NOENT) => tree::remove(directory).is_ok(),
        Err(_) => false,
    }
}
