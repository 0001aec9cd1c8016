//! The calls of the stat family, where what the kernel would tell is not what an image has.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, Stat, StatxFlags, fstat, major, minor, statx};
use rustix::io::Errno;

use super::Answered;
use super::caller::{Caller, word};
use super::calls::{At, View};
use crate::ownership;
use crate::sys::notify::{Answer, bytes_of};

pub fn look(view: View, caller: Caller, arguments: [u64; 6]) -> Answered {
    // What cannot be found or looked at here, the kernel says best.
    match see(view, caller, arguments) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) | Err(_) => Ok(Answer::Continue),
    }
}

fn see(view: View, caller: Caller, arguments: [u64; 6]) -> Result<Option<Answer>, Errno> {
    let [_, second, third, fourth, fifth, _] = arguments;
    let at = match view {
        View::Stat(at) => at,
        View::Statx => At::Directory { flags: 2 },
    };
    let name = caller.name(at, arguments)?;
    // Most have none, and then nothing but this one look is paid for.
    if !ownership::may_have_record(&name.path_here(caller), name.follows) {
        return Ok(None);
    }
    let target = caller.hold_named(&name)?;
    let found = fstat(&target)?;
    let seen = ownership::seen_held(target.as_fd(), found)?;
    let is_same = |found: &Stat, seen: &Stat| {
        (found.st_uid, found.st_gid, found.st_mode) == (seen.st_uid, seen.st_gid, seen.st_mode)
    };
    if is_same(&found, &seen) {
        return Ok(None);
    }
    match view {
        View::Stat(At::Directory { .. }) => caller.write(third, bytes_of(&seen))?,
        View::Stat(_) => caller.write(second, bytes_of(&seen))?,
        View::Statx => {
            let wish = StatxRequest { mask: word(fourth), flags: word(third) };
            caller.write(fifth, bytes_of(&extended(target.as_fd(), wish, &seen)?))?;
        }
    }
    Ok(Some(Answer::Value(0)))
}

struct StatxRequest {
    mask: u32,
    flags: u32,
}

/// The answer of statx, with what differs in `seen`.
fn extended(target: BorrowedFd<'_>, wish: StatxRequest, seen: &Stat) -> Result<rustix::fs::Statx, Errno> {
    let synchronised = AtFlags::from_bits_retain(wish.flags & 0x6000);
    let mask = StatxFlags::from_bits_retain(wish.mask & 0x7fff_ffff);
    let mut statx = statx(target, c"", AtFlags::EMPTY_PATH | synchronised, mask)?;
    (statx.stx_uid, statx.stx_gid) = (seen.st_uid, seen.st_gid);
    statx.stx_mode = u16::try_from(seen.st_mode & 0xffff).unwrap_or(statx.stx_mode);
    (statx.stx_rdev_major, statx.stx_rdev_minor) = (major(seen.st_rdev), minor(seen.st_rdev));
    Ok(statx)
}
