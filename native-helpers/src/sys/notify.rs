//! seccomp's user notification: calls of other processes that wait until this one has answered them, and those processes'
//! memory and limits.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::seccomp::Instruction;

/// _IOWR and _IOW of `!` as linux/seccomp.h has them.
const RECEIVE: libc::Ioctl = 0xc050_2100_u32 as libc::Ioctl;
const SEND: libc::Ioctl = 0xc018_2101_u32 as libc::Ioctl;
const ADD_FD: libc::Ioctl = 0x4018_2103_u32 as libc::Ioctl;
const SET_FLAGS: libc::Ioctl = 0x4008_2104_u32 as libc::Ioctl;
const SYNC_WAKE_UP: u64 = 1;
const WAIT_KILLABLE: libc::c_ulong = 1 << 5;
/// The kernel goes on with the call.
const CONTINUE: u32 = 1;
const ADD_FD_AND_SEND: u32 = 2;

/// A call that waits.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    id: u64,
    /// The thread that makes it.
    pub thread: i32,
    pub number: i64,
    pub arguments: [u64; 6],
}

/// What becomes of a call.
#[derive(Debug)]
pub enum Answer {
    /// The kernel carries it out after all.
    Continue,
    Value(i64),
    Errno(i32),
    /// A descriptor that the process gets.
    Descriptor {
        file: OwnedFd,
        closes_on_exec: bool,
    },
}

/// The receiving end of a filter.
pub struct Listener(OwnedFd);

/// Lays `program` on the calling thread and all it starts; who holds the answer hears of the calls that it notifies of.
pub fn install(program: &[Instruction]) -> io::Result<OwnedFd> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(io::Error::other)?,
        filter: program.as_ptr().cast_mut(),
    };
    let try_flags = |flags: libc::c_ulong| {
        // SAFETY: the kernel copies `len` instructions out of the borrowed slice and writes nothing.
        let answer =
            unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) };
        let number = RawFd::try_from(answer).map_err(io::Error::other)?;
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor.
        Ok(unsafe { OwnedFd::from_raw_fd(number) })
    };
    let listening = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // Without the second flag (before Linux 5.19) a signal makes a process ask the same again.
    try_flags(listening | WAIT_KILLABLE).or_else(|_| try_flags(listening))
}

impl Listener {
    pub fn new(descriptor: OwnedFd) -> Self {
        // Both sides take turns, which on one processor costs a fifth (Linux 6.6).
        // SAFETY: the request takes its argument by value.
        unsafe { libc::ioctl(descriptor.as_raw_fd(), SET_FLAGS, SYNC_WAKE_UP) };
        Self(descriptor)
    }

    /// Waits for the next call.
    pub fn receive(&self) -> io::Result<Call> {
        loop {
            // SAFETY: all zeros are a value of this plain structure.
            let mut call: libc::seccomp_notif = unsafe { std::mem::zeroed() };
            // SAFETY: the kernel fills the structure, of which the request's number tells the size.
            if unsafe { libc::ioctl(self.0.as_raw_fd(), RECEIVE, &raw mut call) } == 0 {
                let libc::seccomp_notif { id, pid, data, .. } = call;
                return Ok(Call { id, thread: pid as i32, number: i64::from(data.nr), arguments: data.args });
            }
            let error = io::Error::last_os_error();
            // Who made the call was killed meanwhile.
            if !matches!(error.raw_os_error(), Some(libc::EINTR | libc::ENOENT)) {
                return Err(error);
            }
        }
    }

    /// Answers `call`. That nobody waits any more is no error.
    pub fn answer(&self, call: &Call, answer: Answer) {
        let (val, error, flags) = match answer {
            Answer::Continue => (0, 0, CONTINUE),
            Answer::Value(value) => (value, 0, 0),
            Answer::Errno(errno) => (0, -errno, 0),
            Answer::Descriptor { file, closes_on_exec } => match self.hand_over(call, file.as_fd(), closes_on_exec) {
                Ok(()) => return,
                Err(error) => (0, -error.raw_os_error().unwrap_or(libc::EMFILE), 0),
            },
        };
        let response = libc::seccomp_notif_resp { id: call.id, val, error, flags };
        // SAFETY: the kernel reads the structure, of which the request's number tells the size.
        unsafe { libc::ioctl(self.0.as_raw_fd(), SEND, &raw const response) };
    }

    fn hand_over(&self, call: &Call, file: BorrowedFd<'_>, closes_on_exec: bool) -> io::Result<()> {
        let given = libc::seccomp_notif_addfd {
            id: call.id,
            flags: ADD_FD_AND_SEND,
            srcfd: file.as_raw_fd() as u32,
            newfd: 0,
            newfd_flags: if closes_on_exec { libc::O_CLOEXEC as u32 } else { 0 },
        };
        // SAFETY: the kernel reads the structure, of which the request's number tells the size.
        let answer = unsafe { libc::ioctl(self.0.as_raw_fd(), ADD_FD, &raw const given) };
        if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

/// Reads memory of the process `thread` belongs to, up to the first page that it has not got.
pub fn read_memory(thread: i32, address: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let local = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: buffer.len() };
    // SAFETY: the kernel writes at most `iov_len` bytes into the borrowed buffer; the other address is not used here.
    let count = unsafe { libc::process_vm_readv(thread, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Writes `bytes` to memory of the process that `thread` belongs to.
pub fn write_memory(thread: i32, address: u64, bytes: &[u8]) -> io::Result<()> {
    let local = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: bytes.len() };
    // SAFETY: the kernel only reads the borrowed bytes; the other address is not used here.
    let count = unsafe { libc::process_vm_writev(thread, &raw const local, 1, &raw const remote, 1, 0) };
    if usize::try_from(count) == Ok(bytes.len()) { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The bytes of one of the kernel's plain structures.
pub fn bytes_of<T: Plain>(value: &T) -> &[u8] {
    // SAFETY: such a value is initialised memory without padding that anybody may read.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

/// Structures that the kernel itself hands to programs.
///
/// # Safety
///
/// Every byte of a value is initialised, and the layout is the kernel's.
pub unsafe trait Plain {}

// SAFETY: rustix has the kernel's own structures, which the kernel has filled.
unsafe impl Plain for rustix::fs::Stat {}
// SAFETY: as above.
unsafe impl Plain for rustix::fs::Statx {}
