//! Open directories beneath one root, found by their path component by component and never through a symbolic link.

use std::collections::HashMap;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{Mode, OFlags, RawDir, open, openat};
use rustix::io::Errno;

use super::path::{is_within, split};
use crate::failure::Failure;

/// How many directories stay open. Trees are deeper than the number of files a process may open.
const CAPACITY: usize = 128;

/// On a long way down the last directories stay open and one in so many of those before, so that the way back up does
/// not begin at the root every time.
const LAST: usize = 32;
const STRIDE: usize = 64;

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
        Ok(Self::of(root))
    }

    pub fn of(root: OwnedFd) -> Self {
        Self { root: Rc::new(root), recent: HashMap::new(), clock: 0 }
    }

    /// Opens the directory at a clean path. `ENOTDIR` tells that the way leads over something else, e.g. a link.
    pub fn open(&mut self, path: &[u8]) -> Result<Rc<OwnedFd>, Errno> {
        let (mut here, mut directory) = self.nearest(path);
        let (mut depth, deepest) = (depth(here), depth(path));
        while here.len() < path.len() {
            let start = if here.is_empty() { 0 } else { here.len() + 1 };
            let rest = path.get(start..).unwrap_or_default();
            let name = rest.split(|&byte| byte == b'/').next().unwrap_or_default();
            directory = Rc::new(openat(&directory, name, DIRECTORY, Mode::empty())?);
            here = path.get(..start + name.len()).unwrap_or(path);
            depth += 1;
            if deepest - depth < LAST || depth % STRIDE == 0 {
                self.keep(here, &directory);
            }
        }
        Ok(directory)
    }

    /// The open directory that is `path` or lies closest above it, and its path.
    fn nearest<'a>(&mut self, path: &'a [u8]) -> (&'a [u8], Rc<OwnedFd>) {
        self.clock += 1;
        let mut here = path;
        while !here.is_empty() {
            if let Some((directory, used)) = self.recent.get_mut(here) {
                *used = self.clock;
                return (here, Rc::clone(directory));
            }
            here = split(here).0;
        }
        (here, Rc::clone(&self.root))
    }

    /// To be called when the directory at `path` goes away or is replaced.
    pub fn forget(&mut self, path: &[u8]) {
        self.recent.retain(|known, _| !is_within(known, path));
    }

    fn keep(&mut self, path: &[u8], directory: &Rc<OwnedFd>) {
        if self.recent.len() >= CAPACITY {
            let oldest = self.recent.iter().min_by_key(|(_, (_, used))| *used).map(|(path, _)| path.clone());
            oldest.and_then(|path| self.recent.remove(&path));
        }
        self.recent.insert(path.to_vec(), (Rc::clone(directory), self.clock));
    }
}

/// How many components a clean path has.
fn depth(path: &[u8]) -> usize {
    if path.is_empty() { 0 } else { 1 + path.iter().filter(|&&byte| byte == b'/').count() }
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

/// The failure of a system call upon the entry `path`.
pub fn failed(verb: &str, path: &[u8], error: Errno) -> Failure {
    Failure::io(verb, super::path::shown(path), error)
}
