//! Kernel file locks. They live on open file descriptions and so end with the process, however it ends.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, fstat, openat, stat};
use rustix::io::Errno;

use crate::failure::Failure;

/// The locks that a session holds. Each has an open file description of its own, so that two locks of one session
/// exclude each other just as those of two sessions do.
#[derive(Default)]
pub struct Locks {
    held: Mutex<HashMap<u32, OwnedFd>>,
    last: AtomicU32,
}

/// How a lock is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    pub shared: bool,
    pub wait: bool,
}

impl Locks {
    /// Locks the file at `path`, made when missing. Answers the lock's number, or `None` when somebody else holds it and
    /// `wait` is false.
    pub fn take(&self, path: &Path, wish: Wish) -> Result<Option<u32>, Failure> {
        let Some(file) = acquire(path, wish)? else { return Ok(None) };
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(number, file);
        Ok(Some(number))
    }

    /// Gives back the lock `number`.
    pub fn give_back(&self, number: u32) -> Result<(), Failure> {
        let file = self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        match file {
            Some(_closes_and_so_unlocks) => Ok(()),
            None => Err(Failure::new("lock-unknown", format!("this session holds no lock {number}"))),
        }
    }
}

/// Opens and locks the file at `path`; `None` when it is taken and `wait` is false. Closing what is answered unlocks it.
pub fn acquire(path: &Path, wish: Wish) -> Result<Option<OwnedFd>, Failure> {
    let operation = match (wish.shared, wish.wait) {
        (true, true) => FlockOperation::LockShared,
        (true, false) => FlockOperation::NonBlockingLockShared,
        (false, true) => FlockOperation::LockExclusive,
        (false, false) => FlockOperation::NonBlockingLockExclusive,
    };
    loop {
        let file = open(path)?;
        match retry(|| flock(&file, operation)) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(Failure::io("lock", path, error)),
        }
        // Between open and lock a sweep may have removed the file: a lock on it would then exclude nobody.
        if is_still_at(&file, path)? {
            return Ok(Some(file));
        }
    }
}

fn open(path: &Path) -> Result<OwnedFd, Failure> {
    let mode = Mode::from_raw_mode(0o644);
    let create = OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOCTTY;
    let opened = openat(CWD, path, OFlags::RDWR | create, mode);
    // flock needs no right to write, and a lock file may belong to somebody else.
    let opened = match opened {
        Err(Errno::ACCESS | Errno::ROFS) => openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY, mode),
        other => other,
    };
    opened.map_err(|error| Failure::io("open the lock file", path, error))
}

fn is_still_at(file: &OwnedFd, path: &Path) -> Result<bool, Failure> {
    let ours = fstat(file).map_err(|error| Failure::io("examine", path, error))?;
    match stat(path) {
        Ok(there) => Ok((there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(Failure::io("examine", path, error)),
    }
}

fn retry(mut call: impl FnMut() -> rustix::io::Result<()>) -> rustix::io::Result<()> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Wish = Wish { shared: false, wait: false };
    const SHARED: Wish = Wish { shared: true, wait: false };

    fn with_file(test: impl FnOnce(&Path)) {
        let path = std::env::temp_dir().join(format!(
            "oci-build-lock-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        test(&path);
        let _ = std::fs::remove_file(&path);
    }

    #[test]
    fn two_locks_of_one_session_exclude_each_other() {
        with_file(|path| {
            let locks = Locks::default();
            let first = locks.take(path, NOW).unwrap().unwrap();
            assert_eq!(locks.take(path, NOW).unwrap(), None);
            assert_eq!(locks.take(path, SHARED).unwrap(), None);
            locks.give_back(first).unwrap();
            assert!(locks.take(path, NOW).unwrap().is_some());
        });
    }

    #[test]
    fn shared_locks_live_side_by_side() {
        with_file(|path| {
            let locks = Locks::default();
            let (first, second) = (locks.take(path, SHARED).unwrap(), locks.take(path, SHARED).unwrap());
            assert!(first.is_some() && second.is_some() && first != second);
            assert_eq!(locks.take(path, NOW).unwrap(), None);
        });
    }

    #[test]
    fn an_unknown_lock_cannot_be_given_back() {
        assert_eq!(Locks::default().give_back(7).unwrap_err().code, "lock-unknown");
    }
}
