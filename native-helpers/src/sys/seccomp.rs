//! Loading a system call filter.

use std::io;

pub use libc::sock_filter as Instruction;

/// Lays `program` on the calling thread and all it starts, for ever. Needs CAP_SYS_ADMIN in the user namespace or
/// no_new_privs.
pub fn install(program: &[Instruction]) -> io::Result<()> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(io::Error::other)?,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel copies `len` instructions out of the borrowed slice and writes nothing.
    let answer = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
