//! Which calls the supervisor hears of, as a table.

use crate::sandbox::filter::bpf::{Builder, Field, Verdict};
use crate::sys::seccomp::Instruction;

/// Which arguments name what a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// A path (argument 0), whose last link is followed.
    Path,
    /// A path (argument 0); a link itself.
    Link,
    /// A descriptor (argument 0).
    Descriptor,
    /// A directory, a path in it, and flags (the argument of that number).
    Directory { flags: usize },
}

/// What a call asks about ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdRequest {
    Get(Kind, Which),
    GetAll(Kind),
    Set(Kind),
    /// Real and effective.
    SetTwo(Kind),
    /// Real, effective and saved.
    SetThree(Kind),
    SetFileSystem(Kind),
    GetGroups,
    SetGroups,
    /// prctl(PR_SET_KEEPCAPS).
    KeepCapabilities,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    User,
    Group,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Real,
    Effective,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    Stat(At),
    Statx,
}

/// What is made; true with a directory before the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    File { at: bool, flags: bool },
    Directory { at: bool },
    Link { at: bool },
    Node { at: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeRequest {
    Get(At),
    Set(At),
    Remove(At),
    List(At),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Identity(IdRequest),
    Owner(At),
    View(View),
    Creation(Creation),
    Attribute(AttributeRequest),
    Execution(At),
    /// The limit in which `credentials` keeps a note; the old value goes to where that argument says.
    LockLimit {
        old: Option<usize>,
    },
    /// Another root directory.
    Root,
    /// A newer form of calls that are answered here.
    Absent,
}

#[derive(Debug, Clone, Copy)]
enum When {
    Always,
    /// This argument has any of these bits.
    HasBits(u8, u32),
    /// This argument is that number.
    Is(u8, u32),
}

pub struct Entry {
    number: i64,
    when: When,
    pub family: Family,
    /// What a filter answers where no supervisor can be: success, so that programs go on.
    is_forgettable: bool,
}

const fn entry(number: i64, family: Family) -> Entry {
    Entry { number, when: When::Always, family, is_forgettable: false }
}

const fn forgettable(number: i64, family: Family) -> Entry {
    Entry { number, when: When::Always, family, is_forgettable: true }
}

const fn when(when: When, entry: Entry) -> Entry {
    Entry { when, ..entry }
}

const CREATES: u32 = libc::O_CREAT as u32;
/// The bit that character and block devices have in their mode, and files, directories, FIFOs and sockets have not.
const IS_DEVICE: u32 = 0o020_000;
const LOCKS: u32 = 10;
const KEEP_CAPABILITIES: u32 = 8;
const IN_DIRECTORY: At = At::Directory { flags: 3 };

const SETXATTRAT: i64 = 463;
const GETXATTRAT: i64 = 464;
const LISTXATTRAT: i64 = 465;
const REMOVEXATTRAT: i64 = 466;

use Family::{Attribute, Creation as Make, Execution, Identity, Owner, View as Look};
use IdRequest::{Get, GetAll, GetGroups, Set, SetFileSystem, SetGroups, SetThree, SetTwo};
use Kind::{Group, User};
use Which::{Effective, Real};

/// The calls of all architectures. Those of `View` come first: programs make most of them.
const EVERYWHERE: &[Entry] = &[
    entry(libc::SYS_newfstatat, Look(View::Stat(IN_DIRECTORY))),
    entry(libc::SYS_fstat, Look(View::Stat(At::Descriptor))),
    entry(libc::SYS_statx, Look(View::Statx)),
    when(When::HasBits(2, CREATES), entry(libc::SYS_openat, Make(Creation::File { at: true, flags: true }))),
    entry(libc::SYS_execve, Execution(At::Path)),
    entry(libc::SYS_execveat, Execution(At::Directory { flags: 4 })),
    entry(libc::SYS_mkdirat, Make(Creation::Directory { at: true })),
    entry(libc::SYS_symlinkat, Make(Creation::Link { at: true })),
    entry(libc::SYS_mknodat, Make(Creation::Node { at: true })),
    forgettable(libc::SYS_fchownat, Owner(At::Directory { flags: 4 })),
    forgettable(libc::SYS_fchown, Owner(At::Descriptor)),
    entry(libc::SYS_setxattr, Attribute(AttributeRequest::Set(At::Path))),
    entry(libc::SYS_lsetxattr, Attribute(AttributeRequest::Set(At::Link))),
    entry(libc::SYS_fsetxattr, Attribute(AttributeRequest::Set(At::Descriptor))),
    entry(libc::SYS_getxattr, Attribute(AttributeRequest::Get(At::Path))),
    entry(libc::SYS_lgetxattr, Attribute(AttributeRequest::Get(At::Link))),
    entry(libc::SYS_fgetxattr, Attribute(AttributeRequest::Get(At::Descriptor))),
    entry(libc::SYS_removexattr, Attribute(AttributeRequest::Remove(At::Path))),
    entry(libc::SYS_lremovexattr, Attribute(AttributeRequest::Remove(At::Link))),
    entry(libc::SYS_fremovexattr, Attribute(AttributeRequest::Remove(At::Descriptor))),
    entry(libc::SYS_listxattr, Attribute(AttributeRequest::List(At::Path))),
    entry(libc::SYS_llistxattr, Attribute(AttributeRequest::List(At::Link))),
    entry(libc::SYS_flistxattr, Attribute(AttributeRequest::List(At::Descriptor))),
    entry(SETXATTRAT, Family::Absent),
    entry(GETXATTRAT, Family::Absent),
    entry(LISTXATTRAT, Family::Absent),
    entry(REMOVEXATTRAT, Family::Absent),
    entry(libc::SYS_getuid, Identity(Get(User, Real))),
    entry(libc::SYS_geteuid, Identity(Get(User, Effective))),
    entry(libc::SYS_getgid, Identity(Get(Group, Real))),
    entry(libc::SYS_getegid, Identity(Get(Group, Effective))),
    entry(libc::SYS_getresuid, Identity(GetAll(User))),
    entry(libc::SYS_getresgid, Identity(GetAll(Group))),
    entry(libc::SYS_getgroups, Identity(GetGroups)),
    forgettable(libc::SYS_setuid, Identity(Set(User))),
    forgettable(libc::SYS_setgid, Identity(Set(Group))),
    forgettable(libc::SYS_setreuid, Identity(SetTwo(User))),
    forgettable(libc::SYS_setregid, Identity(SetTwo(Group))),
    forgettable(libc::SYS_setresuid, Identity(SetThree(User))),
    forgettable(libc::SYS_setresgid, Identity(SetThree(Group))),
    forgettable(libc::SYS_setfsuid, Identity(SetFileSystem(User))),
    forgettable(libc::SYS_setfsgid, Identity(SetFileSystem(Group))),
    forgettable(libc::SYS_setgroups, Identity(SetGroups)),
    when(When::Is(0, KEEP_CAPABILITIES), entry(libc::SYS_prctl, Identity(IdRequest::KeepCapabilities))),
    entry(libc::SYS_chroot, Family::Root),
    when(When::Is(1, LOCKS), entry(libc::SYS_prlimit64, Family::LockLimit { old: Some(3) })),
    when(When::Is(0, LOCKS), entry(libc::SYS_getrlimit, Family::LockLimit { old: Some(1) })),
    when(When::Is(0, LOCKS), entry(libc::SYS_setrlimit, Family::LockLimit { old: None })),
];

/// The older forms that newer architectures left out.
#[cfg(target_arch = "x86_64")]
const OLDER: &[Entry] = &[
    entry(libc::SYS_stat, Look(View::Stat(At::Path))),
    entry(libc::SYS_lstat, Look(View::Stat(At::Link))),
    when(When::HasBits(1, CREATES), entry(libc::SYS_open, Make(Creation::File { at: false, flags: true }))),
    entry(libc::SYS_creat, Make(Creation::File { at: false, flags: false })),
    entry(libc::SYS_mkdir, Make(Creation::Directory { at: false })),
    entry(libc::SYS_symlink, Make(Creation::Link { at: false })),
    entry(libc::SYS_mknod, Make(Creation::Node { at: false })),
    forgettable(libc::SYS_chown, Owner(At::Path)),
    forgettable(libc::SYS_lchown, Owner(At::Link)),
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[Entry] = &[];

fn all() -> impl Iterator<Item = &'static Entry> {
    EVERYWHERE.iter().chain(OLDER)
}

pub fn find(number: i64) -> Option<&'static Entry> {
    all().find(|entry| entry.number == number)
}

/// The filter that notifies the supervisor. What concerns other architectures is left to the sandbox's own filter.
pub fn notifying() -> Vec<Instruction> {
    let mut builder = Builder::default();
    builder.unless(Field::Architecture, crate::sandbox::filter::ARCHITECTURE, Verdict::Allow);
    for entry in all() {
        match entry.when {
            When::Always => builder.call(entry.number, Verdict::Notify),
            When::HasBits(argument, bits) => builder.call_with_bits(entry.number, argument, bits, Verdict::Notify),
            When::Is(argument, value) => builder.call_with_values(entry.number, argument, &[value], Verdict::Notify),
        }
    }
    builder.finish(Verdict::Allow)
}

/// The filter for where there can be no supervisor: changes of owners and ids, and new devices, succeed and do nothing.
pub fn forgetting() -> Vec<Instruction> {
    let mut builder = Builder::default();
    builder.unless(Field::Architecture, crate::sandbox::filter::ARCHITECTURE, Verdict::Allow);
    for entry in all() {
        match entry.family {
            _ if entry.is_forgettable => builder.call(entry.number, Verdict::Errno(0)),
            Make(Creation::Node { at }) => {
                builder.call_with_bits(entry.number, if at { 2 } else { 1 }, IS_DEVICE, Verdict::Errno(0));
            }
            _ => {}
        }
    }
    builder.finish(Verdict::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::filter::{ARCHITECTURE, bpf::evaluate};

    fn verdict(program: &[Instruction], number: i64, arguments: [u64; 6]) -> u32 {
        evaluate(program, ARCHITECTURE, u32::try_from(number).unwrap(), arguments)
    }

    #[test]
    fn every_call_of_the_table_is_notified_of_and_no_other() {
        let program = notifying();
        for entry in all() {
            let arguments = if let When::Is(_, value) = entry.when { [value.into(); 6] } else { [u64::MAX; 6] };
            assert_eq!(verdict(&program, entry.number, arguments), libc::SECCOMP_RET_USER_NOTIF, "{}", entry.number);
        }
        for number in [libc::SYS_read, libc::SYS_openat, libc::SYS_fchmod, libc::SYS_renameat2, libc::SYS_getpid] {
            assert_eq!(verdict(&program, number, [0; 6]), libc::SECCOMP_RET_ALLOW, "{number}");
        }
    }

    #[test]
    fn no_call_stands_in_the_table_twice() {
        for entry in all() {
            assert_eq!(all().filter(|other| other.number == entry.number).count(), 1, "{}", entry.number);
        }
    }

    #[test]
    fn without_a_supervisor_owners_and_devices_are_forgotten() {
        let program = forgetting();
        let device = u64::from(libc::S_IFCHR) | 0o600;
        for (number, arguments) in
            [(libc::SYS_fchownat, [0; 6]), (libc::SYS_setgroups, [0; 6]), (libc::SYS_mknodat, [0, 0, device, 0, 0, 0])]
        {
            assert_eq!(verdict(&program, number, arguments), libc::SECCOMP_RET_ERRNO, "{number}");
        }
        let fifo = u64::from(libc::S_IFIFO) | 0o600;
        assert_eq!(verdict(&program, libc::SYS_mknodat, [0, 0, fifo, 0, 0, 0]), libc::SECCOMP_RET_ALLOW);
        assert_eq!(verdict(&program, libc::SYS_getuid, [0; 6]), libc::SECCOMP_RET_ALLOW);
    }
}
