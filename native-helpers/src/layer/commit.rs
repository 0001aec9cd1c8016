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

use rustix::fs::{AtFlags, FileType, statat, unlinkat};

use super::archive::reserved;
use super::directories::{Directories, failed, names};
use super::lowers::{Lowers, Merged};
use super::metadata::{Metadata, mtime, set_mtime};
use super::pack::measure;
use super::path::{join, split};
use super::tar::Time;
use super::unchanged::{Upper, is_unchanged};
use super::whiteout;
use crate::failure::Failure;
use crate::protocol::messages::{CommitParams, CommitResult};

/// Turns the upper directory into a layer directory in place and answers its diffID. Nothing may be mounted on it any
/// more. When this fails the directory is of no use.
pub fn commit(params: &CommitParams) -> Result<CommitResult, Failure> {
    let upper = Path::new(&params.upper);
    let lowers = Lowers::open(&params.lowers)?;
    let merged = lowers.root()?;
    let mut commit = Commit { upper: Directories::open_root(upper)?, lowers: &lowers, epoch: params.epoch };
    commit.root(&merged)?;
    let measured = measure(upper)?;
    Ok(CommitResult { diff_id: measured.diff_id, entries: measured.entries, bytes: measured.bytes })
}

struct Commit<'a> {
    upper: Directories,
    lowers: &'a Lowers,
    /// Seconds since 1970.
    epoch: Option<i64>,
}

/// What became of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Dropped,
}

/// How the content of an upper directory meets that of the lower layers.
struct Content<'a> {
    /// The lower directories of the same path.
    below: &'a Merged,
    /// Nothing of them shows through. This holds for all directories within an opaque one, marked or not.
    is_opaque: bool,
}

impl Commit<'_> {
    fn root(&mut self, below: &Merged) -> Result<(), Failure> {
        let root = self.open(&[])?;
        let is_opaque = self.is_opaque(&root, &[])?;
        self.content(&[], &Content { below, is_opaque })?;
        self.clear_opaque(is_opaque, &root, &[])?;
        Metadata::of_unlisted_directory().set(root.as_fd(), &[])
    }

    /// Settles everything in the directory at `path`; kept means that something is left in it.
    fn content(&mut self, path: &[u8], content: &Content<'_>) -> Result<Fate, Failure> {
        let directory = self.open(path)?;
        let names = names(directory.as_fd()).map_err(|error| failed("list", path, error))?;
        let mut fate = Fate::Dropped;
        if content.is_opaque {
            for hidden in self.lowers.names(content.below, path)? {
                if names.binary_search(&hidden).is_err() {
                    whiteout::make(&directory, &hidden)
                        .map_err(|error| failed("create a whiteout for", &join(path, &hidden), error))?;
                    fate = Fate::Kept;
                }
            }
        }
        drop(directory);
        for name in names {
            if self.entry(&join(path, &name), content)? == Fate::Kept {
                fate = Fate::Kept;
            }
        }
        Ok(fate)
    }

    fn entry(&mut self, path: &[u8], content: &Content<'_>) -> Result<Fate, Failure> {
        let (parent_path, name) = split(path);
        let parent = self.open(parent_path)?;
        let stat = statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| failed("inspect", path, error))?;
        let found = self.lowers.find(content.below, path)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if whiteout::is_whiteout(&stat) {
            return if found.is_some() { Ok(Fate::Kept) } else { drop_entry(&parent, path, AtFlags::empty()) };
        }
        if kind == FileType::Socket {
            return drop_entry(&parent, path, AtFlags::empty());
        }
        if name.starts_with(whiteout::PREFIX) {
            return Err(reserved(path));
        }
        let upper = Upper { parent: parent.as_fd(), name, path, stat: &stat };
        let unchanged = match &found {
            Some(found) => is_unchanged(upper, found, self.lowers)?,
            None => false,
        };
        if kind == FileType::Directory {
            let below = found.map(|found| found.merged).unwrap_or_default();
            let held = self.directory(path, &Content { below: &below, is_opaque: content.is_opaque })?;
            if unchanged && held == Fate::Dropped {
                self.upper.forget(path);
                return drop_entry(&parent, path, AtFlags::REMOVEDIR);
            }
        } else if unchanged {
            return drop_entry(&parent, path, AtFlags::empty());
        }
        self.settle_time(upper, unchanged)?;
        Ok(Fate::Kept)
    }

    /// Settles what the directory at `path` holds. `content` says whether it lies within an opaque one.
    fn directory(&mut self, path: &[u8], content: &Content<'_>) -> Result<Fate, Failure> {
        let directory = self.open(path)?;
        let marked = self.is_opaque(&directory, path)?;
        drop(directory);
        let held = self.content(path, &Content { below: content.below, is_opaque: marked || content.is_opaque })?;
        let directory = self.open(path)?;
        self.clear_opaque(marked, &directory, path)?;
        Ok(held)
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

    fn is_opaque(&self, directory: &OwnedFd, path: &[u8]) -> Result<bool, Failure> {
        whiteout::is_opaque(directory.as_fd()).map_err(|error| failed("inspect", path, error))
    }

    fn clear_opaque(&self, marked: bool, directory: &OwnedFd, path: &[u8]) -> Result<(), Failure> {
        if !marked {
            return Ok(());
        }
        whiteout::clear_opaque(directory.as_fd()).map_err(|error| failed("make plain", path, error))
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
