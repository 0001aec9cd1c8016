//! By which of its names a file was changed.
//!
//! An overlay copies a file for the name by which it is changed, and the other names that the layers below have for it keep
//! the old one. In a clone all names change. The kernel tells whoever watches a directory which of its names were used, so
//! that the layer can be the same.

use std::collections::{HashMap, HashSet};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use super::super::path::{components, join};
use crate::tree::directory;

/// The names that were used to change files.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    names: HashSet<Vec<u8>>,
    /// Which ones is not known.
    any: bool,
}

impl Touched {
    pub fn contains(&self, path: &[u8]) -> bool {
        self.any || self.names.contains(path)
    }

    /// Adds what another step of the same layer did.
    pub fn add(&mut self, other: Self) {
        self.names.extend(other.names);
        self.any |= other.any;
    }
}

/// Watches the names in some directories of a root.
pub struct Watch {
    /// Absent when the kernel has no room for more watches.
    events: Option<OwnedFd>,
    paths: HashMap<i32, Vec<u8>>,
}

impl Watch {
    pub fn new<'a>(root: &Path, directories: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut paths = HashMap::new();
        let watch = |paths: &mut HashMap<_, _>| -> Result<OwnedFd, Errno> {
            let root = directory::open(root).map_err(|_| Errno::NOENT)?;
            let events = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
            for path in directories {
                let watched = handle(&root, path)?;
                let flags = WatchFlags::ATTRIB | WatchFlags::MODIFY | WatchFlags::CLOSE_WRITE | WatchFlags::ONLYDIR;
                let number = add_watch(&events, format!("/proc/self/fd/{}", watched.as_raw_fd()), flags)?;
                paths.insert(number, path.to_vec());
            }
            Ok(events)
        };
        let events = watch(&mut paths).ok();
        Self { events, paths }
    }

    /// What has happened since. Whoever could change something must have ended.
    pub fn end(self) -> Touched {
        let mut touched = Touched { names: HashSet::new(), any: self.events.is_none() };
        let Some(events) = &self.events else { return touched };
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let mut reader = Reader::new(events, &mut buffer);
        while let Ok(event) = reader.next() {
            if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
                touched.any = true;
            }
            if let (Some(path), Some(name)) = (self.paths.get(&event.wd()), event.file_name()) {
                touched.names.insert(join(path, name.to_bytes()));
            }
        }
        touched
    }
}

/// Opens a directory component by component: its path may be longer than the kernel takes at once.
fn handle(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
    components(path).try_fold(directory::duplicate(root)?, |at, name| openat(&at, name, DIRECTORY, Mode::empty()))
}
