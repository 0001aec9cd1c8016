//! The root of a sandbox while it is put together. Mounts are made detached and attached by descriptor, to places that
//! are looked up inside the root, so that no path or link of the image leads a mount astray (CVE-2025-31133 and others).

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::mount::{MoveMountFlags, UnmountFlags, move_mount, unmount};
use rustix::process::{chdir, fchdir, pivot_root};

use crate::protocol::messages::FileMount;
use crate::sandbox::assignment::{During, SetupError};
use crate::sandbox::detached::{clone_at, clone_tree, file_system};
use crate::sys::mounts::{Restrictions, restrict};

/// What generated files may be used for.
const DATA: Restrictions =
    Restrictions::READ_ONLY.and(Restrictions::NO_DEVICES).and(Restrictions::NO_SET_ID).and(Restrictions::NO_PROGRAMS);

/// A root file system that is mounted in this namespace but not yet entered.
pub struct NewRoot(OwnedFd);

impl NewRoot {
    /// Mounts the directory `path` over itself. Device files in it work for nobody: real root could make one for the
    /// machine's disk.
    pub fn mount(path: &str) -> Result<Self, SetupError> {
        let step = || format!("bind the root file system {path}");
        let tree = clone_tree(path).during(step())?;
        restrict(tree.as_fd(), Restrictions::NO_DEVICES).during(step())?;
        move_mount(&tree, "", CWD, path, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).during(step())?;
        Ok(Self(tree))
    }

    /// Attaches the mount `tree` at `path` inside the root.
    pub fn attach(&self, tree: BorrowedFd<'_>, path: &str) -> Result<(), SetupError> {
        let step = || format!("mount {path}");
        let target = self.look_up(path).during(step())?;
        let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
        move_mount(tree, "", &target, "", flags).during(step())
    }

    /// The mount or file at `path` inside the root.
    pub fn look_up(&self, path: &str) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
        openat2(&self.0, path, flags, Mode::empty(), resolve)
    }

    /// Lays generated files over their paths. Their bytes live in memory, in a file system that has no other name.
    pub fn mount_files(&self, files: &[FileMount]) -> Result<(), SetupError> {
        if files.is_empty() {
            return Ok(());
        }
        let memory = file_system("tmpfs", &[("mode", "0755")]).during("make a file system for generated files")?;
        for (number, file) in files.iter().enumerate() {
            let step = || format!("write {}", file.path);
            let name = number.to_string();
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let made = openat(&memory, name.as_str(), flags, Mode::from_raw_mode(0o644)).during(step())?;
            File::from(made).write_all(file.content.as_bytes()).during(step())?;
            let tree = clone_at(memory.as_fd(), &name).during(step())?;
            restrict(tree.as_fd(), DATA).during(step())?;
            self.attach(tree.as_fd(), &file.path)?;
        }
        Ok(())
    }

    /// Makes this the root directory and leaves the old one without a name.
    pub fn enter(&self) -> Result<(), SetupError> {
        fchdir(&self.0).during("enter the root file system")?;
        pivot_root(".", ".").during("change the root directory")?;
        // The old root lies over the new one now; it is what "." still means.
        unmount(".", UnmountFlags::DETACH).during("leave the old root directory")?;
        chdir("/").during("enter the root directory")
    }
}
