//! Directories by handle: opening, listing and making them without ever following a symbolic link.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, Stat};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::layer::device;
use crate::ownership;

/// A time of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    pub seconds: i64,
    pub nanoseconds: u32,
}

/// What the kernel knows of an entry, in the same types on every architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    pub kind: FileType,
    /// Permission, set-id and sticky bits.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub device: u64,
    pub inode: u64,
    pub links: u64,
    /// Which device a device node stands for.
    pub rdev: u64,
    pub modified: Time,
    pub changed: Time,
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub name: CString,
    pub is_directory: bool,
    pub is_socket: bool,
}

const OPEN: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Opens a trusted directory of the machine, such as a context or a mounted root.
pub fn open(path: &Path) -> Result<OwnedFd, Failure> {
    rustix::fs::open(path, OPEN, Mode::empty()).map_err(|error| Failure::io("open", path, error))
}

/// Opens the directory `name` of `parent` for listing.
pub fn open_at(parent: impl AsFd, name: &CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(parent, name, OPEN | OFlags::NOFOLLOW, Mode::empty())
}

pub fn duplicate(handle: impl AsFd) -> Result<OwnedFd, Errno> {
    rustix::io::fcntl_dupfd_cloexec(handle, 0)
}

/// The metadata of an open file or directory, as an image has it.
pub fn meta(handle: impl AsFd) -> Result<Meta, Errno> {
    let stat = rustix::fs::fstat(&handle)?;
    ownership::seen(handle, stat).map(Meta::from)
}

/// The metadata of `name` in `parent`; of a symbolic link itself.
pub fn meta_at(parent: impl AsFd, name: &CStr) -> Result<Meta, Errno> {
    rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).map(Meta::from)
}

/// The same as an image has it: what stands for a device is that device.
pub fn image_meta_at(parent: impl AsFd, name: &CStr) -> Result<Meta, Errno> {
    let stat = rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let stat = ownership::seen_at(&parent, name, stat)?;
    device::seen(parent, name, stat).map(Meta::from)
}

/// The names in a directory that was just opened, sorted by their bytes.
pub fn list(directory: BorrowedFd<'_>) -> Result<Vec<Name>, Errno> {
    let mut buffer = Vec::with_capacity(32 * 1024);
    let mut entries = RawDir::new(directory, buffer.spare_capacity_mut());
    let mut names = Vec::new();
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if matches!(entry.file_name().to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => meta_at(directory, entry.file_name())?.kind,
            kind => kind,
        };
        names.push(Name {
            name: entry.file_name().to_owned(),
            is_directory: kind == FileType::Directory,
            is_socket: kind == FileType::Socket,
        });
    }
    names.sort_unstable();
    Ok(names)
}

/// A file name as system calls take it. Names from a protocol may hold a NUL byte, which no file name can.
pub fn c_name(name: &[u8]) -> Result<CString, Failure> {
    CString::new(name).map_err(|_| {
        let shown = String::from_utf8_lossy(name).into_owned();
        Failure::new("path-invalid", format!("path {shown:?} holds a NUL byte"))
    })
}

/// `above/name`, or just `name` at the top.
pub fn join(above: &[u8], name: &[u8]) -> Vec<u8> {
    match above {
        b"" => name.to_vec(),
        above => [above, b"/", name].concat(),
    }
}

impl From<Stat> for Meta {
    // The fields' types differ between architectures; every value fits.
    #[allow(clippy::unnecessary_cast, clippy::cast_lossless)]
    fn from(stat: Stat) -> Self {
        Self {
            kind: FileType::from_raw_mode(stat.st_mode),
            mode: stat.st_mode as u32 & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            size: stat.st_size as u64,
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            links: stat.st_nlink as u64,
            rdev: stat.st_rdev as u64,
            modified: Time { seconds: stat.st_mtime as i64, nanoseconds: stat.st_mtime_nsec as u32 },
            changed: Time { seconds: stat.st_ctime as i64, nanoseconds: stat.st_ctime_nsec as u32 },
        }
    }
}
