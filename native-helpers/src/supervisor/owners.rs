//! The calls of the chown family.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Gid, Uid, chownat};
use rustix::io::Errno;

use super::Answered;
use super::caller::{Caller, word};
use super::calls::At;
use super::credentials::{Credentials, Table};
use crate::ownership::{self, Owner};
use crate::sys::notify::Answer;

/// "No change".
const SAME: u32 = u32::MAX;

pub fn change(at: At, caller: Caller, arguments: [u64; 6], table: &Table) -> Answered {
    let first = if matches!(at, At::Directory { .. }) { 2 } else { 1 };
    let [uid, gid] = [first, first + 1].map(|place| arguments.get(place).map_or(SAME, |it| word(*it)));
    let target = match caller.target(at, arguments) {
        Ok(target) => target,
        // A descriptor by its name, such as /dev/stdout: what is open there is nothing that a layer holds.
        Err(Errno::LOOP) => return Ok(Answer::Value(0)),
        Err(error) => return Err(error),
    };
    let before = ownership::of_held(target.as_fd())?;
    let keep = |new: u32, old: u32| if new == SAME { old } else { new };
    let after = Owner { uid: keep(uid, before.uid), gid: keep(gid, before.gid) };
    let credentials = table.of(caller);
    if !may_change(&credentials, before, after) {
        return Err(Errno::PERM);
    }
    // The kernel does all else that a change of owner does: it takes set-id bits and capabilities away, and notes the time.
    let real = |id: u32| if id == SAME { None } else { Some(0) };
    let (real_uid, real_gid) = (real(uid).map(Uid::from_raw), real(gid).map(Gid::from_raw));
    match chownat(&target, c"", real_uid, real_gid, AtFlags::EMPTY_PATH) {
        // What is of the machine, as a pipe or a mount, has no owner to be recorded.
        Err(Errno::PERM | Errno::INVAL) => return Ok(Answer::Value(0)),
        done => done?,
    }
    match ownership::record_held(target.as_fd(), after) {
        // File systems without attributes are memory's, and pass with the step.
        Err(Errno::OPNOTSUPP | Errno::PERM) => {}
        done => done?,
    }
    Ok(Answer::Value(0))
}

/// Who is not root gives nothing away, and gives what is theirs to groups of their own only.
fn may_change(credentials: &Credentials, before: Owner, after: Owner) -> bool {
    let owns = credentials.user.file_system == before.uid && before.uid == after.uid;
    credentials.is_capable || (owns && (before.gid == after.gid || credentials.is_member_of(after.gid)))
}
