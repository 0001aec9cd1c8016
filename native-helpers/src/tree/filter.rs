//! Which entries below a source belong to a selection: the ignore list judges paths below the selection's root, the
//! exclude list and the include list paths below the source.

use std::os::fd::{AsFd, BorrowedFd};

use crate::failure::Failure;
use crate::tree::directory::{self, Name, join};
use crate::tree::pattern::{Inherited, Patterns};
use crate::tree::resolve::in_root;

/// The lists that count for one source.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    pub ignore: &'a Patterns,
    pub exclude: &'a Patterns,
    /// When it names anything, only what it names belongs to the selection, and the directories that lead there.
    pub include: &'a Patterns,
}

/// A directory on the way down, and what its children inherit from the lists.
#[derive(Debug, Clone, Default)]
pub struct Spot {
    /// The path below the selection's root.
    pub in_root: Vec<u8>,
    /// The path below the source.
    pub in_source: Vec<u8>,
    ignore: Inherited,
    exclude: Inherited,
    include: Inherited,
}

/// What the lists say of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Kept,
    Dropped,
    /// A directory that counts only when something below is kept.
    Searched,
}

impl Filter<'_> {
    /// The spot of a source that is the directory `path` below the selection's root.
    pub fn start(&self, path: &[u8]) -> Spot {
        Spot { in_root: path.to_vec(), ignore: self.ignore.walk_to(path), ..Spot::default() }
    }

    /// The spot of a child directory.
    pub fn enter(&self, spot: &Spot, name: &[u8]) -> Spot {
        let in_root = join(&spot.in_root, name);
        let in_source = join(&spot.in_source, name);
        let ignore = self.ignore.inherit(&spot.ignore, &in_root);
        let exclude = self.exclude.inherit(&spot.exclude, &in_source);
        let include = self.include.inherit(&spot.include, &in_source);
        Spot { in_root, in_source, ignore, exclude, include }
    }

    /// True when the child `name` of the directory at `spot` belongs to the selection.
    ///
    /// A dropped directory belongs to it when something below is kept by a `!` pattern, one that the include list does not
    /// name when that names something below (and only then are they looked into).
    pub fn keeps(&self, directory: BorrowedFd<'_>, spot: &Spot, name: &Name) -> Result<bool, Failure> {
        match self.judge(spot, name) {
            Verdict::Kept => Ok(true),
            Verdict::Dropped => Ok(false),
            Verdict::Searched => {
                let below = self.enter(spot, name.name.to_bytes());
                let failed = |error| Failure::io("open", in_root(&below.in_root), error);
                let handle = directory::open_at(directory, &name.name).map_err(failed)?;
                self.keeps_any(handle.as_fd(), &below)
            }
        }
    }

    /// True when anything in the directory at `spot`, just opened, belongs to the selection.
    pub fn keeps_any(&self, directory: BorrowedFd<'_>, spot: &Spot) -> Result<bool, Failure> {
        let names = directory::list(directory).map_err(|error| Failure::io("read", in_root(&spot.in_root), error))?;
        for name in names.iter().filter(|name| !name.is_socket) {
            if self.keeps(directory, spot, name)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn judge(&self, spot: &Spot, name: &Name) -> Verdict {
        if self.ignore.is_empty() && self.exclude.is_empty() && self.include.is_empty() {
            return Verdict::Kept;
        }
        let in_source = join(&spot.in_source, name.name.to_bytes());
        let ignore = judge(self.ignore, &spot.ignore, &join(&spot.in_root, name.name.to_bytes()), name.is_directory);
        let exclude = judge(self.exclude, &spot.exclude, &in_source, name.is_directory);
        let include = included(self.include, &spot.include, &in_source, name.is_directory);
        match [ignore, exclude, include] {
            verdicts if verdicts.contains(&Verdict::Dropped) => Verdict::Dropped,
            verdicts if verdicts.contains(&Verdict::Searched) => Verdict::Searched,
            _ => Verdict::Kept,
        }
    }
}

fn included(list: &Patterns, above: &Inherited, path: &[u8], is_directory: bool) -> Verdict {
    match list.is_empty() || list.drops(above, path) {
        true => Verdict::Kept,
        false if is_directory && list.may_match_below(path) => Verdict::Searched,
        false => Verdict::Dropped,
    }
}

fn judge(list: &Patterns, above: &Inherited, path: &[u8], is_directory: bool) -> Verdict {
    if !list.drops(above, path) {
        return Verdict::Kept;
    }
    match is_directory && list.may_keep_below(&list.inherit(above, path), path) {
        true => Verdict::Searched,
        false => Verdict::Dropped,
    }
}
