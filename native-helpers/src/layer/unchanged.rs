//! Whether an entry of an upper directory says anything that the lower layers did not say already. The kernel copies
//! whole files and directories up for less than a change, e.g. `mv a b && mv b a`.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, Stat, openat, readlinkat};

use super::directories::failed;
use super::lowers::{Found, Lowers};
use super::metadata::mtime;
use super::xattr;
use crate::failure::Failure;

/// An entry of the upper directory.
#[derive(Clone, Copy)]
pub struct Upper<'a> {
    pub parent: BorrowedFd<'a>,
    pub name: &'a [u8],
    pub path: &'a [u8],
    pub stat: &'a Stat,
}

/// Compares metadata first, the time with its nanoseconds included, and content only when all of it is equal. For a
/// directory this says nothing of what it holds.
pub fn is_unchanged(upper: Upper<'_>, found: &Found, lowers: &Lowers) -> Result<bool, Failure> {
    let (ours, theirs) = (upper.stat, &found.stat);
    let same_metadata = ours.st_mode == theirs.st_mode
        && ours.st_uid == theirs.st_uid
        && ours.st_gid == theirs.st_gid
        && mtime(ours) == mtime(theirs);
    if !same_metadata {
        return Ok(false);
    }
    match FileType::from_raw_mode(ours.st_mode) {
        FileType::Directory => same_xattrs(upper, &open_upper(upper)?, &lowers.open_found(found, upper.path)?),
        // The other names of a linked file would lose their file.
        FileType::RegularFile if ours.st_nlink > 1 || ours.st_size != theirs.st_size => Ok(false),
        FileType::RegularFile => {
            let (ours, theirs) = (open_upper(upper)?, lowers.open_found(found, upper.path)?);
            Ok(same_xattrs(upper, &ours, &theirs)? && same_content(upper, ours.into(), theirs.into())?)
        }
        FileType::Symlink => {
            let ours =
                readlinkat(upper.parent, upper.name, Vec::new()).map_err(|error| failed("read", upper.path, error))?;
            Ok(ours.into_bytes() == lowers.read_link(found, upper.path)?)
        }
        _ => Ok(ours.st_rdev == theirs.st_rdev),
    }
}

fn open_upper(upper: Upper<'_>) -> Result<OwnedFd, Failure> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(upper.parent, upper.name, flags, Mode::empty()).map_err(|error| failed("open", upper.path, error))
}

fn same_xattrs(upper: Upper<'_>, ours: &OwnedFd, theirs: &OwnedFd) -> Result<bool, Failure> {
    let read = |file: &OwnedFd| {
        xattr::read(file.as_fd()).map_err(|error| failed("read the extended attributes of", upper.path, error))
    };
    Ok(read(ours)? == read(theirs)?)
}

fn same_content(upper: Upper<'_>, mut ours: File, mut theirs: File) -> Result<bool, Failure> {
    let mut pieces = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let fill = |file: &mut File, piece: &mut Vec<u8>| -> Result<(), Failure> {
        piece.clear();
        let limit = 64 << 10;
        file.take(limit)
            .read_to_end(piece)
            .map_err(|error| Failure::io("read", super::path::shown(upper.path), error))?;
        Ok(())
    };
    loop {
        fill(&mut ours, &mut pieces.0)?;
        fill(&mut theirs, &mut pieces.1)?;
        if pieces.0 != pieces.1 {
            return Ok(false);
        }
        if pieces.0.is_empty() {
            return Ok(true);
        }
    }
}
