//! The directory a layer is unpacked into. Every entry is made beneath it whatever its name says: a parent is opened
//! component by component, links among the parents are resolved here with this directory as their root, and an entry
//! that is already there is replaced, never written through.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{AtFlags, FileType, Mode, mkdirat, readlinkat, statat, unlinkat};
use rustix::io::Errno;

use super::directories::{Directories, failed};
use super::forget_acls;
use super::metadata::Metadata;
use super::path::{self, components, is_within, join, shown, split};
use super::tar::Time;
use super::whiteout::{self, Form};
use crate::failure::Failure;
use crate::tree::remove_directory;

/// As many links as the kernel follows in one path.
const MOST_LINKS: usize = 40;

pub struct Target {
    directories: Directories,
    form: Form,
    /// What directories get when nothing more is made in them. Not earlier: their time changes with every entry made in
    /// them, a set-group-id bit would be inherited, and one without the write bit would refuse an ordinary user.
    pending: BTreeMap<Vec<u8>, Metadata>,
    /// All that is here was made by this target.
    is_new: bool,
    /// What those get that no entry describes.
    unlisted: Metadata,
}

/// An open directory and its path, which has no links in it.
pub struct Directory {
    pub fd: Rc<OwnedFd>,
    pub path: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    Create,
    Fail,
}

impl Target {
    /// Makes the new directory `path` and opens it.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        mkdirat(rustix::fs::CWD, path, PRIVATE).map_err(|error| Failure::io("create", path, error))?;
        forget_acls(path)?;
        let mut directories = Directories::open_root(path)?;
        let form = directories.open(&[]).and_then(Form::of).map_err(|error| failed("inspect", &[], error))?;
        let unlisted = Metadata::of_unlisted_directory();
        let pending = BTreeMap::from([(Vec::new(), unlisted.clone())]);
        Ok(Self { directories, form, pending, is_new: true, unlisted })
    }

    /// The directory that `root` is, which exists and keeps its own metadata. Directories that no entry describes are of
    /// the time `now`, as if a program made them.
    pub fn within(root: OwnedFd, now: Time) -> Self {
        let unlisted = Metadata { mtime: now, ..Metadata::of_unlisted_directory() };
        let form = Form::Devices;
        Self { directories: Directories::of(root), form, pending: BTreeMap::new(), is_new: false, unlisted }
    }

    /// Opens the directory at the clean path `path`, following links within the target.
    pub fn directory(&mut self, path: &[u8], missing: Missing) -> Result<Directory, Failure> {
        if let Ok(fd) = self.directories.open(path) {
            return Ok(Directory { fd, path: path.to_vec() });
        }
        let mut here = Directory { fd: self.open(&[])?, path: Vec::new() };
        let mut todo: Vec<Vec<u8>> = components(path).rev().map(<[u8]>::to_vec).collect();
        let mut links = 0;
        while let Some(name) = todo.pop() {
            if name == b".." {
                let parent = split(&here.path).0.to_vec();
                here = Directory { fd: self.open(&parent)?, path: parent };
                continue;
            }
            let child = join(&here.path, &name);
            if child.len() > path::LONGEST {
                return Err(path::too_long(&child));
            }
            match self.directories.open(&child) {
                Ok(fd) => here = Directory { fd, path: child },
                Err(Errno::NOENT) if missing == Missing::Create => {
                    here = self.make_directory(&here, &name)?;
                }
                Err(Errno::NOTDIR) => match self.link_target(&here, &name)? {
                    Some(target) => {
                        links += 1;
                        if links > MOST_LINKS {
                            return Err(failed("open", path, Errno::LOOP));
                        }
                        if target.starts_with(b"/") {
                            here = Directory { fd: self.open(&[])?, path: Vec::new() };
                        }
                        todo.extend(components(&target).rev().map(<[u8]>::to_vec));
                    }
                    None if missing == Missing::Create => here = self.make_directory(&here, &name)?,
                    None => return Err(failed("open", &child, Errno::NOTDIR)),
                },
                Err(error) => return Err(failed("open", &child, error)),
            }
        }
        Ok(here)
    }

    /// Makes `name` a directory unless it is one. Instead of a whiteout it becomes opaque: the lower layers' directory
    /// of that name is deleted.
    pub fn make_directory(&mut self, parent: &Directory, name: &[u8]) -> Result<Directory, Failure> {
        self.enter(parent)?;
        let path = join(&parent.path, name);
        let mut replaces_whiteout = false;
        if let Err(error) = mkdirat(&parent.fd, name, PRIVATE) {
            if error != Errno::EXIST {
                return Err(failed("create", &path, error));
            }
            let stat = self.stat(parent, name)?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => {
                    let directory = Directory { fd: self.open(&path)?, path };
                    self.enter(&directory)?;
                    return Ok(directory);
                }
                _ => replaces_whiteout = whiteout::is_whiteout(&stat),
            }
            unlinkat(&parent.fd, name, AtFlags::empty()).map_err(|error| failed("replace", &path, error))?;
            mkdirat(&parent.fd, name, PRIVATE).map_err(|error| failed("create", &path, error))?;
        }
        let fd = self.open(&path)?;
        replaces_whiteout |= self.clear_whiteout(parent, name)?;
        if replaces_whiteout {
            whiteout::set_opaque(fd.as_fd()).map_err(|error| failed("make opaque", &path, error))?;
        }
        self.pending.insert(path.clone(), self.unlisted.clone());
        Ok(Directory { fd, path })
    }

    /// Makes an entry that is not a directory with `make`, which must fail with `EEXIST` rather than touch what is
    /// there; then that is taken away first. Answers how `make` ended.
    pub fn make_other<T>(
        &mut self,
        parent: &Directory,
        name: &[u8],
        make: impl Fn(BorrowedFd<'_>, &[u8]) -> Result<T, Errno>,
    ) -> Result<Result<T, Errno>, Failure> {
        self.enter(parent)?;
        self.clear_whiteout(parent, name)?;
        match make(parent.fd.as_fd(), name) {
            Err(Errno::EXIST) => {}
            done => return Ok(done),
        }
        self.remove(parent, name)?;
        Ok(make(parent.fd.as_fd(), name))
    }

    fn remove(&mut self, parent: &Directory, name: &[u8]) -> Result<(), Failure> {
        let path = join(&parent.path, name);
        match unlinkat(&parent.fd, name, AtFlags::empty()) {
            // What is no directory has nothing beneath it that anything here would remember.
            Ok(()) => return Ok(()),
            Err(Errno::ISDIR) => {}
            Err(error) => return Err(failed("replace", &path, error)),
        }
        let c_name = CString::new(name).map_err(|_| failed("replace", &path, Errno::INVAL))?;
        remove_directory(parent.fd.as_fd(), &c_name, Path::new(&shown(&path)))?;
        self.directories.forget(&path);
        self.pending.retain(|known, _| !is_within(known, &path));
        Ok(())
    }

    /// Deletes `name` of the lower layers. What this layer itself has there stays (image-spec, layer.md, "Whiteouts":
    /// they apply to lower layers only), whichever comes first.
    pub fn make_whiteout(&mut self, parent: &Directory, name: &[u8]) -> Result<(), Failure> {
        self.enter(parent)?;
        let path = join(&parent.path, name);
        match self.form.make(&parent.fd, name) {
            Ok(()) => return Ok(()),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(failed("create a whiteout for", &path, error)),
        }
        let stat = self.stat(parent, name)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            let fd = self.open(&path)?;
            whiteout::set_opaque(fd.as_fd()).map_err(|error| failed("make opaque", &path, error))?;
        }
        Ok(())
    }

    /// Says what the directory at `path` gets in the end.
    pub fn describe_directory(&mut self, path: Vec<u8>, metadata: Metadata) {
        self.pending.insert(path, metadata);
    }

    /// Gets ready to change `directory`. Archives mostly list a directory's entries in one run, so those that are left get
    /// their metadata here, and memory does not grow with their number; one that is entered again gets it again later.
    /// In a tree that was there before, nobody could tell then which directories are older.
    pub fn enter(&mut self, directory: &Directory) -> Result<(), Failure> {
        let Directory { fd, path } = directory;
        if !self.is_new {
            return Ok(());
        }
        while let Some(left) = self.pending.last_entry().filter(|last| !is_within(path, last.key())) {
            let (path, metadata) = left.remove_entry();
            metadata.set(self.open(&path)?.as_fd(), &path)?;
        }
        if !self.pending.contains_key(path) {
            self.pending.insert(path.clone(), Metadata::take_off(fd.as_fd(), path)?);
        }
        Ok(())
    }

    /// Gives the directories their metadata, children before parents.
    pub fn finish(mut self) -> Result<(), Failure> {
        while let Some((path, metadata)) = self.pending.pop_last() {
            let fd = self.open(&path)?;
            metadata.set(fd.as_fd(), &path)?;
        }
        Ok(())
    }

    /// Where whiteouts are files of another name, one must go when what it deletes comes anew.
    fn clear_whiteout(&self, parent: &Directory, name: &[u8]) -> Result<bool, Failure> {
        let cleared = self.form.clear(&parent.fd, name);
        cleared.map_err(|error| failed("replace the whiteout of", &join(&parent.path, name), error))
    }

    /// How many directories await their metadata.
    #[cfg(test)]
    pub fn unfinished(&self) -> usize {
        self.pending.len()
    }

    fn open(&mut self, path: &[u8]) -> Result<Rc<OwnedFd>, Failure> {
        self.directories.open(path).map_err(|error| failed("open", path, error))
    }

    fn stat(&self, parent: &Directory, name: &[u8]) -> Result<rustix::fs::Stat, Failure> {
        statat(&parent.fd, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| failed("inspect", &join(&parent.path, name), error))
    }

    /// Where a link among the parents of an entry leads; nothing if a whiteout stands there.
    fn link_target(&self, parent: &Directory, name: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        let path = join(&parent.path, name);
        let stat = self.stat(parent, name)?;
        if whiteout::is_whiteout(&stat) {
            return Ok(None);
        }
        if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
            let message = format!("the layer has entries beneath {}, which is not a directory", shown(&path));
            return Err(Failure::new("layer-malformed", message));
        }
        let target = readlinkat(&parent.fd, name, Vec::new()).map_err(|error| failed("read", &path, error))?;
        Ok(Some(target.into_bytes()))
    }
}

const PRIVATE: Mode = Mode::RWXU;
