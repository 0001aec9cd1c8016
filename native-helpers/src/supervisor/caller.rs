//! The process that made a call: its memory, and what the names that it gives mean to it.

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

use super::calls::At;
use crate::sys::notify::{read_memory, write_memory};

/// The longest path, with its end (PATH_MAX).
const LONGEST: usize = 4096;
/// What a first look takes of a path; most are shorter.
const SHORT: usize = 256;

#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub thread: i32,
    /// Its root may be another than the supervisor's.
    pub changed_root: bool,
}

/// Where a path starts, and how its last part is taken.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// As the caller numbers it.
    pub directory: i32,
    pub follows: bool,
}

impl Caller {
    /// What a call is about, held but not opened.
    ///
    /// Paths over the kernel's magic links (/proc/self/fd/1) fail with `ELOOP`: they would mean the supervisor.
    pub fn target(self, at: At, arguments: [u64; 6]) -> Result<OwnedFd, Errno> {
        let [first, second, ..] = arguments;
        match at {
            At::Path => self.hold(Start { directory: libc::AT_FDCWD, follows: true }, &self.path(first)?),
            At::Link => self.hold(Start { directory: libc::AT_FDCWD, follows: false }, &self.path(first)?),
            At::Descriptor => self.descriptor(descriptor(first)),
            At::Directory { flags } => {
                let flags = arguments.get(flags).map_or(0, |flags| descriptor(*flags));
                self.in_directory(descriptor(first), second, flags)
            }
        }
    }

    /// As `target`, with the arguments as they are.
    pub fn in_directory(self, directory: i32, path: u64, flags: i32) -> Result<OwnedFd, Errno> {
        let is_empty = |path: &CStr| path.is_empty() && flags & libc::AT_EMPTY_PATH != 0;
        // Linux 6.11 takes no path at all for an empty one.
        let path = if path == 0 && flags & libc::AT_EMPTY_PATH != 0 { CString::default() } else { self.path(path)? };
        if is_empty(&path) {
            return self.directory(directory);
        }
        self.hold(Start { directory, follows: flags & libc::AT_SYMLINK_NOFOLLOW == 0 }, &path)
    }

    /// Holds what `path` leads to.
    pub fn hold(self, Start { directory, follows }: Start, path: &CStr) -> Result<OwnedFd, Errno> {
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        let mut flags = OFlags::PATH | OFlags::CLOEXEC;
        if !follows {
            flags |= OFlags::NOFOLLOW;
        }
        let resolve = ResolveFlags::NO_MAGICLINKS;
        let is_absolute = path.to_bytes().starts_with(b"/");
        if is_absolute && !self.changed_root {
            return openat2(CWD, path, flags, Mode::empty(), resolve);
        }
        if is_absolute {
            let root =
                openat(CWD, format!("/proc/{}/root", self.thread), OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
            return openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT | resolve);
        }
        openat2(self.directory(directory)?, path, flags, Mode::empty(), resolve)
    }

    /// Holds the directory in which `path` has its last part, and answers that part.
    pub fn parent(self, directory: i32, path: &CStr) -> Result<(OwnedFd, CString), Errno> {
        let bytes = path.to_bytes();
        let end = bytes.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
        let bytes = bytes.get(..end).unwrap_or_default();
        let (above, name) = match bytes.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (bytes.get(..=slash).unwrap_or_default(), bytes.get(slash + 1..).unwrap_or_default()),
            None => (b".".as_slice(), bytes),
        };
        if matches!(name, b"" | b"." | b"..") {
            return Err(Errno::EXIST);
        }
        let text = |bytes: &[u8]| CString::new(bytes).map_err(|_| Errno::INVAL);
        Ok((self.hold(Start { directory, follows: true }, &text(above)?)?, text(name)?))
    }

    /// A descriptor of the caller, or its working directory.
    pub fn directory(self, number: i32) -> Result<OwnedFd, Errno> {
        if number != libc::AT_FDCWD {
            return self.descriptor(number);
        }
        openat(CWD, format!("/proc/{}/cwd", self.thread), OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
    }

    fn descriptor(self, number: i32) -> Result<OwnedFd, Errno> {
        let path = format!("/proc/{}/fd/{number}", self.thread);
        openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).map_err(|error| match error {
            Errno::NOENT => Errno::BADF,
            error => error,
        })
    }

    /// The text at `address`.
    pub fn path(self, address: u64) -> Result<CString, Errno> {
        let mut buffer = [0; LONGEST];
        let mut known = 0;
        for length in [SHORT, LONGEST] {
            // A text may end at the end of the last page that the caller has.
            let page_end = LONGEST - usize::try_from(address % LONGEST as u64).unwrap_or(0);
            let lengths = if page_end < length { [page_end, length] } else { [length, length] };
            for length in lengths {
                let Some(rest) = buffer.get_mut(known..length).filter(|rest| !rest.is_empty()) else { continue };
                let read = read_memory(self.thread, address + known as u64, rest).map_err(|_| Errno::FAULT)?;
                known += read;
                if let Ok(text) = CStr::from_bytes_until_nul(buffer.get(..known).unwrap_or_default()) {
                    return Ok(text.to_owned());
                }
            }
        }
        Err(Errno::NAMETOOLONG)
    }

    pub fn read(self, address: u64, buffer: &mut [u8]) -> Result<(), Errno> {
        match read_memory(self.thread, address, buffer) {
            Ok(length) if length == buffer.len() => Ok(()),
            _ => Err(Errno::FAULT),
        }
    }

    pub fn write(self, address: u64, bytes: &[u8]) -> Result<(), Errno> {
        if bytes.is_empty() {
            return Ok(());
        }
        write_memory(self.thread, address, bytes).map_err(|_| Errno::FAULT)
    }

    /// The bits that new entries of the caller do not get.
    pub fn umask(self) -> u32 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.thread)).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
        line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o022)
    }
}

/// The kernel takes the lower half of such arguments.
pub fn descriptor(argument: u64) -> i32 {
    word(argument) as i32
}

#[allow(clippy::cast_possible_truncation, reason = "the kernel takes the lower half")]
pub fn word(argument: u64) -> u32 {
    argument as u32
}
