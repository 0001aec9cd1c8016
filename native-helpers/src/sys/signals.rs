//! Signals as something to read, not as something that interrupts.

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

/// Signals that were blocked in this thread, and in those it starts, to be read one after another instead.
pub struct SignalSource(OwnedFd);

impl SignalSource {
    /// Takes `signals` out of normal delivery. To be called before other threads are started.
    pub fn of(signals: &[i32]) -> io::Result<Self> {
        Self::with(&set_of(signals)?)
    }

    /// Takes every signal that can be blocked.
    pub fn of_all() -> io::Result<Self> {
        Self::with(&full_set()?)
    }

    /// The number of the next signal; waits for one.
    pub fn next(&self) -> io::Result<i32> {
        let mut record = [0_u8; size_of::<libc::signalfd_siginfo>()];
        loop {
            match rustix::io::read(&self.0, &mut record) {
                Ok(_) => break,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // The record starts with the signal number, ssi_signo.
        let number = record.first_chunk::<4>().map_or(0, |bytes| i32::from_ne_bytes(*bytes));
        Ok(number)
    }

    fn with(set: &libc::sigset_t) -> io::Result<Self> {
        mask(libc::SIG_BLOCK, set)?;
        // SAFETY: the set is initialised, and -1 asks for a new descriptor.
        let descriptor = unsafe { libc::signalfd(-1, set, libc::SFD_CLOEXEC) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: signalfd just made this descriptor, and nobody else knows it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(descriptor) }))
    }
}

impl AsFd for SignalSource {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Gives every signal its default action and unblocks all, as a fresh program expects to find them.
pub fn restore_defaults() -> io::Result<()> {
    for number in 1..=libc::SIGRTMAX() {
        // SAFETY: SIG_DFL is a valid disposition; numbers that may not be changed are refused and that is fine.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    mask(libc::SIG_SETMASK, &set_of(&[])?)
}

fn set_of(signals: &[i32]) -> io::Result<libc::sigset_t> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the whole set.
    let mut set = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        set.assume_init()
    };
    for &signal in signals {
        // SAFETY: the set was initialised above.
        if unsafe { libc::sigaddset(&raw mut set, signal) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(set)
}

fn full_set() -> io::Result<libc::sigset_t> {
    let mut set = set_of(&[])?;
    // SAFETY: the set is initialised.
    if unsafe { libc::sigfillset(&raw mut set) } == 0 { Ok(set) } else { Err(io::Error::last_os_error()) }
}

fn mask(how: i32, set: &libc::sigset_t) -> io::Result<()> {
    // SAFETY: the set is initialised, and the old mask is not asked for.
    match unsafe { libc::pthread_sigmask(how, set, ptr::null_mut()) } {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}
