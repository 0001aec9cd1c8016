//! Open directories beneath one root, found by their path component by component and never through a symbolic link.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{Mode, OFlags, RawDir, open, openat};
use rustix::io::Errno;

use super::path::{is_within, split};
use crate::failure::Failure;

/// How many directories stay open. Trees are deeper than the number of files a process may open.
const CAPACITY: usize = 64;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

pub struct Directories {
    root: Rc<OwnedFd>,
    /// By path; the number says when it was last asked for.
    recent: HashMap<Vec<u8>, (Rc<OwnedFd>, u64)>,
    clock: u64,
}

impl Directories {
    pub fn open_root(path: &Path) -> Result<Self, Failure> {
        let root = open(path, DIRECTORY, Mode::empty()).map_err(|error| Failure::io("open", path, error))?;
        Ok(Self { root: Rc::new(root), recent: HashMap::new(), clock: 0 })
    }

    pub fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    /// Opens the directory at a clean path. `ENOTDIR` tells that the way leads over something else, e.g. a link.
    pub fn open(&mut self, path: &[u8]) -> Result<Rc<OwnedFd>, Errno> {
        if path.is_empty() {
            return Ok(Rc::clone(&self.root));
        }
        self.clock += 1;
        if let Some((directory, used)) = self.recent.get_mut(path) {
            *used = self.clock;
            return Ok(Rc::clone(directory));
        }
        let (parent, name) = split(path);
        let parent = self.open(parent)?;
        let directory = Rc::new(openat(parent, name, DIRECTORY, Mode::empty())?);
        self.make_room();
        self.recent.insert(path.to_vec(), (Rc::clone(&directory), self.clock));
        Ok(directory)
    }

    /// To be called when the directory at `path` goes away or is replaced.
    pub fn forget(&mut self, path: &[u8]) {
        self.recent.retain(|known, _| !is_within(known, path));
    }

    fn make_room(&mut self) {
        if self.recent.len() < CAPACITY {
            return;
        }
        let oldest = self.recent.iter().min_by_key(|(_, (_, used))| *used).map(|(path, _)| path.clone());
        if let Some(path) = oldest {
            self.recent.remove(&path);
        }
    }
}

/// The names in a directory, in byte order.
pub fn names(directory: BorrowedFd<'_>) -> Result<Vec<Vec<u8>>, Errno> {
    // A directory's reading position belongs to the open file, so each listing has its own.
    let own = openat(directory, ".", DIRECTORY, Mode::empty())?;
    let mut names = Vec::new();
    let mut buffer = Vec::with_capacity(32 << 10);
    let mut entries = RawDir::new(own, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(name.to_vec());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Removes `name` and all beneath it, without following a link.
pub fn remove_tree(parent: BorrowedFd<'_>, name: &[u8]) -> Result<(), Errno> {
    use rustix::fs::{AtFlags, unlinkat};
    match unlinkat(parent, name, AtFlags::empty()) {
        Err(Errno::ISDIR) => {}
        done => return done,
    }
    let directory = openat(parent, name, DIRECTORY, Mode::empty())?;
    for child in names(directory.as_fd())? {
        remove_tree(directory.as_fd(), &child)?;
    }
    unlinkat(parent, name, AtFlags::REMOVEDIR)
}

/// The failure of a system call upon the entry `path`.
pub fn failed(verb: &str, path: &[u8], error: Errno) -> Failure {
    Failure::io(verb, super::path::shown(path), error)
}
