//! Owner, attributes, mode and times of copied entries.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, FileType, Mode as Bits, Timespec, Timestamps};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::ownership;
use crate::tree::directory::{Meta, Time};
use crate::tree::make::not_owned;
use crate::tree::mode::Mode;
use crate::tree::owner::Owner;
use crate::tree::xattr::{self, Attribute};

/// How entries differ from their sources.
#[derive(Debug)]
pub struct Style {
    pub ownership: Ownership,
    pub mode: Option<Mode>,
}

/// Whom entries belong to.
#[derive(Debug, Clone, Copy)]
pub enum Ownership {
    /// Their source's owner.
    Kept,
    Given(Owner),
}

/// A step that failed.
#[derive(Debug)]
pub enum Problem {
    Owner(Owner, Errno),
    Attributes(Errno),
    Mode(Errno),
    Times(Errno),
}

impl Style {
    /// Finishes an open file or directory.
    ///
    /// The order counts: a change of owner takes set-id bits and capabilities away, a write changes the time.
    pub fn finish(&self, file: BorrowedFd<'_>, meta: &Meta, attributes: &[Attribute]) -> Result<(), Problem> {
        let owner = self.owner(meta);
        ownership::give(file, owner).map_err(|error| Problem::Owner(owner, error))?;
        xattr::write(file, attributes).map_err(Problem::Attributes)?;
        rustix::fs::fchmod(file, self.bits(meta)).map_err(Problem::Mode)?;
        rustix::fs::futimens(file, &times(meta.modified)).map_err(Problem::Times)
    }

    /// Finishes a symbolic link, device or FIFO that was just made. They carry no attributes, links no mode.
    pub fn finish_at(&self, directory: BorrowedFd<'_>, name: &CStr, meta: &Meta) -> Result<(), Problem> {
        let owner = self.owner(meta);
        ownership::give_at(directory, name, owner).map_err(|error| Problem::Owner(owner, error))?;
        if meta.kind != FileType::Symlink {
            rustix::fs::chmodat(directory, name, self.bits(meta), AtFlags::empty()).map_err(Problem::Mode)?;
        }
        rustix::fs::utimensat(directory, name, &times(meta.modified), AtFlags::SYMLINK_NOFOLLOW).map_err(Problem::Times)
    }

    fn owner(&self, meta: &Meta) -> Owner {
        match self.ownership {
            Ownership::Kept => Owner { uid: meta.uid, gid: meta.gid },
            Ownership::Given(owner) => owner,
        }
    }

    fn bits(&self, meta: &Meta) -> Bits {
        let mode = self.mode.as_ref().map_or(meta.mode, |mode| mode.apply(meta.mode, meta.kind == FileType::Directory));
        Bits::from_raw_mode(mode)
    }
}

impl Problem {
    /// The failure at the path `shown`.
    pub fn at(&self, shown: &str) -> Failure {
        match *self {
            Self::Owner(owner, error) => not_owned(shown, owner, error),
            Self::Attributes(error @ Errno::NOTSUP) => {
                Failure { code: "xattr-unsupported", ..Failure::io("write the attributes of", shown, error) }
                    .with_hint("keep the store on a file system with extended attributes, such as ext4, xfs or btrfs")
            }
            Self::Attributes(error) => Failure::io("write the attributes of", shown, error),
            Self::Mode(error) => Failure::io("set the mode of", shown, error),
            Self::Times(error) => Failure::io("set the times of", shown, error),
        }
    }
}

/// The modification time, for the access time, too: nobody should see when the source was read.
fn times(modified: Time) -> Timestamps {
    let time = Timespec { tv_sec: modified.seconds, tv_nsec: modified.nanoseconds.into() };
    Timestamps { last_access: time, last_modification: time }
}
