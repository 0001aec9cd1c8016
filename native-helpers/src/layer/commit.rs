//! An upper directory takes layer form. Only the upper directory is walked, so that the cost is that of what changed.
//!
//! What overlayfs leaves behind becomes what a layer may say:
//! * whiteouts of names that no lower layer shows, sockets, and copies without a change go;
//! * an opaque directory becomes a plain one with whiteouts for the names it hid (as BuildKit writes layers; opaque
//!   markers are read but never written);
//! * times are cut to whole seconds, and clamped to the epoch in what the step made or changed, on disk as in the tar,
//!   so that later steps see the same whether this layer was built here or pulled;
//! * the root directory's own metadata is no part of a layer (as in BuildKit), so it becomes what `apply` gives to a
//!   root without an entry, and a `chmod /` is not kept.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{AtFlags, FileType, Stat, statat, unlinkat};
use rustix::io::Errno;

use super::archive::reserved;
use super::device;
use super::directories::{Directories, failed, names};
use super::lowers::{Found, Lowers, Merged};
use super::metadata::{Metadata, mtime, set_mtime};
use super::pack::measure;
use super::path::{join, split};
use super::tar::Time;
use super::unchanged::{Upper, is_unchanged};
use super::whiteout::{self, Form};
use crate::failure::Failure;
use crate::ownership;
use crate::protocol::messages::{CommitParams, CommitResult};

/// Turns the upper directory into a layer directory in place and answers its diffID. Nothing may be mounted on it any
/// more. When this fails the directory is of no use.
pub fn commit(params: &CommitParams) -> Result<CommitResult, Failure> {
    let upper = Path::new(&params.upper);
    let lowers = Lowers::open(&params.lowers)?;
    let merged = lowers.root()?;
    let mut directories = Directories::open_root(upper)?;
    let form = directories.open(&[]).and_then(Form::of).map_err(|error| failed("inspect", &[], error))?;
    // A supervisor makes devices for the process and lets it write no record.
    let may_lie = params.process && !ownership::is_recorded();
    let mut commit = Commit { upper: directories, form, lowers: &lowers, epoch: params.epoch, may_lie };
    commit.tree(merged)?;
    let measured = measure(upper)?;
    Ok(CommitResult { diff_id: measured.diff_id, entries: measured.entries, bytes: measured.bytes })
}

struct Commit<'a> {
    upper: Directories,
    form: Form,
    lowers: &'a Lowers,
    /// Seconds since 1970.
    epoch: Option<i64>,
    /// A process that nobody supervised wrote here, and not the helper alone.
    may_lie: bool,
}

/// What became of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Dropped,
}

/// A directory whose content is being settled.
struct Settling {
    path: Vec<u8>,
    /// Those that are still to be settled.
    names: std::vec::IntoIter<Vec<u8>>,
    /// The lower directories of the same path.
    below: Merged,
    /// Nothing of them shows through. This holds for all directories within an opaque one, marked or not.
    is_opaque: bool,
    /// The directory itself bears the mark.
    is_marked: bool,
    /// What it was before its content changed; the root has no entry of its own.
    entry: Option<DirectoryEntry>,
    /// Kept as soon as something is left in it.
    content: Fate,
}

struct DirectoryEntry {
    stat: Stat,
    unchanged: bool,
}

/// An entry after a first look.
enum Step {
    Done(Fate),
    Descend(Box<Settling>),
}

impl Commit<'_> {
    /// Walks without recursion: a tree may be deeper than a thread's stack.
    fn tree(&mut self, below: Merged) -> Result<(), Failure> {
        let mut open = vec![self.begin(Vec::new(), below, false)?];
        while let Some(directory) = open.last_mut() {
            let fate = match directory.names.next() {
                Some(name) => match self.entry(directory, &name)? {
                    Step::Descend(child) => {
                        open.push(*child);
                        continue;
                    }
                    Step::Done(fate) => fate,
                },
                None => match open.pop() {
                    Some(done) => self.end(done)?,
                    None => break,
                },
            };
            if let (Some(directory), Fate::Kept) = (open.last_mut(), fate) {
                directory.content = Fate::Kept;
            }
        }
        Ok(())
    }

    /// Lists a directory and, if it is opaque, spells out what that hides.
    fn begin(&mut self, path: Vec<u8>, below: Merged, within_opaque: bool) -> Result<Settling, Failure> {
        let directory = self.open(&path)?;
        let is_marked = whiteout::is_opaque(directory.as_fd()).map_err(|error| failed("inspect", &path, error))?;
        let is_opaque = is_marked || within_opaque;
        let mut names = names(directory.as_fd()).map_err(|error| failed("list", &path, error))?;
        names.retain(|name| !self.form.is_mark(name));
        let mut content = Fate::Dropped;
        if is_opaque {
            for hidden in self.lowers.names(&below, &path)? {
                if names.binary_search(&hidden).is_err() {
                    self.form
                        .make(&directory, &hidden)
                        .map_err(|error| failed("create a whiteout for", &join(&path, &hidden), error))?;
                    content = Fate::Kept;
                }
            }
        }
        let names = names.into_iter();
        Ok(Settling { path, names, below, is_opaque, is_marked, entry: None, content })
    }

    fn entry(&mut self, directory: &Settling, name: &[u8]) -> Result<Step, Failure> {
        let path = join(&directory.path, name);
        let parent = self.open(&directory.path)?;
        if let Some(deleted) = self.deleted(&parent, &path)? {
            let below = self.lowers.find(&directory.below, &join(&directory.path, &deleted))?;
            return match below {
                Some(_) => Ok(Step::Done(Fate::Kept)),
                None => drop_entry(&parent, &path, AtFlags::empty()).map(Step::Done),
            };
        }
        let found = self.lowers.find(&directory.below, &path)?;
        let stat = self.inspect(&parent, &path, found.as_ref()).map_err(|error| failed("inspect", &path, error))?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind == FileType::Socket {
            return drop_entry(&parent, &path, AtFlags::empty()).map(Step::Done);
        }
        if name.starts_with(whiteout::PREFIX) {
            return Err(reserved(&path));
        }
        let upper = Upper { parent: parent.as_fd(), name, path: &path, stat: &stat };
        let unchanged = match &found {
            Some(found) => is_unchanged(upper, found, self.lowers)?,
            None => false,
        };
        if kind == FileType::Directory {
            let below = found.map(|found| found.merged).unwrap_or_default();
            let child = self.begin(path, below, directory.is_opaque)?;
            let entry = Some(DirectoryEntry { stat, unchanged });
            return Ok(Step::Descend(Box::new(Settling { entry, ..child })));
        }
        if unchanged {
            return drop_entry(&parent, &path, AtFlags::empty()).map(Step::Done);
        }
        self.settle_time(upper, unchanged)?;
        Ok(Step::Done(Fate::Kept))
    }

    /// The name that the whiteout at `path` deletes, if it is one.
    fn deleted(&self, parent: &OwnedFd, path: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        let name = split(path).1;
        let stat = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| failed("inspect", path, error))?;
        Ok(self.form.deleted(name, &stat).map(<[u8]>::to_vec))
    }

    /// What stands at `path`. A process may have said itself that a file is a device: that is believed only of what the
    /// lower layers say, too.
    fn inspect(&self, parent: &OwnedFd, path: &[u8], found: Option<&Found>) -> Result<Stat, Errno> {
        let name = split(path).1;
        let stat =
            statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).and_then(|stat| ownership::seen_at(parent, name, stat))?;
        let seen = device::seen(parent, name, stat)?;
        let is_recorded = seen.st_mode != stat.st_mode;
        let of_device = |stat: &Stat| (FileType::from_raw_mode(stat.st_mode), stat.st_rdev);
        if is_recorded && self.may_lie && found.map(|found| of_device(&found.stat)) != Some(of_device(&seen)) {
            device::forget(parent, name)?;
            return Ok(stat);
        }
        Ok(seen)
    }

    /// Settles a directory after all that it holds.
    fn end(&mut self, settled: Settling) -> Result<Fate, Failure> {
        let Settling { path, is_marked, entry, content, .. } = settled;
        let directory = self.open(&path)?;
        if is_marked {
            whiteout::clear_opaque(directory.as_fd()).map_err(|error| failed("make plain", &path, error))?;
        }
        let Some(DirectoryEntry { stat, unchanged }) = entry else {
            Metadata::of_unlisted_directory().set(directory.as_fd(), &path)?;
            return Ok(Fate::Kept);
        };
        let (parent_path, name) = split(&path);
        let parent = self.open(parent_path)?;
        if unchanged && content == Fate::Dropped {
            self.upper.forget(&path);
            return drop_entry(&parent, &path, AtFlags::REMOVEDIR);
        }
        self.settle_time(Upper { parent: parent.as_fd(), name, path: &path, stat: &stat }, unchanged)?;
        Ok(Fate::Kept)
    }

    /// Also called for a directory whose content was settled: that changed its time on disk, but not what it should be.
    fn settle_time(&self, upper: Upper<'_>, unchanged: bool) -> Result<(), Failure> {
        let time = mtime(upper.stat);
        let settled = settled(time, self.epoch.filter(|_| !unchanged));
        let is_directory = FileType::from_raw_mode(upper.stat.st_mode) == FileType::Directory;
        if settled == time && !is_directory {
            return Ok(());
        }
        set_mtime(upper.parent, upper.name, settled).map_err(|error| failed("set the time of", upper.path, error))
    }

    fn open(&mut self, path: &[u8]) -> Result<Rc<OwnedFd>, Failure> {
        self.upper.open(path).map_err(|error| failed("open", path, error))
    }
}

fn drop_entry(parent: &OwnedFd, path: &[u8], flags: AtFlags) -> Result<Fate, Failure> {
    unlinkat(parent, split(path).1, flags).map_err(|error| failed("remove", path, error))?;
    Ok(Fate::Dropped)
}

/// Whole seconds, rounded down, and not after the epoch.
fn settled(time: Time, epoch: Option<i64>) -> Time {
    let seconds = epoch.map_or(time.seconds, |epoch| time.seconds.min(epoch));
    Time { seconds, nanoseconds: 0 }
}
