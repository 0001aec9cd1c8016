//! Owner, attributes, mode and time of an entry on disk. Always in that order: a change of owner clears set-id bits and
//! file capabilities, and every other change would touch nothing but must not come after the time. What is right already
//! is left alone: most entries belong to root and have a plain mode, and asking is far cheaper than changing.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{
    AtFlags, FileType, Mode, Stat, Timespec, Timestamps, chmodat, fchmod, fstat, futimens, statat, utimensat,
};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use super::directories::failed;
use super::path::shown;
use super::tar::Time;
use super::xattr::{self, Xattrs};
use crate::failure::Failure;
use crate::ownership::{self, Owner};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Permission, set-id and sticky bits.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime: Time,
    pub xattrs: Xattrs,
}

impl Metadata {
    /// What a directory has that no entry describes: the layer's root, and parents of entries. Its owner is whoever
    /// unpacks, which is root (0:0) in every place that can run steps.
    pub fn of_unlisted_directory() -> Self {
        let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
        Self { mode: 0o755, uid, gid, mtime: Time::default(), xattrs: Xattrs::new() }
    }

    /// Reads what the open directory that stands at `path` has got, and makes it one in which entries can be made.
    pub fn take_off(directory: BorrowedFd<'_>, path: &[u8]) -> Result<Self, Failure> {
        let stat = fstat(directory)
            .and_then(|stat| ownership::seen(directory, stat))
            .map_err(|error| failed("inspect", path, error))?;
        let xattrs = xattr::read(directory).map_err(|error| failed("read the extended attributes of", path, error))?;
        fchmod(directory, Mode::RWXU).map_err(|error| failed("set the mode of", path, error))?;
        xattr::forget_acls(directory).map_err(|error| failed("take the access control list off", path, error))?;
        let (mode, uid, gid) = (stat.st_mode & 0o7777, stat.st_uid, stat.st_gid);
        Ok(Self { mode, uid, gid, mtime: mtime(&stat), xattrs })
    }

    /// Sets all upon an open file or directory that stands at `path`.
    pub fn set(&self, file: BorrowedFd<'_>, path: &[u8]) -> Result<(), Failure> {
        let found =
            fstat(file).and_then(|stat| ownership::seen(file, stat)).map_err(|error| failed("inspect", path, error))?;
        let is_owned = self.has_owner_of(&found);
        if !is_owned {
            ownership::give(file, self.owner()).map_err(|error| self.owner_failed(path, error))?;
        }
        xattr::write(file, &self.xattrs).map_err(|error| failed("set extended attributes of", path, error))?;
        if !(is_owned && self.xattrs.is_empty() && self.has_mode_of(&found)) {
            fchmod(file, Mode::from_raw_mode(self.mode)).map_err(|error| failed("set the mode of", path, error))?;
        }
        futimens(file, &timestamps(self.mtime)).map_err(|error| failed("set the time of", path, error))
    }

    /// Sets owner, mode and time of what cannot be opened: a link, device or fifo just made. The kernel allows none of
    /// these the attributes that belong to layers.
    pub fn set_unopened(&self, parent: BorrowedFd<'_>, name: &[u8], path: &[u8]) -> Result<(), Failure> {
        let found = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)
            .and_then(|stat| ownership::seen_at(parent, name, stat))
            .map_err(|error| failed("inspect", path, error))?;
        if !self.has_owner_of(&found) {
            ownership::give_at(parent, name, self.owner()).map_err(|error| self.owner_failed(path, error))?;
        }
        if FileType::from_raw_mode(found.st_mode) != FileType::Symlink {
            chmodat(parent, name, Mode::from_raw_mode(self.mode), AtFlags::empty())
                .map_err(|error| failed("set the mode of", path, error))?;
        }
        set_mtime(parent, name, self.mtime).map_err(|error| failed("set the time of", path, error))
    }

    fn owner(&self) -> Owner {
        Owner { uid: self.uid, gid: self.gid }
    }

    fn has_owner_of(&self, stat: &Stat) -> bool {
        (stat.st_uid, stat.st_gid) == (self.uid, self.gid)
    }

    fn has_mode_of(&self, stat: &Stat) -> bool {
        stat.st_mode & 0o7777 == self.mode
    }

    fn owner_failed(&self, path: &[u8], error: Errno) -> Failure {
        let owner = format!("{}:{}", self.uid, self.gid);
        match error {
            Errno::PERM | Errno::INVAL => {
                let message = format!("cannot give {} to {owner}: this id is not available here", shown(path));
                Failure::new("owner-not-permitted", message)
                    .with_hint("give this user more ids in /etc/subuid and /etc/subgid, or run as root")
            }
            error => failed(&format!("give {owner} ownership of"), path, error),
        }
    }
}

/// Sets the modification time of `name` itself, also if it is a link.
pub fn set_mtime(parent: impl AsFd, name: &[u8], mtime: Time) -> Result<(), Errno> {
    utimensat(parent, name, &timestamps(mtime), AtFlags::SYMLINK_NOFOLLOW)
}

pub fn mtime(stat: &Stat) -> Time {
    Time { seconds: stat.st_mtime, nanoseconds: u32::try_from(stat.st_mtime_nsec).unwrap_or(0) }
}

/// Layers know no access time; the modification time stands in, so that nothing depends on the clock.
fn timestamps(mtime: Time) -> Timestamps {
    let time = Timespec { tv_sec: mtime.seconds, tv_nsec: mtime.nanoseconds.into() };
    Timestamps { last_access: time, last_modification: time }
}
