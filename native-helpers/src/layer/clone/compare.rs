//! From a clone in which a step has worked to its layer.

use std::collections::{HashMap, HashSet};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{AtFlags, FileType, Mode, Stat, fchmod, fstat, linkat, statat, unlinkat};

use super::super::archive::reserved;
use super::super::commit;
use super::super::directories::{Directories, failed, names};
use super::super::metadata::{mtime, set_mtime};
use super::super::path::{join, shown, split};
use super::super::target::{Directory, Missing, Target};
use super::super::whiteout::{self, Form, is_whiteout};
use super::entry::{self, Original};
use super::scan::{Change, Snapshot, What, scan};
use super::touched::Touched;
use crate::failure::Failure;
use crate::ownership::{self, Owner};
use crate::protocol::messages::{CommitParams, CommitResult};
use crate::tree::directory::Meta;

/// A clone, the layers that it was made of, topmost first, and where its changes are to go: a new directory.
pub struct Comparing<'a> {
    pub root: &'a Path,
    pub lowers: &'a [String],
    pub upper: &'a Path,
    /// Seconds since 1970; new times later than this become this.
    pub epoch: Option<i64>,
    /// A process worked in the clone, and not the helper alone.
    pub process: bool,
}

pub struct Compared {
    pub layer: CommitResult,
    /// The state of the clone, if it is now what the layer and those below show together.
    pub now: Option<Snapshot>,
}

impl Comparing<'_> {
    pub fn compare(&self, before: &Snapshot, touched: &Touched) -> Result<Compared, Failure> {
        let (now, changes) = scan(self.root, Some(before))?;
        let mut upper = Upper {
            root: Directories::open_root(self.root)?,
            target: Target::create(self.upper)?,
            described: HashSet::from([Vec::new()]),
            first_names: HashMap::new(),
            sockets: Vec::new(),
            faithful: true,
            before,
            touched,
            of_process: self.process,
            now: &now,
        };
        for change in &changes {
            upper.take(change)?;
        }
        let Upper { target, sockets, faithful, .. } = upper;
        target.finish()?;
        let (lowers, upper) = (self.lowers.to_vec(), self.upper.display().to_string());
        let layer = commit(&CommitParams { upper, lowers, epoch: self.epoch, process: self.process })?;
        let now = if faithful { Some(self.settle(now, &sockets)?) } else { None };
        Ok(Compared { layer, now })
    }

    /// Gives the clone the times that its changes have got in the layer, and takes away what layers do not hold.
    fn settle(&self, now: Snapshot, sockets: &[Vec<u8>]) -> Result<Snapshot, Failure> {
        let (root, upper) = (Directories::open_root(self.root)?, Directories::open_root(self.upper)?);
        let mut settling = Settling { root, upper, form: Form::Devices, now };
        for socket in sockets {
            settling.remove(socket)?;
        }
        settling.all()?;
        Ok(settling.now)
    }
}

/// What becomes of the other names of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    Kept,
    /// This name gets a file of its own, as an overlay does it.
    Parted,
}

/// The upper directory while it is filled.
struct Upper<'a> {
    root: Directories,
    target: Target,
    /// The directories that have their metadata, by path.
    described: HashSet<Vec<u8>>,
    /// Of files with several names, by inode: the path that was written first.
    first_names: HashMap<u64, Vec<u8>>,
    sockets: Vec<Vec<u8>>,
    /// The clone looks as the layers will.
    faithful: bool,
    before: &'a Snapshot,
    touched: &'a Touched,
    of_process: bool,
    now: &'a Snapshot,
}

impl Upper<'_> {
    fn take(&mut self, Change { path, what }: &Change) -> Result<(), Failure> {
        let (parent, name) = split(path);
        match what {
            What::Gone => {
                let parent = self.directory(parent)?;
                self.target.make_whiteout(&parent, name)
            }
            What::Is(_) if name.starts_with(whiteout::PREFIX) => Err(reserved(path)),
            What::Is(Meta { kind: FileType::Directory, .. }) => self.directory(path).map(drop),
            What::Is(Meta { kind: FileType::Socket, .. }) => {
                // What a socket has replaced shows again in the layers.
                self.faithful &= self.before.get(path).is_none();
                self.sockets.push(path.clone());
                self.directory(parent).map(drop)
            }
            What::Is(meta) if self.keeps_name(path, meta) => {
                let is_touched = self.touched.contains(path);
                // What is in the layers for this name is what the clone had before.
                self.faithful &= !is_touched && self.before.get(path).is_some_and(|known| says_the_same(known, meta));
                if is_touched { self.leaf(path, meta, Links::Parted) } else { Ok(()) }
            }
            What::Is(meta) => self.leaf(path, meta, Links::Kept),
        }
    }

    /// Whether this is a name, of a file with several, that the layers below have already. The names that the step has
    /// made become links of each other instead: mostly it has moved a whole directory.
    fn keeps_name(&self, path: &[u8], meta: &Meta) -> bool {
        self.before.get(path).is_some_and(|known| known.inode == meta.inode)
            && self.before.had_links(self.now, meta.inode)
    }

    fn leaf(&mut self, path: &[u8], meta: &Meta, links: Links) -> Result<(), Failure> {
        let (above, name) = split(path);
        let parent = self.directory(above)?;
        if meta.links > 1 && links == Links::Kept {
            if let Some(first) = self.first_names.get(&meta.inode).cloned() {
                let (first_parent, first_name) = split(&first);
                let first_parent = self.target.directory(first_parent, Missing::Fail)?;
                self.target.enter(&parent)?;
                return linkat(&first_parent.fd, first_name, &parent.fd, name, AtFlags::empty())
                    .map_err(|error| failed("link", path, error));
            }
            self.first_names.insert(meta.inode, path.to_vec());
        }
        let from = self.open(above)?;
        let stat = stat(&from, path)?;
        if is_whiteout(&stat) {
            let message = format!("{} is a 0:0 device, which would delete it in a layer instead", shown(path));
            return Err(Failure::new("layer-unsupported", message));
        }
        let original = Original { parent: from.as_fd(), name, path, stat: &stat };
        self.target.enter(&parent)?;
        let copied = entry::copy(original, parent.fd.as_fd())?;
        // What a process says of devices is not always believed, and then the clone says more than the layer.
        self.faithful &= !(copied.is_recorded && self.of_process);
        Ok(())
    }

    /// The directory at `path`, with the metadata that it and those above it have in the clone.
    fn directory(&mut self, path: &[u8]) -> Result<Directory, Failure> {
        if !self.described.contains(path) {
            self.directory(split(path).0)?;
            let directory = self.target.directory(path, Missing::Create)?;
            let handle = self.open(path)?;
            self.target.describe_directory(path.to_vec(), entry::of_directory(handle.as_fd(), path)?);
            self.described.insert(path.to_vec());
            return Ok(directory);
        }
        self.target.directory(path, Missing::Fail)
    }

    fn open(&mut self, path: &[u8]) -> Result<Rc<OwnedFd>, Failure> {
        self.root.open(path).map_err(|error| failed("open", path, error))
    }
}

/// The clone while it follows the layer.
struct Settling {
    root: Directories,
    upper: Directories,
    form: Form,
    now: Snapshot,
}

impl Settling {
    fn remove(&mut self, path: &[u8]) -> Result<(), Failure> {
        let (parent, name) = split(path);
        let directory = self.root.open(parent).map_err(|error| failed("open", path, error))?;
        let before = fstat(&directory).map_err(|error| failed("inspect", parent, error))?;
        unlinkat(&directory, name, AtFlags::empty()).map_err(|error| failed("remove", path, error))?;
        self.now.set(path, None);
        if parent.is_empty() { Ok(()) } else { self.entry(parent, &before) }
    }

    fn all(&mut self) -> Result<(), Failure> {
        self.top()?;
        let mut todo = vec![Vec::new()];
        while let Some(path) = todo.pop() {
            let directory = self.upper.open(&path).map_err(|error| failed("open", &path, error))?;
            for name in names(directory.as_fd()).map_err(|error| failed("list", &path, error))? {
                let stat = stat(&directory, &join(&path, &name))?;
                if self.form.is_mark(&name) || self.form.deleted(&name, &stat).is_some() {
                    continue;
                }
                let path = join(&path, &name);
                self.entry(&path, &stat)?;
                if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                    todo.push(path);
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &[u8], settled: &Stat) -> Result<(), Failure> {
        let (parent, name) = split(path);
        let parent = self.root.open(parent).map_err(|error| failed("open", path, error))?;
        set_mtime(&parent, name, mtime(settled)).map_err(|error| failed("set the time of", path, error))?;
        self.now.set(path, Some(Meta::from(stat(&parent, path)?)));
        Ok(())
    }

    /// A layer says nothing of its root: whatever the step has done to that, the next step finds it as always.
    fn top(&mut self) -> Result<(), Failure> {
        let inspected = |error| failed("inspect", &[], error);
        let (root, upper) = (self.root.open(&[]).map_err(inspected)?, self.upper.open(&[]).map_err(inspected)?);
        self.form = Form::of(&upper).map_err(inspected)?;
        let found = fstat(&upper).map_err(inspected)?;
        let found = ownership::seen(&upper, found).map_err(inspected)?;
        ownership::give(&root, Owner { uid: found.st_uid, gid: found.st_gid })
            .and_then(|()| fchmod(&root, Mode::from_raw_mode(found.st_mode & 0o7777)))
            .map_err(|error| failed("set the mode of", &[], error))
    }
}

/// Whether nothing but links to the file came or went.
fn says_the_same(known: &Meta, meta: &Meta) -> bool {
    *known == Meta { links: known.links, changed: known.changed, ..*meta }
}

fn stat(parent: &OwnedFd, path: &[u8]) -> Result<Stat, Failure> {
    statat(parent, split(path).1, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| failed("inspect", path, error))
}
