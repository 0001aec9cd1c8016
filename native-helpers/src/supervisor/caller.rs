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

/// What a call is about, as it says itself.
pub struct Name {
    /// As the caller numbers it.
    directory: i32,
    /// Absent for the directory, or whatever that number stands for, itself.
    path: Option<CString>,
    pub follows: bool,
}

impl Name {
    /// Descriptors may be named by a path, which means those of whoever takes it: the caller's.
    fn of(directory: i32, path: CString, follows: bool) -> Self {
        match descriptor_of(path.to_bytes()).filter(|_| follows) {
            Some(number) => Self { directory: number, path: None, follows },
            None => Self { directory, path: Some(path), follows },
        }
    }

    /// A path by which the supervisor finds the same, as long as no magic link is on the way.
    pub fn path_here(&self, caller: Caller) -> Vec<u8> {
        let Caller { thread, changed_root } = caller;
        let path = self.path.as_deref().map(CStr::to_bytes);
        let start = match (path, self.directory) {
            (Some(path), _) if path.starts_with(b"/") && !changed_root => return path.to_vec(),
            (Some(path), _) if path.starts_with(b"/") => format!("/proc/{thread}/root"),
            (_, libc::AT_FDCWD) => format!("/proc/{thread}/cwd"),
            (_, number) => format!("/proc/{thread}/fd/{number}"),
        };
        match path {
            Some(path) => [start.as_bytes(), b"/", path].concat(),
            None => start.into_bytes(),
        }
    }
}

impl Caller {
    /// What a call is about, held but not opened.
    ///
    /// Paths over the kernel's magic links (/proc/self/fd/1) fail with `ELOOP`: they would mean the supervisor.
    pub fn target(self, at: At, arguments: [u64; 6]) -> Result<OwnedFd, Errno> {
        self.hold_named(&self.name(at, arguments)?)
    }

    pub fn hold_named(self, name: &Name) -> Result<OwnedFd, Errno> {
        let Name { directory, path, follows } = name;
        match path {
            Some(path) => self.hold(Start { directory: *directory, follows: *follows }, path),
            None => self.directory(*directory),
        }
    }

    /// How a call names what it is about.
    pub fn name(self, at: At, arguments: [u64; 6]) -> Result<Name, Errno> {
        let [first, second, ..] = arguments;
        let of_path = |follows| Ok(Name::of(libc::AT_FDCWD, self.path(first)?, follows));
        match at {
            At::Path => of_path(true),
            At::Link => of_path(false),
            At::Descriptor => Ok(Name { directory: descriptor(first), path: None, follows: true }),
            At::Directory { flags } => {
                let flags = arguments.get(flags).map_or(0, |flags| descriptor(*flags));
                let may_be_empty = flags & libc::AT_EMPTY_PATH != 0;
                // Linux 6.11 takes no path at all for an empty one.
                let path = if second == 0 && may_be_empty { CString::default() } else { self.path(second)? };
                if path.is_empty() && may_be_empty {
                    return Ok(Name { directory: descriptor(first), path: None, follows: true });
                }
                Ok(Name::of(descriptor(first), path, flags & libc::AT_SYMLINK_NOFOLLOW == 0))
            }
        }
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

/// The number in `/proc/self/fd/5` and its like.
fn descriptor_of(path: &[u8]) -> Option<i32> {
    let starts: [&[u8]; 3] = [b"/proc/self/fd/", b"/proc/thread-self/fd/", b"/dev/fd/"];
    let number = starts.iter().find_map(|start| path.strip_prefix(*start))?;
    std::str::from_utf8(number).ok()?.parse().ok().filter(|number| *number >= 0)
}

/// The kernel takes the lower half of such arguments.
pub fn descriptor(argument: u64) -> i32 {
    word(argument) as i32
}

#[allow(clippy::cast_possible_truncation, reason = "the kernel takes the lower half")]
pub fn word(argument: u64) -> u32 {
    argument as u32
}

#[cfg(test)]
mod tests {
    use super::descriptor_of;

    #[test]
    fn paths_of_descriptors_are_known() {
        assert_eq!(descriptor_of(b"/proc/self/fd/5"), Some(5));
        assert_eq!(descriptor_of(b"/dev/fd/10"), Some(10));
        for path in ["/proc/self/fd/", "/proc/self/fd/5/x", "/proc/7/fd/5", "/dev/fd/-1", "/dev/fd"] {
            assert_eq!(descriptor_of(path.as_bytes()), None, "{path}");
        }
    }
}
