//! The system calls that a sandboxed process may not make.

pub mod bpf;
mod calls;

use crate::sys::seccomp::Instruction;
use bpf::{Builder, Field, Verdict};
pub use calls::ARCHITECTURE;

/// The filter, of the strength of Docker's default profile without CAP_SYS_ADMIN: what would change the machine or the
/// sandbox fails with EPERM. Calls that are not known here, other architectures and clone3 (whose flags a filter cannot
/// see) answer ENOSYS, so that C libraries fall back to an older call.
pub fn program() -> Vec<Instruction> {
    let mut builder = Builder::default();
    builder.unless(Field::Architecture, calls::ARCHITECTURE, Verdict::Errno(libc::ENOSYS));
    builder.above(Field::Number, calls::NEWEST, Verdict::Errno(libc::ENOSYS));
    for &number in calls::DENIED {
        builder.call(number, Verdict::Errno(libc::EPERM));
    }
    builder.call(libc::SYS_clone3, Verdict::Errno(libc::ENOSYS));
    builder.call_with_bits(libc::SYS_clone, 0, calls::NAMESPACE_FLAGS, Verdict::Errno(libc::EPERM));
    builder.call_with_values(libc::SYS_ioctl, 1, &calls::TERMINAL_INJECTION, Verdict::Errno(libc::EPERM));
    builder.call_with_values(libc::SYS_socket, 0, &calls::MACHINE_SOCKETS, Verdict::Errno(libc::EPERM));
    builder.finish(Verdict::Allow)
}

#[cfg(test)]
mod tests {
    use super::bpf::evaluate;
    use super::*;

    const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;

    fn verdict(number: i64, arguments: [u64; 6]) -> u32 {
        evaluate(&program(), calls::ARCHITECTURE, u32::try_from(number).unwrap(), arguments)
    }

    fn errno(errno: i32) -> u32 {
        libc::SECCOMP_RET_ERRNO | u32::try_from(errno).unwrap()
    }

    #[test]
    fn ordinary_calls_pass() {
        use libc::*;
        let ordinary = [
            SYS_read,
            SYS_openat,
            SYS_execve,
            SYS_chroot,
            SYS_mknodat,
            SYS_fchownat,
            SYS_setresuid,
            SYS_setgroups,
            SYS_capset,
            SYS_ptrace,
            SYS_futex,
            SYS_statx,
            SYS_close_range,
            SYS_faccessat2,
            SYS_seccomp,
            SYS_prctl,
            SYS_setxattr,
            SYS_exit_group,
        ];
        for number in ordinary {
            assert_eq!(verdict(number, [0; 6]), ALLOW, "{number}");
        }
    }

    #[test]
    fn what_changes_the_machine_or_the_sandbox_is_refused() {
        for &number in calls::DENIED {
            assert_eq!(verdict(number, [0; 6]), errno(libc::EPERM), "{number}");
        }
        for number in [libc::SYS_mount, libc::SYS_unshare, libc::SYS_setns, libc::SYS_bpf, libc::SYS_open_by_handle_at]
        {
            assert!(calls::DENIED.contains(&number), "{number}");
        }
    }

    #[test]
    fn clone_makes_processes_and_threads_but_no_namespaces() {
        let thread = libc::CLONE_VM | libc::CLONE_FS | libc::CLONE_THREAD | libc::CLONE_SIGHAND;
        assert_eq!(verdict(libc::SYS_clone, [u64::try_from(thread).unwrap(), 0, 0, 0, 0, 0]), ALLOW);
        assert_eq!(verdict(libc::SYS_clone, [u64::try_from(libc::SIGCHLD).unwrap(), 0, 0, 0, 0, 0]), ALLOW);
        for flag in
            [libc::CLONE_NEWUSER, libc::CLONE_NEWNS, libc::CLONE_NEWPID, libc::CLONE_NEWNET, libc::CLONE_NEWCGROUP]
        {
            let flags = u64::try_from(flag | libc::SIGCHLD).unwrap();
            assert_eq!(verdict(libc::SYS_clone, [flags, 0, 0, 0, 0, 0]), errno(libc::EPERM), "{flag:x}");
        }
        assert_eq!(verdict(libc::SYS_clone3, [0; 6]), errno(libc::ENOSYS));
    }

    #[test]
    fn nothing_is_typed_into_a_terminal() {
        for request in [libc::TIOCSTI, 0x541c] {
            let dirty_upper_half = request | 0xffff_0000_0000_0000;
            assert_eq!(verdict(libc::SYS_ioctl, [0, request, 0, 0, 0, 0]), errno(libc::EPERM));
            assert_eq!(verdict(libc::SYS_ioctl, [0, dirty_upper_half, 0, 0, 0, 0]), errno(libc::EPERM));
        }
        assert_eq!(verdict(libc::SYS_ioctl, [0, libc::TIOCGWINSZ, 0, 0, 0, 0]), ALLOW);
    }

    #[test]
    fn sockets_to_the_hypervisor_are_refused() {
        let socket = |family: i32| verdict(libc::SYS_socket, [u64::try_from(family).unwrap(), 0, 0, 0, 0, 0]);
        assert_eq!(socket(libc::AF_VSOCK), errno(libc::EPERM));
        assert_eq!([socket(libc::AF_INET), socket(libc::AF_UNIX), socket(libc::AF_NETLINK)], [ALLOW; 3]);
    }

    #[test]
    fn unknown_calls_and_architectures_do_not_exist() {
        assert_eq!(verdict(i64::from(calls::NEWEST) + 1, [0; 6]), errno(libc::ENOSYS));
        assert_eq!(verdict(0x4000_0000, [0; 6]), errno(libc::ENOSYS), "the first x32 call");
        assert_eq!(evaluate(&program(), 0x4000_0003, 1, [0; 6]), errno(libc::ENOSYS), "i386");
    }
}
