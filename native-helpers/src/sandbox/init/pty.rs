//! A terminal inside the sandbox.

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags, openat, symlinkat};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, ptsname, unlockpt};

pub struct Pty {
    pub master: OwnedFd,
    pub slave: OwnedFd,
}

/// Opens a terminal of the sandbox's own /dev/pts, so that its name holds inside, and makes it the console.
pub fn open() -> Result<Pty, Errno> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let master = openat(CWD, "/dev/pts/ptmx", flags, Mode::empty())?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let slave =
        match rustix::pty::ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC) {
            Ok(slave) => slave,
            Err(_) => openat(CWD, name.as_c_str(), flags, Mode::empty())?,
        };
    // The sandbox's /dev is its own, and without a console there are only programs that do not find it.
    let _ = symlinkat(name.as_c_str(), CWD, "/dev/console");
    Ok(Pty { master, slave })
}
