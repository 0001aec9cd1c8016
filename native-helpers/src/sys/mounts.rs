//! mount_setattr(2), since Linux 5.12.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd};

/// What may be forbidden on a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restrictions(u64);

impl Restrictions {
    pub const READ_ONLY: Self = Self(libc::MOUNT_ATTR_RDONLY);
    pub const NO_DEVICES: Self = Self(libc::MOUNT_ATTR_NODEV);
    pub const NO_SET_ID: Self = Self(libc::MOUNT_ATTR_NOSUID);
    pub const NO_PROGRAMS: Self = Self(libc::MOUNT_ATTR_NOEXEC);

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Lays `restrictions` on the mount `tree` and on those below it.
pub fn restrict(tree: BorrowedFd<'_>, restrictions: Restrictions) -> io::Result<()> {
    let attributes = libc::mount_attr { attr_set: restrictions.0, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: the path is a constant C string, and the kernel reads exactly the given size of the structure.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
