//! The calls about extended attributes: records are neither shown nor written.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd};

use rustix::fs::listxattr;
use rustix::io::Errno;

use super::Answered;
use super::caller::Caller;
use super::calls::{At, AttributeRequest};
use crate::layer::device;
use crate::ownership;
use crate::sys::notify::Answer;

/// The most that a list of names may be (XATTR_LIST_MAX).
const LONGEST: usize = 64 << 10;

pub fn answer(request: AttributeRequest, caller: Caller, arguments: [u64; 6]) -> Answered {
    match request {
        AttributeRequest::Set(at) | AttributeRequest::Remove(at) => {
            let [_, name, ..] = arguments;
            let name = caller.path(name)?;
            if is_record(&name) {
                return Err(Errno::PERM);
            }
            // A link's capability is its record.
            if name.as_c_str() == c"security.capability"
                && ownership::is_in_words(caller.target(at, arguments)?.as_fd())?
            {
                return Err(Errno::PERM);
            }
            Ok(Answer::Continue)
        }
        AttributeRequest::List(at) => list(at, caller, arguments),
    }
}

fn is_record(name: &CStr) -> bool {
    name.to_bytes().starts_with(device::PREFIX)
}

fn list(at: At, caller: Caller, arguments: [u64; 6]) -> Answered {
    let Ok(target) = caller.target(at, arguments) else { return Ok(Answer::Continue) };
    let mut names = vec![0; LONGEST];
    let Ok(length) = listxattr(format!("/proc/self/fd/{}", target.as_raw_fd()), &mut names) else {
        return Ok(Answer::Continue);
    };
    names.truncate(length);
    let in_words = ownership::is_in_words(target.as_fd())?;
    let is_hidden = |name: &[u8]| name.starts_with(device::PREFIX) || (in_words && name == b"security.capability");
    let is_shown = |name: &&[u8]| !name.is_empty() && !is_hidden(name);
    let shown: Vec<u8> =
        names.split(|byte| *byte == 0).filter(is_shown).flat_map(|name| [name, b"\0"].concat()).collect();
    if shown.len() == length {
        return Ok(Answer::Continue);
    }
    let [_, buffer, size, ..] = arguments;
    if size != 0 {
        if (shown.len() as u64) > size {
            return Err(Errno::RANGE);
        }
        caller.write(buffer, &shown)?;
    }
    Ok(Answer::Value(i64::try_from(shown.len()).unwrap_or(0)))
}
