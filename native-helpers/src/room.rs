//! Making room in a store that others use meanwhile.
//!
//! Whoever relies on something of a store first notes that it is used: the time of a mark beside it. Marks are made, and things
//! get their names, under a shared lock; whoever makes room holds it alone while it looks at the marks once more and
//! renames what nobody used. An existing mark may be touched without the lock, as `take` moves the mark away
//! before it looks at it: a touch either comes before that and is seen, or finds no mark.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, futimens, open, rename, statat};
use rustix::io::Errno;

use crate::directory;
use crate::failure::Failure;
use crate::lock::{self, Wish};
use crate::protocol::messages::{KeepParams, KeepResult, TakeParams, TakeResult, UseParams, UseResult, Victim};
use crate::tree;

pub fn note_use(params: &UseParams) -> Result<UseResult, Failure> {
    let _room = locked(&params.room, true)?;
    let one = |path: &Path, mark: &Path| {
        let present = exists(path)?;
        if present {
            touch(mark)?;
        }
        Ok(present)
    };
    let present = params.uses.iter().map(|it| one(Path::new(&it.path), Path::new(&it.mark)));
    Ok(UseResult { present: present.collect::<Result<_, Failure>>()? })
}

pub fn keep(params: &KeepParams) -> Result<KeepResult, Failure> {
    let (from, to) = (Path::new(&params.from), Path::new(&params.to));
    let room = locked(&params.room, true)?;
    touch(Path::new(&params.mark))?;
    let is_directory = fs::symlink_metadata(from).map_err(|error| Failure::io("examine", from, error))?.is_dir();
    let existed = if is_directory {
        directory::name(from, to)?
    } else {
        rename(from, to).map_err(|error| Failure::io(&format!("rename {} to", from.display()), to, error))?;
        false
    };
    // Nobody need wait for the disk, or for what is not needed to be removed.
    drop(room);
    if existed {
        tree::remove(from)?
    } else {
        directory::flush_name(to)?
    }
    Ok(KeepResult { existed })
}

pub fn take(params: &TakeParams) -> Result<TakeResult, Failure> {
    let into = Path::new(&params.into);
    fs::create_dir(into).map_err(|error| Failure::io("make the directory", into, error))?;
    let _room = locked(&params.room, false)?;
    let mut taking = Taking { into, before: params.before, count: 0 };
    let taken = params.victims.iter().map(|victim| taking.take(victim));
    Ok(TakeResult { taken: taken.collect::<Result<_, Failure>>()? })
}

struct Taking<'a> {
    into: &'a Path,
    before: i64,
    /// How many things were renamed.
    count: u64,
}

impl Taking<'_> {
    fn take(&mut self, victim: &Victim) -> Result<bool, Failure> {
        let mut marks = Vec::new();
        for mark in &victim.marks {
            if let Some(place) = self.rename(Path::new(mark))? {
                marks.push((place, Path::new(mark)));
            }
        }
        let used = marks.iter().map(|(place, _)| modified(place)).collect::<Result<Vec<_>, _>>()?;
        let appeared = victim.paths.iter().map(|path| changed(Path::new(path))).collect::<Result<Vec<_>, _>>()?;
        if used.into_iter().chain(appeared).flatten().any(|time| time >= self.before) {
            for (place, mark) in marks {
                rename(&place, mark).map_err(|error| Failure::io("put back", mark, error))?;
            }
            return Ok(false);
        }
        for path in &victim.paths {
            self.rename(Path::new(path))?;
        }
        Ok(true)
    }

    /// Moves something away; `None` when it is not there.
    fn rename(&mut self, path: &Path) -> Result<Option<PathBuf>, Failure> {
        self.count += 1;
        let place = self.into.join(self.count.to_string());
        let moved = rename(path, &place).or_else(|error| match error {
            // A directory's own `..` changes, which takes the right to write to it.
            Errno::ACCESS => rustix::fs::chmod(path, Mode::RWXU).and_then(|()| rename(path, &place)),
            error => Err(error),
        });
        match moved {
            Ok(()) => Ok(Some(place)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(Failure::io("move away", path, error)),
        }
    }
}

fn locked(room: &str, shared: bool) -> Result<Option<OwnedFd>, Failure> {
    lock::acquire(Path::new(room), Wish { shared, wait: true })
}

fn touch(mark: &Path) -> Result<(), Failure> {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    open(mark, flags, Mode::from_raw_mode(0o644))
        .and_then(|file| futimens(&file, &Timestamps { last_access: now, last_modification: now }))
        .map_err(|error| Failure::io("note a use in", mark, error))
}

fn exists(path: &Path) -> Result<bool, Failure> {
    Ok(changed(path)?.is_some())
}

/// When something got its name, or changed otherwise, in milliseconds since 1970.
fn changed(path: &Path) -> Result<Option<i64>, Failure> {
    found(path).map(|found| found.map(|it| milliseconds(it.st_ctime, it.st_ctime_nsec)))
}

fn modified(path: &Path) -> Result<Option<i64>, Failure> {
    found(path).map(|found| found.map(|it| milliseconds(it.st_mtime, it.st_mtime_nsec)))
}

fn found(path: &Path) -> Result<Option<rustix::fs::Stat>, Failure> {
    match statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(Failure::io("examine", path, error)),
    }
}

/// Rounded up, so that nothing looks older than it is.
fn milliseconds(seconds: i64, nanoseconds: impl TryInto<i64>) -> i64 {
    seconds * 1000 + nanoseconds.try_into().unwrap_or(0) / 1_000_000 + 1
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
