//! Copying one entry with all that a layer says of it.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    FileType, Mode, OFlags, SeekFrom as Find, Stat, copy_file_range, ftruncate, openat, readlinkat, seek, symlinkat,
};
use rustix::io::Errno;

use super::super::device;
use super::super::directories::failed;
use super::super::metadata::{Metadata, mtime};
use super::super::path::shown;
use super::super::xattr;
use crate::failure::Failure;
use crate::ownership;
use crate::tree::content;

/// An entry that is to be copied.
#[derive(Clone, Copy)]
pub struct Original<'a> {
    pub parent: BorrowedFd<'a>,
    pub name: &'a [u8],
    /// For messages.
    pub path: &'a [u8],
    pub stat: &'a Stat,
}

/// What was copied.
#[derive(Default)]
pub struct Copied {
    /// Of content.
    pub bytes: u64,
    /// It is a file that stands for a device, or says so.
    pub is_recorded: bool,
}

/// Copies what is no directory to the same name in `target`, as it lies on the disk: a file that stands for a device
/// stays one.
pub fn copy(original: Original<'_>, target: BorrowedFd<'_>) -> Result<Copied, Failure> {
    let Original { parent, name, path, stat } = original;
    let seen = ownership::seen_at(parent, name, *stat).map_err(|error| failed("inspect", path, error))?;
    let (original, stat) = (Original { stat: &seen, ..original }, &seen);
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => return copy_file(original, target),
        FileType::Symlink => {
            let text = readlinkat(parent, name, Vec::new()).map_err(|error| failed("read", path, error))?;
            symlinkat(&text, target, name).map_err(|error| failed("create the link", path, error))?;
        }
        kind => {
            device::make(target, name, kind, stat.st_rdev).map_err(|error| failed("create", path, error))?;
        }
    }
    metadata(stat, xattr::Xattrs::new()).set_unopened(target, name, path)?;
    Ok(Copied::default())
}

/// What the directory `handle` says of itself.
pub fn of_directory(handle: BorrowedFd<'_>, path: &[u8]) -> Result<Metadata, Failure> {
    let stat = rustix::fs::fstat(handle)
        .and_then(|stat| ownership::seen(handle, stat))
        .map_err(|error| failed("inspect", path, error))?;
    Ok(metadata(&stat, attributes(handle, path)?))
}

fn copy_file(original: Original<'_>, target: BorrowedFd<'_>) -> Result<Copied, Failure> {
    let Original { parent, name, path, stat } = original;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let from = openat(parent, name, flags, Mode::empty()).map_err(|error| failed("open", path, error))?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(stat.st_mode & 0o777) | Mode::RUSR | Mode::WUSR;
    let to = openat(target, name, flags, mode).map_err(|error| failed("create", path, error))?;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if is_sparse(stat) {
        copy_data(&from, &to, size).map_err(|error| Failure::io("copy", shown(path), error))?;
    } else {
        content::copy(from.as_fd(), to.as_fd(), size).map_err(|error| failed("copy", path, error))?;
    }
    let recorded = if size == 0 { device::copy_record(&from, &to) } else { Ok(false) };
    let is_recorded = recorded.map_err(|error| failed("copy the record of", path, error))?;
    metadata(stat, attributes(from.as_fd(), path)?).set(to.as_fd(), path)?;
    Ok(Copied { bytes: size, is_recorded })
}

fn metadata(stat: &Stat, xattrs: xattr::Xattrs) -> Metadata {
    Metadata { mode: stat.st_mode & 0o7777, uid: stat.st_uid, gid: stat.st_gid, mtime: mtime(stat), xattrs }
}

fn attributes(file: BorrowedFd<'_>, path: &[u8]) -> Result<xattr::Xattrs, Failure> {
    xattr::read(file).map_err(|error| failed("read the extended attributes of", path, error))
}

/// The kernel counts blocks of 512 bytes.
fn is_sparse(stat: &Stat) -> bool {
    stat.st_size > 64 << 10 && stat.st_blocks.saturating_mul(512) < stat.st_size
}

/// Copies what lies between the holes.
fn copy_data(from: &OwnedFd, to: &OwnedFd, size: u64) -> std::io::Result<()> {
    ftruncate(to, size)?;
    let mut at = 0;
    while at < size {
        let (start, end) = match seek(from, Find::Data(at)) {
            Ok(start) => (start, seek(from, Find::Hole(start))?.min(size)),
            // Nothing but a hole is left.
            Err(Errno::NXIO) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        copy_range(from, to, (start, end))?;
        at = end.max(start + 1);
    }
    Ok(())
}

fn copy_range(from: &OwnedFd, to: &OwnedFd, (start, end): (u64, u64)) -> std::io::Result<()> {
    let (mut input, mut output) = (start, start);
    while output < end {
        let most = usize::try_from((end - output).min(1 << 30)).unwrap_or(1 << 30);
        match copy_file_range(from, Some(&mut input), to, Some(&mut output), most) {
            Ok(1..) => {}
            // The kernel does not copy between these two files by itself.
            _ => {
                let (mut from, mut to) = (File::from(from.try_clone()?), File::from(to.try_clone()?));
                from.seek(SeekFrom::Start(output))?;
                to.seek(SeekFrom::Start(output))?;
                std::io::copy(&mut std::io::Read::take(from, end - output), &mut to)?;
                return Ok(());
            }
        }
    }
    Ok(())
}
