//! Walks the entries of a directory source on several threads, by directory handles.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::FileType;
use rustix::io::Errno;

use crate::failure::Failure;
use crate::tree::crew;
use crate::tree::directory::{self, Meta, Name, join};
use crate::tree::filter::{Filter, Spot};
use crate::tree::resolve::in_root;

/// An entry of a source.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The directory that holds it, and its name there.
    pub parent: BorrowedFd<'a>,
    pub name: &'a CStr,
    /// Its path below the source: where it goes below the source's destination.
    pub path: &'a [u8],
    pub meta: &'a Meta,
}

/// What is done with the entries. Calls come from several threads; a directory is entered before its entries are met and
/// left after all of them.
pub trait Visitor: Sync {
    /// What the visitor keeps for a directory between entering and leaving it.
    type Place: Send + Sync;

    fn enter(&self, above: &Self::Place, entry: Entry<'_>, handle: BorrowedFd<'_>) -> Result<Self::Place, Failure>;

    /// Anything but a directory or a socket.
    fn leaf(&self, place: &Self::Place, entry: Entry<'_>) -> Result<(), Failure>;

    fn leave(&self, place: Self::Place) -> Result<(), Failure>;
}

/// How many leaves one job handles: enough to make locks cheap, few enough to keep every thread busy.
const BATCH: usize = 64;

/// Visits everything in the directory `source` that the filter keeps. `start` is the source's spot, `place` its place;
/// the source itself is not entered, but left.
pub fn walk<V: Visitor>(visitor: &V, filter: Filter<'_>, source: Source<'_>, place: V::Place) -> Result<(), Failure> {
    let walk = Walk { visitor, filter };
    let start = filter.start(source.path);
    let failed = |error| Failure::io("open", in_root(source.path), error);
    let handle = directory::open_at(source.directory, c".").map_err(failed)?;
    let top = Arc::new(Open { handle, spot: start, place, above: None });
    let mut jobs = Vec::new();
    walk.plan(&top, &mut jobs)?;
    walk.release(top)?;
    crew::work(jobs, |job, more| walk.run(job, more))
}

/// A directory to walk, and its path below the selection's root.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub directory: BorrowedFd<'a>,
    pub path: &'a [u8],
}

struct Walk<'a, V> {
    visitor: &'a V,
    filter: Filter<'a>,
}

/// A directory that is being walked. Every job below it holds it; whoever lets go last leaves it.
struct Open<P> {
    handle: OwnedFd,
    spot: Spot,
    place: P,
    above: Option<Arc<Open<P>>>,
}

enum Job<P> {
    Directory { above: Arc<Open<P>>, name: CString },
    Leaves { above: Arc<Open<P>>, names: Vec<CString> },
}

impl<V: Visitor> Walk<'_, V> {
    fn run(&self, job: Job<V::Place>, more: &mut Vec<Job<V::Place>>) -> Result<(), Failure> {
        match job {
            Job::Directory { above, name } => {
                let open = Arc::new(self.open(above, &name)?);
                self.plan(&open, more)?;
                self.release(open)
            }
            Job::Leaves { above, names } => {
                for name in &names {
                    self.leaf(&above, name)?;
                }
                self.release(above)
            }
        }
    }

    fn open(&self, above: Arc<Open<V::Place>>, name: &CStr) -> Result<Open<V::Place>, Failure> {
        let spot = self.filter.enter(&above.spot, name.to_bytes());
        let failed = |error| Failure::io("open", in_root(&spot.in_root), error);
        let handle = directory::open_at(&above.handle, name).map_err(failed)?;
        let meta = directory::meta(&handle).map_err(failed)?;
        let entry = Entry { parent: above.handle.as_fd(), name, path: &spot.in_source, meta: &meta };
        let place = self.visitor.enter(&above.place, entry, handle.as_fd())?;
        Ok(Open { handle, spot, place, above: Some(above) })
    }

    /// Makes jobs of a directory's entries.
    fn plan(&self, open: &Arc<Open<V::Place>>, more: &mut Vec<Job<V::Place>>) -> Result<(), Failure> {
        let failed = |error| Failure::io("read", in_root(&open.spot.in_root), error);
        let mut leaves = Vec::new();
        for name in directory::list(open.handle.as_fd()).map_err(failed)? {
            if name.is_socket || !self.filter.keeps(open.handle.as_fd(), &open.spot, &name)? {
                continue;
            }
            let Name { name, is_directory, .. } = name;
            match is_directory {
                true => more.push(Job::Directory { above: Arc::clone(open), name }),
                false => leaves.push(name),
            }
        }
        more.extend(leaves.chunks(BATCH).map(|names| Job::Leaves { above: Arc::clone(open), names: names.to_vec() }));
        Ok(())
    }

    fn leaf(&self, above: &Open<V::Place>, name: &CStr) -> Result<(), Failure> {
        let path = join(&above.spot.in_source, name.to_bytes());
        let failed = |error| Failure::io("read", in_root(&join(&above.spot.in_root, name.to_bytes())), error);
        let meta = directory::image_meta_at(&above.handle, name).map_err(failed)?;
        match meta.kind {
            // The tree changes under our feet: what it says now and said just before make no snapshot together.
            FileType::Directory => Err(failed(Errno::ISDIR)),
            FileType::Socket => Ok(()),
            _ => {
                self.visitor.leaf(&above.place, Entry { parent: above.handle.as_fd(), name, path: &path, meta: &meta })
            }
        }
    }

    fn release(&self, open: Arc<Open<V::Place>>) -> Result<(), Failure> {
        let mut last = Arc::into_inner(open);
        while let Some(open) = last {
            drop(open.handle);
            self.visitor.leave(open.place)?;
            last = open.above.and_then(Arc::into_inner);
        }
        Ok(())
    }
}
