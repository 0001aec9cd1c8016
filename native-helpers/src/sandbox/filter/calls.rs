//! Numbers and constants of the filter. Calls newer than the C library's headers carry their number: from 424 on it is
//! the same on all architectures.

#[cfg(target_arch = "x86_64")]
pub const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
pub const ARCHITECTURE: u32 = 0xc000_00b7;

/// file_setattr, Linux 6.17. What comes later was not looked at.
pub const NEWEST: u32 = 469;

const OPEN_TREE_ATTR: i64 = 467;
const SET_MEMPOLICY_HOME_NODE: i64 = 450;

pub const NAMESPACE_FLAGS: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET)
    .cast_unsigned();

/// TIOCSTI types into a terminal (CVE-2017-5226), TIOCLINUX pastes into a console.
pub const TERMINAL_INJECTION: [u32; 2] = [0x5412, 0x541c];

/// Vsock does not know network namespaces.
pub const MACHINE_SOCKETS: [u32; 1] = [libc::AF_VSOCK.cast_unsigned()];

/// Calls that fail with EPERM on every architecture, by what they reach.
const COMMON: &[i64] = &[
    // mounts
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    OPEN_TREE_ATTR,
    libc::SYS_mount_setattr,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    // namespaces
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    // kernel code
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // the machine
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_nfsservctl,
    libc::SYS_lookup_dcookie,
    // key rings do not know namespaces
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // around the root directory
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    // other processes
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_madvise,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    libc::SYS_mbind,
    libc::SYS_get_mempolicy,
    libc::SYS_set_mempolicy,
    SET_MEMPOLICY_HOME_NODE,
];

#[cfg(target_arch = "x86_64")]
pub const DENIED: &[i64] = &join::<{ COMMON.len() + ONLY_HERE.len() }>(COMMON, ONLY_HERE);
#[cfg(not(target_arch = "x86_64"))]
pub const DENIED: &[i64] = COMMON;

#[cfg(target_arch = "x86_64")]
const ONLY_HERE: &[i64] = &[
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_uselib,
    libc::SYS_ustat,
    libc::SYS_sysfs,
    libc::SYS__sysctl,
];

#[cfg(target_arch = "x86_64")]
#[allow(clippy::indexing_slicing, reason = "evaluated while compiling, where an index out of range is an error")]
const fn join<const N: usize>(first: &[i64], second: &[i64]) -> [i64; N] {
    let mut all = [0; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() { first[at] } else { second[at - first.len()] };
        at += 1;
    }
    all
}
