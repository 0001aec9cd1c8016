//! Paths inside a root directory. Symbolic links are resolved as if the root were `/`; nothing leads out of it.
//!
//! The walk holds a handle on every directory it passed and opens one component at a time without following it, so it
//! needs no `openat2` (which older seccomp profiles refuse), cannot be raced, reads `/proc` links as plain text, and can
//! tell what is missing. `..` goes back to the handle above, and stops at the root.

use std::collections::VecDeque;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::tree::directory::{self, Meta, c_name, join};

/// Where a path leads.
#[derive(Debug)]
pub struct Resolution {
    /// The last directory that exists on the way (opened with O_PATH), and its path below the root.
    pub directory: OwnedFd,
    pub path: Vec<u8>,
    pub rest: Rest,
    /// The paths of the symbolic links that were followed.
    pub links: Vec<Vec<u8>>,
}

/// What follows after the last existing directory.
#[derive(Debug)]
pub enum Rest {
    /// The path is that directory.
    Nothing,
    /// The path is this entry of it, neither directory nor symbolic link.
    Leaf { name: CString, meta: Meta },
    /// These components do not exist.
    Missing(Vec<CString>),
    /// A component that is not a directory stands in the way; its path below the root.
    Blocked(Vec<u8>),
}

/// As many as the kernel follows, and as moby does.
const MAX_LINKS: usize = 255;

/// Resolves `path`, absolute or not, from `root`. Fails only on system errors and on too many links.
pub fn resolve(root: BorrowedFd<'_>, path: &[u8]) -> Result<Resolution, Failure> {
    let mut walk = Walk { todo: components(path).collect(), ..Walk::default() };
    while let Some(component) = walk.todo.pop_front() {
        if let Some(rest) = walk.step(root, component)? {
            return walk.end(root, rest);
        }
    }
    let rest = match walk.missing.is_empty() {
        true => Rest::Nothing,
        false => Rest::Missing(std::mem::take(&mut walk.missing)),
    };
    walk.end(root, rest)
}

#[derive(Default)]
struct Walk {
    todo: VecDeque<Vec<u8>>,
    /// The directories passed, by name.
    passed: Vec<(Vec<u8>, OwnedFd)>,
    missing: Vec<CString>,
    links: Vec<Vec<u8>>,
}

impl Walk {
    /// Takes one component; answers where the walk ends, when it ends here.
    fn step(&mut self, root: BorrowedFd<'_>, component: Vec<u8>) -> Result<Option<Rest>, Failure> {
        if component == b".." {
            if self.missing.pop().is_none() {
                self.passed.pop();
            }
            return Ok(None);
        }
        let name = c_name(&component)?;
        if !self.missing.is_empty() {
            self.missing.push(name);
            return Ok(None);
        }
        let here = self.passed.last().map_or(root, |(_, handle)| handle.as_fd());
        let path = join(&self.path(), &component);
        let failed = |error| Failure::io("open", in_root(&path), error);
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let entry = match rustix::fs::openat(here, &name, flags, Mode::empty()) {
            Ok(entry) => entry,
            Err(Errno::NOENT) => {
                self.missing.push(name);
                return Ok(None);
            }
            Err(error) => return Err(failed(error)),
        };
        let meta = directory::meta(&entry).map_err(failed)?;
        match meta.kind {
            FileType::Directory => self.passed.push((component, entry)),
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(&entry, c"", Vec::new()).map_err(failed)?;
                self.follow(path, target.as_bytes())?;
            }
            _ if self.todo.is_empty() => return Ok(Some(Rest::Leaf { name, meta })),
            _ => return Ok(Some(Rest::Blocked(path))),
        }
        Ok(None)
    }

    fn follow(&mut self, link: Vec<u8>, target: &[u8]) -> Result<(), Failure> {
        if self.links.len() == MAX_LINKS {
            return Err(Failure::new("too-many-links", format!("too many symbolic links at {}", in_root(&link)))
                .with_hint("look for a link that leads back to itself"));
        }
        self.links.push(link);
        if target.starts_with(b"/") {
            self.passed.clear();
        }
        for component in components(target).rev() {
            self.todo.push_front(component);
        }
        Ok(())
    }

    fn path(&self) -> Vec<u8> {
        self.passed.iter().fold(Vec::new(), |path, (name, _)| join(&path, name))
    }

    fn end(mut self, root: BorrowedFd<'_>, rest: Rest) -> Result<Resolution, Failure> {
        let path = self.path();
        let directory = match self.passed.pop() {
            Some((_, handle)) => handle,
            None => directory::duplicate(root).map_err(|error| Failure::io("open", "/", error))?,
        };
        Ok(Resolution { directory, path, rest, links: self.links })
    }
}

/// A path below a root as messages show it: absolute, as it looks from inside.
pub fn in_root(path: &[u8]) -> String {
    format!("/{}", String::from_utf8_lossy(path))
}

fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = Vec<u8>> + '_ {
    path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).map(<[u8]>::to_vec)
}
