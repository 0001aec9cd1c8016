//! What layers show together, laid out as a directory of its own.

use std::collections::{BTreeMap, HashMap};
use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, linkat, mkdirat, openat, statat};
use rustix::io::Errno;

use super::super::directories::failed;
use super::super::forget_acls;
use super::super::metadata::Metadata;
use super::super::path::{components, join};
use super::super::whiteout::{self, Form};
use super::entry::{self, Original};
use crate::failure::Failure;
use crate::tree::crew;
use crate::tree::directory;

/// How files come into the new directory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// With content of their own; where the file system can, the copy shares its blocks.
    Copied,
    /// As one more name of the layer's own file, for those who only read.
    Linked,
}

#[derive(Default)]
pub struct Made {
    pub entries: u64,
    pub bytes: u64,
}

/// Makes the new directory `target` of the layer directories `lowers`, topmost first.
pub fn flatten(lowers: &[String], target: &Path, manner: Manner) -> Result<Made, Failure> {
    mkdirat(rustix::fs::CWD, target, Mode::RWXU).map_err(|error| Failure::io("create", target, error))?;
    forget_acls(target)?;
    let top = directory::open(target)?;
    let handles = lowers.iter().map(|lower| directory::open(Path::new(lower))).collect::<Result<Vec<_>, _>>()?;
    let form = handles.first().map_or(Ok(Form::Devices), Form::of).map_err(|error| failed("inspect", &[], error))?;
    let metadata = match handles.first() {
        Some(handle) => entry::of_directory(handle.as_fd(), &[])?,
        None => Metadata::of_unlisted_directory(),
    };
    let handles = until_opaque(handles, &[])?;
    let flattening =
        Flattening { form, manner, top: &top, first_names: Mutex::default(), entries: 0.into(), bytes: 0.into() };
    let target = directory::duplicate(&top).map_err(|error| failed("open", &[], error))?;
    let open = Arc::new(Open { handles, target, path: Vec::new(), metadata, above: None });
    let mut jobs = Vec::new();
    flattening.plan(&open, &mut jobs)?;
    flattening.release(open)?;
    crew::work(jobs, |job, more| flattening.run(job, more))?;
    Ok(Made { entries: flattening.entries.into_inner(), bytes: flattening.bytes.into_inner() })
}

struct Flattening<'a> {
    form: Form,
    manner: Manner,
    top: &'a OwnedFd,
    /// Of every file with several names in a layer, by device and inode: the path that was made first.
    first_names: Mutex<HashMap<(u64, u64), Vec<u8>>>,
    entries: AtomicU64,
    bytes: AtomicU64,
}

/// A directory that is being filled. Every job within holds it; whoever lets go last gives it its metadata.
struct Open {
    /// The layers' directories that are merged in it, topmost first.
    handles: Vec<OwnedFd>,
    target: OwnedFd,
    path: Vec<u8>,
    metadata: Metadata,
    above: Option<Arc<Open>>,
}

enum Job {
    /// `layers` are those of the handles above that have the directory.
    Directory {
        above: Arc<Open>,
        name: CString,
        layers: Vec<usize>,
    },
    Leaves {
        above: Arc<Open>,
        leaves: Vec<(CString, usize)>,
    },
}

/// A name on the way down the layers.
struct Shown {
    layers: Vec<usize>,
    is_directory: bool,
    /// Nothing further below shows through.
    closed: bool,
}

/// How many leaves one job handles: enough to make locks cheap, few enough to keep every thread busy.
const BATCH: usize = 64;

impl Flattening<'_> {
    fn run(&self, job: Job, more: &mut Vec<Job>) -> Result<(), Failure> {
        match job {
            Job::Directory { above, name, layers } => {
                let open = Arc::new(self.open(above, &name, &layers)?);
                self.plan(&open, more)?;
                self.release(open)
            }
            Job::Leaves { above, leaves } => {
                for (name, layer) in &leaves {
                    self.leaf(&above, name, *layer)?;
                }
                self.release(above)
            }
        }
    }

    fn open(&self, above: Arc<Open>, name: &CString, layers: &[usize]) -> Result<Open, Failure> {
        let path = join(&above.path, name.to_bytes());
        let opened = |error| failed("open", &path, error);
        let parents = layers.iter().filter_map(|&layer| above.handles.get(layer));
        let handles = parents.map(|parent| directory::open_at(parent, name).map_err(opened));
        let handles = until_opaque(handles.collect::<Result<Vec<_>, _>>()?, &path)?;
        let metadata = match handles.first() {
            Some(handle) => entry::of_directory(handle.as_fd(), &path)?,
            None => Metadata::of_unlisted_directory(),
        };
        mkdirat(&above.target, name, Mode::RWXU).map_err(|error| failed("create", &path, error))?;
        let target = directory::open_at(&above.target, name).map_err(opened)?;
        self.entries.fetch_add(1, Ordering::Relaxed);
        Ok(Open { handles, target, path, metadata, above: Some(above) })
    }

    /// Finds what the directory shows, and makes jobs of it.
    fn plan(&self, open: &Arc<Open>, more: &mut Vec<Job>) -> Result<(), Failure> {
        let mut all: BTreeMap<CString, Shown> = BTreeMap::new();
        for (layer, handle) in open.handles.iter().enumerate() {
            let mut deleted = Vec::new();
            for found in directory::list(handle.as_fd()).map_err(|error| failed("list", &open.path, error))? {
                let directory::Name { name, is_directory, is_socket } = found;
                if is_socket || self.form.is_mark(name.to_bytes()) {
                    continue;
                }
                if !is_directory && let Some(gone) = self.deleted(open, layer, &name)? {
                    deleted.push(gone);
                    continue;
                }
                match all.get_mut(&name) {
                    None => drop(all.insert(name, Shown { layers: vec![layer], is_directory, closed: !is_directory })),
                    Some(shown) if shown.closed => {}
                    Some(shown) if is_directory => shown.layers.push(layer),
                    Some(shown) => shown.closed = true,
                }
            }
            // They delete what is further below, not what is beside them.
            for name in deleted {
                all.entry(name).or_insert(Shown { layers: Vec::new(), is_directory: false, closed: true }).closed =
                    true;
            }
        }
        let mut leaves = Vec::new();
        for (name, Shown { layers, is_directory, .. }) in all {
            match (layers.first(), is_directory) {
                (Some(_), true) => more.push(Job::Directory { above: Arc::clone(open), name, layers }),
                (Some(&layer), false) => leaves.push((name, layer)),
                (None, _) => {}
            }
        }
        more.extend(
            leaves.chunks(BATCH).map(|leaves| Job::Leaves { above: Arc::clone(open), leaves: leaves.to_vec() }),
        );
        Ok(())
    }

    fn deleted(&self, open: &Open, layer: usize, name: &CString) -> Result<Option<CString>, Failure> {
        let Some(handle) = open.handles.get(layer) else { return Ok(None) };
        if self.form == Form::Files && !name.to_bytes().starts_with(whiteout::PREFIX) {
            return Ok(None);
        }
        let path = join(&open.path, name.to_bytes());
        let stat = statat(handle, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| failed("inspect", &path, error))?;
        let deleted = self.form.deleted(name.to_bytes(), &stat);
        deleted.map(|deleted| CString::new(deleted).map_err(|_| failed("inspect", &path, Errno::INVAL))).transpose()
    }

    fn leaf(&self, open: &Open, name: &CString, layer: usize) -> Result<(), Failure> {
        let Some(handle) = open.handles.get(layer) else { return Ok(()) };
        let path = join(&open.path, name.to_bytes());
        let stat = statat(handle, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| failed("inspect", &path, error))?;
        let original = Original { parent: handle.as_fd(), name: name.to_bytes(), path: &path, stat: &stat };
        self.entries.fetch_add(1, Ordering::Relaxed);
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if is_file && self.manner == Manner::Linked {
            match linkat(handle, name, &open.target, name, AtFlags::empty()) {
                Ok(()) => return Ok(()),
                // It has as many names as it can have, or it may not be linked by us.
                Err(Errno::MLINK | Errno::PERM | Errno::XDEV | Errno::ACCESS) => {}
                Err(error) => return Err(failed("link", &path, error)),
            }
        }
        if is_file && stat.st_nlink > 1 && self.linked(original, open)? {
            return Ok(());
        }
        let copied = entry::copy(original, open.target.as_fd())?;
        self.bytes.fetch_add(copied.bytes, Ordering::Relaxed);
        Ok(())
    }

    /// A file with several names: the first is copied here and now, the others become links to it.
    fn linked(&self, original: Original<'_>, open: &Open) -> Result<bool, Failure> {
        let mut first_names = self.first_names.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (original.stat.st_dev, original.stat.st_ino);
        if let Some(first) = first_names.get(&key) {
            let linked = self.link(first, original.name, &open.target);
            return linked.map(|()| true).map_err(|error| failed("link", original.path, error));
        }
        // The lock is held until the file is whole: a link to it must find it.
        let copied = entry::copy(original, open.target.as_fd())?;
        self.bytes.fetch_add(copied.bytes, Ordering::Relaxed);
        first_names.insert(key, original.path.to_vec());
        Ok(true)
    }

    /// Goes component by component: a path may be longer than the kernel takes at once.
    fn link(&self, first: &[u8], name: &[u8], target: &OwnedFd) -> Result<(), Errno> {
        const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
        let mut handle = directory::duplicate(self.top)?;
        let mut rest = components(first);
        let last = rest.next_back().unwrap_or_default();
        for component in rest {
            handle = openat(&handle, component, DIRECTORY, Mode::empty())?;
        }
        linkat(&handle, last, target, name, AtFlags::empty())
    }

    fn release(&self, open: Arc<Open>) -> Result<(), Failure> {
        let mut last = Arc::into_inner(open);
        while let Some(open) = last {
            open.metadata.set(open.target.as_fd(), &open.path)?;
            last = open.above.and_then(Arc::into_inner);
        }
        Ok(())
    }
}

/// The directories down to the first that hides those below it.
fn until_opaque(mut handles: Vec<OwnedFd>, path: &[u8]) -> Result<Vec<OwnedFd>, Failure> {
    for (layer, handle) in handles.iter().enumerate() {
        if whiteout::is_opaque(handle.as_fd()).map_err(|error| failed("inspect", path, error))? {
            handles.truncate(layer + 1);
            break;
        }
    }
    Ok(handles)
}
