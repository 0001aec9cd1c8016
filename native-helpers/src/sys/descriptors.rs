//! Descriptors that cross an exec.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

/// Takes over a descriptor that the program was started with, and keeps it from the programs that it will start.
pub fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: only looks whether the number is open; nothing is closed through this borrow.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    fcntl_getfd(borrowed)?;
    fcntl_setfd(borrowed, FdFlags::CLOEXEC)?;
    // SAFETY: the number is open (just seen), and each caller asks once at start-up for a number that was handed over
    // on the command line, so that nothing else in the program owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Lets `command` inherit `kept` under their own numbers, though they are closed on exec for every other child.
pub fn keep(command: &mut Command, kept: Vec<RawFd>) {
    let clear = move || {
        for &number in &kept {
            // SAFETY: fcntl(F_SETFD) is async-signal-safe and touches only this child's descriptor table.
            if unsafe { libc::fcntl(number, libc::F_SETFD, 0) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure neither allocates nor locks; it only calls fcntl.
    unsafe { command.pre_exec(clear) };
}

/// Closes every descriptor but 0, 1, 2 and those `kept`. For a process that is about to become another program, or to exit:
/// whatever owned the descriptors must not be used any more.
pub fn close_all_but(kept: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut kept: Vec<u32> = kept.iter().map(|it| it.as_raw_fd() as u32).collect();
    kept.sort_unstable();
    let ends = kept.iter().map(|number| number.saturating_sub(1)).chain([u32::MAX]);
    let starts = [3].into_iter().chain(kept.iter().map(|number| number + 1));
    for (first, last) in starts.zip(ends) {
        if first > last {
            continue;
        }
        // SAFETY: the caller's process runs no destructor any more, so that nothing closes a number twice.
        let answer = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        if answer != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}
