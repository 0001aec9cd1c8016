//! The calls about extended attributes: records are neither shown nor written, and access control lists are what they were
//! set to be.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{Mode, XattrFlags, chmod, fstat, getxattr, listxattr, removexattr, setxattr};
use rustix::io::Errno;

use super::Answered;
use super::caller::Caller;
use super::calls::{At, AttributeRequest};
use crate::layer::device;
use crate::ownership::{self, acl};
use crate::sys::notify::Answer;

/// The most that a list of names may be (XATTR_LIST_MAX).
const LONGEST: usize = 64 << 10;

pub fn answer(request: AttributeRequest, caller: Caller, arguments: [u64; 6]) -> Answered {
    let [_, name, ..] = arguments;
    match request {
        AttributeRequest::List(at) => list(at, caller, arguments),
        AttributeRequest::Get(at) => get(at, caller, arguments),
        AttributeRequest::Set(at) => {
            let name = caller.path(name)?;
            refuse_record(&name, at, caller, arguments)?;
            match acl::record_of(name.to_bytes()) {
                Some(record) => set_list(&caller.target(at, arguments)?, (&name, record), caller, arguments),
                None => Ok(Answer::Continue),
            }
        }
        AttributeRequest::Remove(at) => {
            let name = caller.path(name)?;
            refuse_record(&name, at, caller, arguments)?;
            let Some(record) = acl::record_of(name.to_bytes()) else { return Ok(Answer::Continue) };
            match removexattr(path_of(&caller.target(at, arguments)?), record) {
                Ok(()) => Ok(Answer::Value(0)),
                Err(_) => Ok(Answer::Continue),
            }
        }
    }
}

fn refuse_record(name: &CStr, at: At, caller: Caller, arguments: [u64; 6]) -> Result<(), Errno> {
    // A link's capability is its record.
    let is_link_s = || ownership::is_in_words(caller.target(at, arguments)?.as_fd());
    if is_record(name) || (name == c"security.capability" && is_link_s()?) { Err(Errno::PERM) } else { Ok(()) }
}

/// A list that names others than root is recorded, and decides over the mode as it would in the kernel.
fn set_list(target: &OwnedFd, (name, record): (&CStr, &str), caller: Caller, arguments: [u64; 6]) -> Answered {
    let [_, _, value, size, ..] = arguments;
    let path = path_of(target);
    let mut list = vec![0; usize::try_from(size).unwrap_or(LONGEST).min(LONGEST)];
    caller.read(value, &mut list)?;
    if !acl::names_others(&list) {
        let _ = removexattr(&path, record);
        return Ok(Answer::Continue);
    }
    setxattr(&path, record, &list, XattrFlags::empty())?;
    if let Some(permissions) = acl::permissions(name.to_bytes(), &list) {
        let special = Mode::from_raw_mode(fstat(target)?.st_mode & 0o7000);
        chmod(&path, permissions | special)?;
    }
    Ok(Answer::Value(0))
}

fn get(at: At, caller: Caller, arguments: [u64; 6]) -> Answered {
    let [_, name, buffer, size, ..] = arguments;
    let name = caller.path(name)?;
    if is_record(&name) {
        return Err(Errno::NODATA);
    }
    let Some(record) = acl::record_of(name.to_bytes()) else { return Ok(Answer::Continue) };
    let Ok(target) = caller.target(at, arguments) else { return Ok(Answer::Continue) };
    let mut list = vec![0; LONGEST];
    let Ok(length) = getxattr(path_of(&target), record, &mut list) else { return Ok(Answer::Continue) };
    list.truncate(length);
    give(caller, (buffer, size), &list)
}

/// Answers with as many bytes as there are, and gives them when they are asked for.
fn give(caller: Caller, (buffer, size): (u64, u64), bytes: &[u8]) -> Answered {
    if size != 0 {
        if (bytes.len() as u64) > size {
            return Err(Errno::RANGE);
        }
        caller.write(buffer, bytes)?;
    }
    Ok(Answer::Value(i64::try_from(bytes.len()).unwrap_or(0)))
}

fn path_of(target: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", target.as_raw_fd())
}

fn is_record(name: &CStr) -> bool {
    name.to_bytes().starts_with(device::PREFIX)
}

fn list(at: At, caller: Caller, arguments: [u64; 6]) -> Answered {
    let Ok(target) = caller.target(at, arguments) else { return Ok(Answer::Continue) };
    let mut names = vec![0; LONGEST];
    let Ok(length) = listxattr(path_of(&target), &mut names) else { return Ok(Answer::Continue) };
    names.truncate(length);
    let in_words = ownership::is_in_words(target.as_fd())?;
    let is_hidden = |name: &[u8]| name.starts_with(device::PREFIX) || (in_words && name == b"security.capability");
    let shown = |name| match acl::list_of(name) {
        Some(list) => Some(list.as_bytes()),
        None if name.is_empty() || is_hidden(name) => None,
        None => Some(name),
    };
    let all: Vec<u8> =
        names.split(|byte| *byte == 0).filter_map(shown).flat_map(|name| [name, b"\0"].concat()).collect();
    if all == names {
        return Ok(Answer::Continue);
    }
    let [_, buffer, size, ..] = arguments;
    give(caller, (buffer, size), &all)
}
