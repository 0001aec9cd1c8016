//! Deleted names. In a tar: an empty file `.wh.NAME`, or `.wh..wh..opq` for all names of a directory (image-spec,
//! layer.md, "Whiteouts"). On disk, as overlayfs knows them: a character device 0:0 called NAME, and the extended
//! attribute `user.overlay.opaque=y` of the directory.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{FileType, Mode, Stat, XattrFlags, fgetxattr, fremovexattr, fsetxattr, makedev, mknodat};
use rustix::io::Errno;

pub const PREFIX: &[u8] = b".wh.";
pub const OPAQUE: &[u8] = b".wh..wh..opq";
/// What aufs kept for itself, and old Docker layers may still carry.
const AUFS_PREFIX: &[u8] = b".wh..wh.";

const OPAQUE_XATTR: &str = "user.overlay.opaque";

/// What the last component of an entry name says.
#[derive(Debug, PartialEq, Eq)]
pub enum Meaning<'a> {
    Entry,
    /// This name of the lower layers is gone.
    Deleted(&'a [u8]),
    /// All names that the lower layers have in this directory are gone.
    Opaque,
    /// Bookkeeping of aufs, of no meaning to anyone else.
    Aufs,
    /// `.wh.`, `.wh..` or `.wh...`: deletes nothing that has a name.
    Nonsense,
}

pub fn meaning(name: &[u8]) -> Meaning<'_> {
    if name == OPAQUE {
        return Meaning::Opaque;
    }
    if name.starts_with(AUFS_PREFIX) {
        return Meaning::Aufs;
    }
    match name.strip_prefix(PREFIX) {
        None => Meaning::Entry,
        Some(b"" | b"." | b"..") => Meaning::Nonsense,
        Some(deleted) => Meaning::Deleted(deleted),
    }
}

/// Whether this is overlayfs's whiteout. All whiteouts of an upper directory are links of one inode, so ask this before
/// looking for hard links.
pub fn is_whiteout(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}

/// Makes a whiteout. Needs no privilege: the kernel lets anyone make a 0:0 character device (since Linux 5.8).
pub fn make(directory: impl AsFd, name: &[u8]) -> Result<(), Errno> {
    mknodat(directory, name, FileType::CharacterDevice, Mode::empty(), makedev(0, 0))
}

pub fn is_opaque(directory: BorrowedFd<'_>) -> Result<bool, Errno> {
    let mut value = [0_u8; 1];
    match fgetxattr(directory, OPAQUE_XATTR, &mut value) {
        Ok(_) => Ok(value == *b"y"),
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::RANGE) => Ok(false),
        Err(error) => Err(error),
    }
}

pub fn set_opaque(directory: BorrowedFd<'_>) -> Result<(), Errno> {
    fsetxattr(directory, OPAQUE_XATTR, b"y", XattrFlags::empty())
}

pub fn clear_opaque(directory: BorrowedFd<'_>) -> Result<(), Errno> {
    match fremovexattr(directory, OPAQUE_XATTR) {
        Ok(()) | Err(Errno::NODATA) => Ok(()),
        Err(error) => Err(error),
    }
}
