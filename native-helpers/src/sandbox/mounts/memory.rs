//! Files that exist in memory only, and have no name but the place where they are mounted.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, Gid, Mode, OFlags, Uid, chmodat, chownat, openat};

use crate::failure::Failure;
use crate::ownership;
use crate::sandbox::detached::{clone_at, file_system};
use crate::sys::mounts::{Restrictions, restrict};
use crate::tree::{Owner, not_owned};

/// What the one file of such a file system is called in it.
pub const NAME: &str = "file";

/// Whose a file is, and who may use it.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    pub owner: Owner,
    pub mode: u32,
}

impl Access {
    /// Sets the owner and the mode of the file of `memory`.
    pub fn apply(self, memory: &OwnedFd) -> rustix::io::Result<()> {
        let (uid, gid) = (Uid::from_raw(self.owner.uid), Gid::from_raw(self.owner.gid));
        // Such a file system has no attributes to record an owner in, and where owners are recorded all may read the file.
        if !ownership::is_recorded() {
            chownat(memory, NAME, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        chmodat(memory, NAME, Mode::from_raw_mode(self.mode), AtFlags::empty())
    }

    /// Why there is no such file at `target`.
    pub fn failure(self, target: &str, error: &io::Error) -> Failure {
        let errno = rustix::io::Errno::from_io_error(error).unwrap_or(rustix::io::Errno::IO);
        not_owned(target, self.owner, errno)
    }
}

/// A file system for one file or socket. ramfs, unlike tmpfs, never goes to the swap space.
pub fn make() -> rustix::io::Result<OwnedFd> {
    file_system("ramfs", &[("mode", "0700")])
}

/// A read-only file with `content`, as a mount.
pub fn file(content: &[u8], access: Access, program: bool) -> io::Result<OwnedFd> {
    let memory = make()?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    File::from(openat(&memory, NAME, flags, Mode::RUSR)?).write_all(content)?;
    access.apply(&memory)?;
    let tree = clone_at(memory.as_fd(), NAME)?;
    let data = Restrictions::READ_ONLY.and(Restrictions::NO_DEVICES).and(Restrictions::NO_SET_ID);
    restrict(tree.as_fd(), if program { data } else { data.and(Restrictions::NO_PROGRAMS) })?;
    Ok(tree)
}

/// The bytes that hexadecimal digits stand for; `None` when they are not such digits in pairs.
pub fn decode(digits: &str) -> Option<Vec<u8>> {
    let nibble = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| if let [high, low] = pair { Some(nibble(high)? << 4 | nibble(low)?) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_come_in_pairs() {
        assert_eq!(decode(""), Some(Vec::new()));
        assert_eq!(decode("00ff7a"), Some(vec![0, 255, 0x7a]));
        assert_eq!(decode("0"), None);
        assert_eq!(decode("0g"), None);
    }
}
