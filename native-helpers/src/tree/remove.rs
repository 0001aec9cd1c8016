//! Removes a tree by directory handles, never following a link and never crossing into another mount.
//!
//! One handle is open at a time, whatever the depth: the way back is `..`, checked to be the directory it came from.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatxFlags};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::tree::directory;

/// Removes the tree at `path`; a missing path is fine.
///
/// Directories without permissions are opened up first. Fails with `remove-crosses-mount`, leaving what is mounted alone.
pub fn remove(path: &Path) -> Result<(), Failure> {
    let failed = |error: Errno| Failure::io("remove", path, error);
    match rustix::fs::unlinkat(CWD, path, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        // EPERM is what POSIX has unlink answer for a directory; if it means more, opening it tells.
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(failed(error)),
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(failed(Errno::BUSY)) };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let name = directory::c_name(name.as_encoded_bytes())?;
    let parent =
        rustix::fs::open(parent, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).map_err(failed)?;
    remove_directory(parent.as_fd(), &name, path)
}

/// Removes the directory `name` and all beneath it; `shown` is its path in a failure.
pub fn remove_directory(parent: BorrowedFd<'_>, name: &CStr, shown: &Path) -> Result<(), Failure> {
    let failed = |error: Errno| Failure::io("remove", shown, error);
    let top = enter(parent, name).map_err(failed)?;
    let mut descent = Descent { shown, mount: identify(top.as_fd()).map_err(failed)?.mount, levels: Vec::new() };
    descent.empty(top)?;
    rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR).map_err(failed)
}

/// The way from the top of the tree down to the directory that is being emptied.
struct Descent<'a> {
    shown: &'a Path,
    mount: (u64, u32, u32),
    levels: Vec<Level>,
}

struct Level {
    identity: Identity,
    /// The directories that are still to be removed; the last is the one below which work goes on.
    directories: Vec<CString>,
}

/// Which directory of which mount a handle stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    mount: (u64, u32, u32),
    inode: u64,
}

impl Descent<'_> {
    fn empty(&mut self, top: OwnedFd) -> Result<(), Failure> {
        let mut here = top;
        self.arrive(here.as_fd())?;
        loop {
            let Some(level) = self.levels.last() else { return Ok(()) };
            let failed = |error| Failure::io("remove", self.shown, error);
            if let Some(name) = level.directories.last() {
                here = enter(here.as_fd(), name).map_err(failed)?;
                self.arrive(here.as_fd())?;
                continue;
            }
            self.levels.pop();
            let Some(above) = self.levels.last_mut() else { return Ok(()) };
            let back = directory::open_at(&here, c"..").map_err(failed)?;
            if identify(back.as_fd()).map_err(failed)? != above.identity {
                return Err(failed(Errno::BUSY));
            }
            let name = above.directories.pop().unwrap_or_default();
            unlink(back.as_fd(), &name, AtFlags::REMOVEDIR).map_err(failed)?;
            here = back;
        }
    }

    /// Removes everything but directories from the directory just opened, and notes those.
    fn arrive(&mut self, here: BorrowedFd<'_>) -> Result<(), Failure> {
        let failed = |error| Failure::io("remove", self.shown, error);
        let identity = identify(here).map_err(failed)?;
        if identity.mount != self.mount {
            let message = format!("cannot remove {}: another file system is mounted in it", self.shown.display());
            return Err(
                Failure::new("remove-crosses-mount", message).with_hint("unmount it first; findmnt lists mounts")
            );
        }
        let mut directories = Vec::new();
        for entry in directory::list(here).map_err(failed)? {
            match entry.is_directory {
                true => directories.push(entry.name),
                false => unlink(here, &entry.name, AtFlags::empty()).map_err(failed)?,
            }
        }
        self.levels.push(Level { identity, directories });
        Ok(())
    }
}

/// Opens the directory `name`, giving its owner the permission when it is missing.
fn enter(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    match directory::open_at(parent, name) {
        Err(Errno::ACCESS) => {
            rustix::fs::chmodat(parent, name, Mode::RWXU, AtFlags::empty())?;
            directory::open_at(parent, name)
        }
        result => result,
    }
}

fn unlink(directory: BorrowedFd<'_>, name: &CStr, flags: AtFlags) -> Result<(), Errno> {
    match rustix::fs::unlinkat(directory, name, flags) {
        Err(Errno::ACCESS) => {
            rustix::fs::fchmod(directory, Mode::RWXU)?;
            rustix::fs::unlinkat(directory, name, flags)
        }
        Err(Errno::NOENT) => Ok(()),
        result => result,
    }
}

fn identify(directory: BorrowedFd<'_>) -> Result<Identity, Errno> {
    let found = rustix::fs::statx(directory, c"", AtFlags::EMPTY_PATH, StatxFlags::INO | StatxFlags::MNT_ID)?;
    Ok(Identity { mount: (found.stx_mnt_id, found.stx_dev_major, found.stx_dev_minor), inode: found.stx_ino })
}

#[cfg(test)]
#[path = "remove_tests.rs"]
mod tests;
