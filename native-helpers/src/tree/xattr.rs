//! Extended attributes that belong to an entry's content: `user.*` and file capabilities.

use std::ffi::CString;
use std::os::fd::AsFd;

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
use rustix::io::Errno;

use crate::layer::device;

/// A name and its value, both bytes.
pub type Attribute = (CString, Vec<u8>);

/// The most the kernel lets a list of names or a value be (XATTR_LIST_MAX, XATTR_SIZE_MAX).
const MAX: usize = 64 * 1024;

/// The attributes of an open file or directory that COPY keeps, sorted by name.
///
/// `user.overlay.*` is how an overlay marks its own directories and never content, `user.oci-build.*` is the store's own; `trusted.*`, `security.selinux` and
/// the like belong to the machine. A file system without attributes has none.
pub fn read(file: impl AsFd) -> Result<Vec<Attribute>, Errno> {
    let file = file.as_fd();
    let mut buffer = Vec::with_capacity(256);
    let names = match sized(&mut buffer, |buffer| flistxattr(file, rustix::buffer::spare_capacity(buffer))) {
        Ok(()) => buffer,
        Err(Errno::NOTSUP) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut attributes = Vec::new();
    for name in names.split(|byte| *byte == 0).filter(|name| is_content(name)) {
        let Ok(name) = CString::new(name) else { continue };
        let mut value = Vec::with_capacity(256);
        match sized(&mut value, |buffer| fgetxattr(file, &name, rustix::buffer::spare_capacity(buffer))) {
            Ok(()) => attributes.push((name, value)),
            // Taken away since the list was read.
            Err(Errno::NODATA) => {}
            Err(error) => return Err(error),
        }
    }
    attributes.sort_unstable();
    Ok(attributes)
}

pub fn write(file: impl AsFd, attributes: &[Attribute]) -> Result<(), Errno> {
    attributes.iter().try_for_each(|(name, value)| fsetxattr(&file, name, value, XattrFlags::empty()))
}

fn is_content(name: &[u8]) -> bool {
    let is_record = name.starts_with(b"user.overlay.") || name.starts_with(device::PREFIX);
    name == b"security.capability" || (name.starts_with(b"user.") && !is_record)
}

/// Reads into `buffer`, once more with the greatest size when it is too small.
fn sized(buffer: &mut Vec<u8>, read: impl Fn(&mut Vec<u8>) -> Result<usize, Errno>) -> Result<(), Errno> {
    match read(buffer) {
        Err(Errno::RANGE) => {
            buffer.reserve_exact(MAX);
            read(buffer).map(drop)
        }
        result => result.map(drop),
    }
}
