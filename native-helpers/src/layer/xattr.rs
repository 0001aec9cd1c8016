//! Extended attributes that belong to a layer: `security.capability`, access control lists and `user.*`.
//! `user.overlay.*` is overlayfs's own notebook on the disk; `trusted.*` and other `security.*` values describe a
//! machine, not an image; `user.oci-build.*` is this engine's own notebook (`device`).

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;

use super::device;
use crate::ownership::{self, acl};

/// Names with their values, sorted by name.
pub type Xattrs = Vec<(Vec<u8>, Vec<u8>)>;

/// Access control lists, in the kernel's binary form.
const ACLS: [&[u8]; 2] = [b"system.posix_acl_access", b"system.posix_acl_default"];

/// The kernel's limits (XATTR_LIST_MAX, XATTR_SIZE_MAX).
const LONGEST: usize = 64 << 10;

/// Whether a layer carries the attribute `name`.
pub fn belongs_to_layer(name: &[u8]) -> bool {
    name == b"security.capability"
        || ACLS.contains(&name)
        || (name.starts_with(b"user.") && !name.starts_with(b"user.overlay.") && !name.starts_with(device::PREFIX))
}

/// Reads a file's or directory's attributes, those that belong to a layer.
pub fn read(file: BorrowedFd<'_>) -> Result<Xattrs, Errno> {
    let mut xattrs = Xattrs::new();
    for name in names(file)?.split(|&byte| byte == 0) {
        let recorded = if ownership::is_recorded() { acl::list_of(name) } else { None };
        let meant = recorded.map_or(name, str::as_bytes);
        if !belongs_to_layer(meant) {
            continue;
        }
        let mut value = vec![0; LONGEST];
        let length = fgetxattr(file, name, &mut value)?;
        value.truncate(length);
        xattrs.push((meant.to_vec(), value));
    }
    xattrs.sort();
    Ok(xattrs)
}

pub fn write(file: BorrowedFd<'_>, xattrs: &Xattrs) -> Result<(), Errno> {
    xattrs.iter().try_for_each(|(name, value)| {
        let name = match acl::record_of(name).filter(|_| ownership::is_recorded() && acl::names_others(value)) {
            Some(record) => record.as_bytes(),
            None => name.as_slice(),
        };
        fsetxattr(file, name, value, XattrFlags::empty())
    })
}

/// Takes the access control lists off a directory just made: it has inherited them from the store's own.
pub fn forget_acls(directory: impl AsFd) -> Result<(), Errno> {
    let directory = directory.as_fd();
    let records = ACLS.iter().filter_map(|name| acl::record_of(name)).map(str::as_bytes);
    let records = records.filter(|_| ownership::is_recorded());
    ACLS.into_iter().chain(records).try_for_each(|name| match fremovexattr(directory, name) {
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(()),
        done => done,
    })
}

/// The names of all attributes, each closed by a NUL.
fn names(file: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    let mut few = [0_u8; 512];
    match flistxattr(file, &mut few) {
        Ok(length) => return Ok(few.get(..length).unwrap_or_default().to_vec()),
        Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
        Err(Errno::RANGE) => {}
        Err(error) => return Err(error),
    }
    let mut many = vec![0; LONGEST];
    let length = flistxattr(file, &mut many)?;
    many.truncate(length);
    Ok(many)
}
