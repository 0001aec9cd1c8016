//! What the lower layers of an overlay show together, asked path by path without mounting them.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, open, openat, statat};
use rustix::io::Errno;

use super::device;
use super::directories::{failed, names};
use super::path::join;
use super::whiteout::{self, Form};
use crate::failure::Failure;
use crate::ownership;

/// Layer directories, topmost first.
pub struct Lowers {
    roots: Vec<OwnedFd>,
    /// They lie side by side, on one file system.
    form: Form,
}

/// The layers, by index, whose directories of one path are merged. In each of them that path leads over directories
/// only, never over a link, so it may be looked up as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged(Vec<usize>);

/// The entry that the lower layers show for a name.
pub struct Found {
    pub stat: Stat,
    /// The topmost layer that has it.
    layer: usize,
    /// For a directory, the layers it is merged from.
    pub merged: Merged,
}

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Lowers {
    pub fn open(paths: &[String]) -> Result<Self, Failure> {
        let roots = paths
            .iter()
            .map(|path| open(path, DIRECTORY, Mode::empty()).map_err(|error| Failure::io("open", path, error)));
        let roots: Vec<OwnedFd> = roots.collect::<Result<_, _>>()?;
        let form = roots.first().map_or(Ok(Form::Devices), Form::of);
        Ok(Self { roots, form: form.map_err(|error| failed("inspect", &[], error))? })
    }

    /// The merged root directory: all layers down to one whose root is opaque.
    pub fn root(&self) -> Result<Merged, Failure> {
        let mut merged = Vec::new();
        for (layer, root) in self.roots.iter().enumerate() {
            merged.push(layer);
            if whiteout::is_opaque(root.as_fd()).map_err(|error| failed("inspect", &[], error))? {
                break;
            }
        }
        Ok(Merged(merged))
    }

    /// Looks up `path`, whose parent directory is merged from `parent`: the topmost layer that knows the name decides,
    /// and a directory reaches down to the next whiteout, opaque directory or entry of another kind.
    pub fn find(&self, parent: &Merged, path: &[u8]) -> Result<Option<Found>, Failure> {
        let mut found: Option<Found> = None;
        for (layer, root) in self.of(parent) {
            let stat = statat(root, path, AtFlags::SYMLINK_NOFOLLOW)
                .and_then(|stat| ownership::seen_at(root, path, stat))
                .and_then(|stat| device::seen(root, path, stat));
            let stat = match stat {
                Ok(stat) => stat,
                Err(Errno::NOENT)
                    if self.form.deletes(root, path).map_err(|error| failed("inspect", path, error))? =>
                {
                    break;
                }
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(failed("inspect", path, error)),
            };
            if whiteout::is_whiteout(&stat) {
                break;
            }
            let is_directory = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
            if !is_directory && found.is_some() {
                break;
            }
            let entry = found.get_or_insert(Found { stat, layer, merged: Merged::default() });
            if !is_directory {
                break;
            }
            entry.merged.0.push(layer);
            let directory =
                openat(root, path, DIRECTORY, Mode::empty()).map_err(|error| failed("open", path, error))?;
            if whiteout::is_opaque(directory.as_fd()).map_err(|error| failed("inspect", path, error))? {
                break;
            }
        }
        Ok(found)
    }

    /// The names that the directory at `path`, merged from `merged`, shows.
    pub fn names(&self, merged: &Merged, path: &[u8]) -> Result<BTreeSet<Vec<u8>>, Failure> {
        let mut shown = BTreeSet::new();
        let mut deleted = BTreeSet::new();
        for (_, root) in self.of(merged) {
            let here: &[u8] = if path.is_empty() { b"." } else { path };
            let directory =
                openat(root, here, DIRECTORY, Mode::empty()).map_err(|error| failed("open", path, error))?;
            for name in names(directory.as_fd()).map_err(|error| failed("list", path, error))? {
                let stat = statat(&directory, &*name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_err(|error| failed("inspect", &join(path, &name), error))?;
                if self.form.is_mark(&name) {
                    continue;
                }
                if let Some(gone) = self.form.deleted(&name, &stat) {
                    deleted.insert(gone.to_vec());
                } else if !deleted.contains(&name) {
                    shown.insert(name);
                }
            }
        }
        Ok(shown)
    }

    /// Opens the file or directory at `path` that was `found`.
    pub fn open_found(&self, found: &Found, path: &[u8]) -> Result<OwnedFd, Failure> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let root = self.root_of(found, path)?;
        openat(root, path, flags, Mode::empty()).map_err(|error| failed("open", path, error))
    }

    /// The target of the link at `path` that was `found`.
    pub fn read_link(&self, found: &Found, path: &[u8]) -> Result<Vec<u8>, Failure> {
        let target = rustix::fs::readlinkat(self.root_of(found, path)?, path, Vec::new());
        target.map(std::ffi::CString::into_bytes).map_err(|error| failed("read", path, error))
    }

    fn root_of(&self, found: &Found, path: &[u8]) -> Result<&OwnedFd, Failure> {
        self.roots.get(found.layer).ok_or_else(|| failed("open", path, Errno::NOENT))
    }

    fn of<'a>(&'a self, merged: &'a Merged) -> impl Iterator<Item = (usize, &'a OwnedFd)> {
        merged.0.iter().filter_map(|&layer| Some((layer, self.roots.get(layer)?)))
    }
}
