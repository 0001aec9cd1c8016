//! What the kernel knows of every entry of a clone, and what has changed since it was last asked.
//!
//! An entry is unchanged when its inode and its time of change are, which no process can set: a file that was written in
//! place and given its old modification time back does not get by.

use std::collections::{HashMap, HashSet};
use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{AtFlags, FileType, StatxFlags, statx};
use rustix::io::Errno;

use super::super::directories::failed;
use super::super::path::{join, split};
use crate::failure::Failure;
use crate::tree::crew;
use crate::tree::directory::{self, Meta, Time};

/// The state of a clone.
#[derive(Default)]
pub struct Snapshot {
    /// The entries of every directory, sorted by name; directories by path.
    directories: HashMap<Vec<u8>, Listing>,
    /// Of the files with several names: by inode, when they were made. An inode's number may soon be another file's.
    linked: HashMap<u64, Option<Time>>,
    /// The directories that such names are in.
    linking: HashSet<Vec<u8>>,
}

type Listing = Vec<(CString, Meta)>;

/// Something that is not as it was.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub path: Vec<u8>,
    pub what: What,
}

#[derive(Debug, PartialEq, Eq)]
pub enum What {
    Gone,
    /// It is new, or it is not what it was in some respect.
    Is(Meta),
}

impl Snapshot {
    pub fn get(&self, path: &[u8]) -> Option<&Meta> {
        let (parent, name) = split(path);
        let listing = self.directories.get(parent)?;
        let at = listing.binary_search_by(|(known, _)| known.as_bytes().cmp(name)).ok()?;
        listing.get(at).map(|(_, meta)| meta)
    }

    /// Notes that an entry was changed by whoever keeps the snapshot, or removed.
    pub fn set(&mut self, path: &[u8], meta: Option<Meta>) {
        let (parent, name) = split(path);
        let Some(listing) = self.directories.get_mut(parent) else { return };
        let Ok(at) = listing.binary_search_by(|(known, _)| known.as_bytes().cmp(name)) else { return };
        match (meta, listing.get_mut(at)) {
            (Some(meta), Some((_, known))) => *known = meta,
            _ => drop(listing.remove(at)),
        }
    }

    /// Whether the file that has several names in `now` had several here already.
    pub fn had_links(&self, now: &Self, inode: u64) -> bool {
        self.linked.get(&inode).is_some_and(|born| now.linked.get(&inode).is_none_or(|since| since == born))
    }

    /// The directories with names of files that have several.
    pub fn linking(&self) -> impl Iterator<Item = &[u8]> {
        self.linking.iter().map(Vec::as_slice)
    }

    /// The latest time of change.
    pub fn newest(&self) -> Time {
        let all = self.directories.values().flatten().map(|(_, meta)| meta.changed);
        all.max().unwrap_or(Time { seconds: 0, nanoseconds: 0 })
    }
}

/// Looks at everything below `root`. Answers its state and, given the state `before`, the changes in the order of their
/// paths: directories come before what they hold.
pub fn scan(root: &Path, before: Option<&Snapshot>) -> Result<(Snapshot, Vec<Change>), Failure> {
    let top = Job { above: Arc::new(directory::open(root)?), name: c".".to_owned(), path: Vec::new() };
    let scan = Scan { before, found: Mutex::default() };
    crew::work(vec![top], |job, more| scan.directory(job, more))?;
    let Found { now, mut changes } = scan.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    changes.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok((now, changes))
}

struct Scan<'a> {
    before: Option<&'a Snapshot>,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    now: Snapshot,
    changes: Vec<Change>,
}

struct Job {
    above: Arc<OwnedFd>,
    name: CString,
    path: Vec<u8>,
}

impl Scan<'_> {
    fn directory(&self, Job { above, name, path }: Job, more: &mut Vec<Job>) -> Result<(), Failure> {
        let handle = directory::open_at(&above, &name).map_err(|error| failed("open", &path, error))?;
        drop(above);
        let names = directory::list(handle.as_fd()).map_err(|error| failed("list", &path, error))?;
        let handle = Arc::new(handle);
        let mut listing = Vec::with_capacity(names.len());
        let mut linked = Vec::new();
        for directory::Name { name, .. } in names {
            let inspected = |error| failed("inspect", &join(&path, name.to_bytes()), error);
            let meta = directory::meta_at(&handle, &name).map_err(inspected)?;
            if meta.kind == FileType::Directory {
                let path = join(&path, name.to_bytes());
                more.push(Job { above: Arc::clone(&handle), name: name.clone(), path });
            } else if meta.links > 1 {
                linked.push((meta.inode, born(&handle, &name).map_err(inspected)?));
            }
            listing.push((name, meta));
        }
        let changes = self.before.map(|before| changes(&path, before.directories.get(&path), &listing));
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.changes.extend(changes.unwrap_or_default());
        if !linked.is_empty() {
            found.now.linking.insert(path.clone());
        }
        found.now.linked.extend(linked);
        found.now.directories.insert(path, listing);
        Ok(())
    }
}

fn born(parent: &OwnedFd, name: &CString) -> Result<Option<Time>, Errno> {
    let found = statx(parent, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BTIME)?;
    let time = Time { seconds: found.stx_btime.tv_sec, nanoseconds: found.stx_btime.tv_nsec };
    Ok((found.stx_mask & StatxFlags::BTIME.bits() != 0).then_some(time))
}

/// What became of the directory at `path`, which had the entries `before` if it was one.
fn changes(path: &[u8], before: Option<&Listing>, now: &Listing) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut change = |name: &CString, what| changes.push(Change { path: join(path, name.to_bytes()), what });
    let mut before = before.map_or(&[][..], Vec::as_slice).iter().peekable();
    for (name, meta) in now {
        while let Some((gone, _)) = before.next_if(|(known, _)| known < name) {
            change(gone, What::Gone);
        }
        match before.next_if(|(known, _)| known == name) {
            Some((_, known)) if known == meta => {}
            _ => change(name, What::Is(*meta)),
        }
    }
    for (gone, _) in before {
        change(gone, What::Gone);
    }
    changes
}
