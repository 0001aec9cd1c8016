//! The limit on file locks of a process (RLIMIT_LOCKS), which limits nothing.

use std::io;

/// The limit and how far it may be raised.
pub fn lock_limit(pid: i32) -> io::Result<(u64, u64)> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel writes one structure, which is borrowed for that.
    let answer = unsafe { libc::prlimit(pid, libc::RLIMIT_LOCKS, std::ptr::null(), &raw mut limit) };
    if answer == 0 { Ok((limit.rlim_cur, limit.rlim_max)) } else { Err(io::Error::last_os_error()) }
}

pub fn set_lock_limit(pid: i32, (current, most): (u64, u64)) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: current, rlim_max: most };
    // SAFETY: the kernel reads one structure, which lives until the call is over.
    let answer = unsafe { libc::prlimit(pid, libc::RLIMIT_LOCKS, &raw const limit, std::ptr::null_mut()) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
