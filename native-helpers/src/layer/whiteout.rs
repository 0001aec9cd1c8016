//! Deleted names. In a tar: an empty file `.wh.NAME`, or `.wh..wh..opq` for all names of a directory (image-spec,
//! layer.md, "Whiteouts"). On disk, as overlayfs knows them: a character device 0:0 called NAME, and the extended
//! attribute `user.overlay.opaque=y` of the directory. A file system that takes neither cannot be a part of an overlay;
//! there the empty files of the tar serve on the disk, too.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Stat, XattrFlags, fgetxattr, fremovexattr, fsetxattr, fstatfs, makedev, mknodat,
    openat, statat, unlinkat,
};
use rustix::io::Errno;

use super::path::{join, split};

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

/// The name that an entry of a layer directory is about: its own, or the one that it deletes.
pub fn subject(name: &[u8]) -> &[u8] {
    match meaning(name) {
        Meaning::Deleted(deleted) => deleted,
        _ => name,
    }
}

/// Whether this is overlayfs's whiteout. All whiteouts of an upper directory are links of one inode, so ask this before
/// looking for hard links.
pub fn is_whiteout(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}

/// How the whiteouts of a layer directory lie on its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As overlayfs's devices.
    Devices,
    /// As a tar's files. No other file of a layer has a name like that.
    Files,
}

impl Form {
    /// The form on the file system of `directory`: an overlay makes no whiteouts for others, and what has no user
    /// attributes cannot hold an overlay's layers.
    pub fn of(directory: impl AsFd) -> Result<Self, Errno> {
        const OVERLAYFS: u64 = 0x794c_7630;
        let kind = fstatfs(&directory)?.f_type;
        let on_overlay = u64::try_from(kind).is_ok_and(|kind| kind == OVERLAYFS);
        let without_attributes = fgetxattr(&directory, OPAQUE_XATTR, &mut [0_u8; 1]) == Err(Errno::OPNOTSUPP);
        Ok(if on_overlay || without_attributes { Self::Files } else { Self::Devices })
    }

    /// Makes a whiteout of `name`. Needs no privilege: the kernel lets anyone make a 0:0 character device (since Linux
    /// 5.8). `EEXIST` tells that the layer has that name itself.
    pub fn make(self, directory: impl AsFd, name: &[u8]) -> Result<(), Errno> {
        match self {
            Self::Devices => mknodat(directory, name, FileType::CharacterDevice, Mode::empty(), makedev(0, 0)),
            Self::Files if exists(&directory, name)? => Err(Errno::EXIST),
            Self::Files => make_file(directory, &marker(name)),
        }
    }

    /// The name that an entry of a layer directory deletes, if it is a whiteout.
    pub fn deleted<'a>(self, name: &'a [u8], stat: &Stat) -> Option<&'a [u8]> {
        match (self, meaning(name)) {
            (Self::Devices, _) => is_whiteout(stat).then_some(name),
            (Self::Files, Meaning::Deleted(deleted)) => Some(deleted),
            (Self::Files, _) => None,
        }
    }

    /// Whether the entry `name` is the mark of its opaque directory, and nothing else.
    pub fn is_mark(self, name: &[u8]) -> bool {
        self == Self::Files && name == OPAQUE
    }

    /// Whether a whiteout stands for `path`, where nothing of that name is.
    pub fn deletes(self, root: impl AsFd, path: &[u8]) -> Result<bool, Errno> {
        let (parent, name) = split(path);
        match self {
            Self::Devices => Ok(false),
            Self::Files => exists(root, &join(parent, &marker(name))),
        }
    }

    /// Takes the whiteout of `name` away, where the entry itself must be able to stand.
    pub fn clear(self, directory: impl AsFd, name: &[u8]) -> Result<bool, Errno> {
        match self {
            Self::Devices => Ok(false),
            Self::Files => match unlinkat(directory, marker(name).as_slice(), AtFlags::empty()) {
                Ok(()) => Ok(true),
                Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(false),
                Err(error) => Err(error),
            },
        }
    }
}

pub fn is_opaque(directory: BorrowedFd<'_>) -> Result<bool, Errno> {
    let mut value = [0_u8; 1];
    match fgetxattr(directory, OPAQUE_XATTR, &mut value) {
        Ok(_) => Ok(value == *b"y"),
        Err(Errno::NODATA | Errno::RANGE) => Ok(false),
        Err(Errno::OPNOTSUPP) => exists(directory, OPAQUE),
        Err(error) => Err(error),
    }
}

pub fn set_opaque(directory: BorrowedFd<'_>) -> Result<(), Errno> {
    match fsetxattr(directory, OPAQUE_XATTR, b"y", XattrFlags::empty()) {
        Err(Errno::OPNOTSUPP) => make_file(directory, OPAQUE),
        done => done,
    }
}

pub fn clear_opaque(directory: BorrowedFd<'_>) -> Result<(), Errno> {
    match fremovexattr(directory, OPAQUE_XATTR) {
        Ok(()) | Err(Errno::NODATA) => Ok(()),
        Err(Errno::OPNOTSUPP) => unlinkat(directory, OPAQUE, AtFlags::empty()),
        Err(error) => Err(error),
    }
}

fn marker(name: &[u8]) -> Vec<u8> {
    [PREFIX, name].concat()
}

fn make_file(directory: impl AsFd, name: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(directory, name, flags, Mode::RUSR).map(drop)
}

fn exists(directory: impl AsFd, path: &[u8]) -> Result<bool, Errno> {
    match statat(directory, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(true),
        // A marker's name may be too long where the name that it would delete is not: then nothing has deleted it.
        Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => Ok(false),
        Err(error) => Err(error),
    }
}
