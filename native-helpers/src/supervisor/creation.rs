//! The calls that make entries, where these would belong to somebody else than root: to whom the process has become, or
//! to the group that a directory hands down. All others the kernel makes by itself.

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fchmod, mkdirat, openat, statat, symlinkat};
use rustix::io::Errno;

use super::Answered;
use super::caller::{Caller, descriptor, word};
use super::calls::Creation;
use super::credentials::Table;
use crate::layer::device;
use crate::ownership::{self, Owner};
use crate::sys::notify::Answer;

const SET_GROUP_ID: u32 = libc::S_ISGID;

/// An entry to be made.
struct New {
    parent: OwnedFd,
    name: CString,
    owner: Owner,
}

pub fn create(creation: Creation, caller: Caller, arguments: [u64; 6], table: &Table) -> Answered {
    let mut rest = arguments.into_iter();
    let mut next = || rest.next().unwrap_or(0);
    match creation {
        Creation::File { at, flags } => {
            let directory = if at { descriptor(next()) } else { libc::AT_FDCWD };
            let path = next();
            let flags = if flags { word(next()) } else { (OFlags::CREATE | OFlags::WRONLY | OFlags::TRUNC).bits() };
            let mode = word(next());
            with(place(caller, (directory, path), table), |new| file(caller, &new, (flags, mode)))
        }
        Creation::Directory { at } => {
            let directory = if at { descriptor(next()) } else { libc::AT_FDCWD };
            let (path, mode) = (next(), word(next()));
            with(place(caller, (directory, path), table), |new| {
                mkdirat(&new.parent, &new.name, Mode::RWXU)?;
                let made = openat(&new.parent, &new.name, OPEN | OFlags::DIRECTORY, Mode::empty())?;
                let inherited = statat(&new.parent, c"", AtFlags::EMPTY_PATH)?.st_mode & SET_GROUP_ID;
                ownership::give(&made, new.owner)?;
                fchmod(&made, Mode::from_raw_mode((mode & 0o1777 & !caller.umask()) | inherited))?;
                Ok(Answer::Value(0))
            })
        }
        Creation::Link { at } => {
            let text = next();
            let directory = if at { descriptor(next()) } else { libc::AT_FDCWD };
            with(place(caller, (directory, next()), table), |new| {
                symlinkat(&caller.path(text)?, &new.parent, &new.name)?;
                ownership::give_at(&new.parent, &new.name, new.owner)?;
                Ok(Answer::Value(0))
            })
        }
        Creation::Node { at } => {
            let directory = if at { descriptor(next()) } else { libc::AT_FDCWD };
            let (path, mode, number) = (next(), word(next()), next());
            node(caller, (directory, path), Node { mode, number }, table)
        }
    }
}

const OPEN: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Makes what the kernel would not make right; anything else, errors included, is left to it.
fn with(new: Option<New>, make: impl FnOnce(New) -> Answered) -> Answered {
    new.map_or(Ok(Answer::Continue), make)
}

/// Where an entry goes that is not there yet and would not be root's.
fn place(caller: Caller, (directory, path): (i32, u64), table: &Table) -> Option<New> {
    let credentials = table.of(caller);
    let path = caller.path(path).ok()?;
    let (parent, name) = caller.parent(directory, &path).ok()?;
    let stat = statat(&parent, c"", AtFlags::EMPTY_PATH).ok()?;
    let mut owner = Owner { uid: credentials.user.file_system, gid: credentials.group.file_system };
    if stat.st_mode & SET_GROUP_ID != 0 {
        owner.gid = ownership::seen_held(&parent, stat).ok()?.st_gid;
    }
    let is_free = |name: &CStr| statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW).err() == Some(Errno::NOENT);
    (owner != Owner::ROOT && is_free(&name)).then_some(New { parent, name, owner })
}

fn file(caller: Caller, new: &New, (flags, mode): (u32, u32)) -> Answered {
    let flags = OFlags::from_bits_retain(flags);
    if flags.contains(OFlags::TMPFILE) || flags.contains(OFlags::PATH) {
        return Ok(Answer::Continue);
    }
    let exclusive = flags | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOCTTY;
    let made = match openat(&new.parent, &new.name, exclusive, Mode::RUSR | Mode::WUSR) {
        Ok(made) => made,
        // Somebody was faster, and it is there now.
        Err(Errno::EXIST) => return Ok(Answer::Continue),
        Err(error) => return Err(error),
    };
    ownership::give(&made, new.owner)?;
    fchmod(&made, Mode::from_raw_mode(mode & 0o7777 & !caller.umask()))?;
    Ok(Answer::Descriptor { file: made, closes_on_exec: flags.contains(OFlags::CLOEXEC) })
}

struct Node {
    mode: u32,
    number: u64,
}

/// Devices are always recorded, FIFOs and files made with mknod only when they are not root's.
fn node(caller: Caller, (directory, path): (i32, u64), Node { mode, number }: Node, table: &Table) -> Answered {
    let kind = FileType::from_raw_mode(mode);
    let is_device = matches!(kind, FileType::CharacterDevice | FileType::BlockDevice) && number != 0;
    let new = match (place(caller, (directory, path), table), is_device) {
        (Some(new), _) => new,
        (None, false) => return Ok(Answer::Continue),
        (None, true) => {
            let (parent, name) = caller.parent(directory, &caller.path(path)?)?;
            New { parent, name, owner: Owner::ROOT }
        }
    };
    if !is_device && kind != FileType::Fifo {
        return Ok(Answer::Continue);
    }
    if is_device && !table.of(caller).is_capable {
        return Err(Errno::PERM);
    }
    device::make(&new.parent, new.name.to_bytes(), kind, number)?;
    ownership::give_at(&new.parent, &new.name, new.owner)?;
    let mode = Mode::from_raw_mode(mode & 0o7777 & !caller.umask());
    rustix::fs::chmodat(&new.parent, &new.name, mode, AtFlags::empty())?;
    Ok(Answer::Value(0))
}
