//! execve: a set-id program makes its owner of whoever runs it, and every program saves whom it runs as.

use std::os::fd::AsFd;

use rustix::fs::{FileType, fstat};

use super::Answered;
use super::caller::Caller;
use super::calls::At;
use super::credentials::{Ids, Table};
use crate::ownership;
use crate::sys::notify::Answer;

/// Notes whom the program will be. Should the kernel then refuse it, whoever is left was allowed to become that one.
pub fn prepare(at: At, caller: Caller, arguments: [u64; 6], table: &mut Table) -> Answered {
    let before = table.of(caller);
    if before.user == Ids::all(0) && before.group == Ids::all(before.group.effective) && !before.keeps {
        return Ok(Answer::Continue);
    }
    let mut after = before.clone();
    if let Ok(program) = caller.target(at, arguments) {
        if let Ok(seen) = fstat(&program).and_then(|stat| ownership::seen_held(program.as_fd(), stat)) {
            let is_file = FileType::from_raw_mode(seen.st_mode) == FileType::RegularFile;
            if is_file && seen.st_mode & libc::S_ISUID != 0 {
                after.user.effective = seen.st_uid;
            }
            let changes_group = libc::S_ISGID | libc::S_IXGRP;
            if is_file && seen.st_mode & changes_group == changes_group {
                after.group.effective = seen.st_gid;
            }
        }
    }
    after.ran_program();
    if after != before {
        table.set(caller, after);
    }
    Ok(Answer::Continue)
}
