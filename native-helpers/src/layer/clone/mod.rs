//! Where there is no overlay: a *clone* of what the layers show together, in which a step works, and a *comparison* with
//! the state before, which tells what the step changed and turns it into the upper directory that an overlay would have
//! left. So the layer that `commit` makes of it is the same.
//!
//! Afterwards the clone is what the new layer and those below show together, and the next step works in it: only the
//! first step of a stage has to copy.

mod compare;
mod entry;
mod flatten;
mod scan;
mod touched;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::failure::Failure;
use crate::protocol::messages::{CloneParams, CloneResult, CompareParams, CompareResult};
use compare::Comparing;
use flatten::Manner;
use scan::Snapshot;
use touched::{Touched, Watch};

/// The clones of a session, by their paths, with their state before the step that works in them now.
#[derive(Default)]
pub struct Clones(Mutex<HashMap<PathBuf, Clone>>);

struct Clone {
    before: Arc<Snapshot>,
    touched: Touched,
}

impl Clones {
    /// Lays out what the layers show together. A writable clone is remembered, to be compared.
    pub fn make(&self, params: &CloneParams) -> Result<CloneResult, Failure> {
        let target = Path::new(&params.target);
        let manner = if params.writable { Manner::Copied } else { Manner::Linked };
        let made = flatten::flatten(&params.lowers, target, manner)?;
        if params.writable {
            self.remember(target, scan::scan(target, None)?.0);
        }
        Ok(CloneResult { entries: made.entries, bytes: made.bytes })
    }

    /// Makes the layer of what changed in the clone. When this fails, or says so, the clone is of no use any more.
    pub fn compare(&self, params: &CompareParams) -> Result<CompareResult, Failure> {
        let root = Path::new(&params.root);
        let Some(Clone { before, touched }) = self.lock().remove(root) else {
            return Err(Failure::new("not-cloned", format!("{} is no clone of this session", root.display())));
        };
        let comparing = Comparing {
            root,
            lowers: &params.lowers,
            upper: Path::new(&params.upper),
            epoch: params.epoch,
            process: params.process,
        };
        let compared = comparing.compare(&before, &touched)?;
        let reusable = compared.now.is_some();
        if let Some(now) = compared.now {
            self.remember(root, now);
        }
        let layer = compared.layer;
        Ok(CompareResult { diff_id: layer.diff_id, entries: layer.entries, bytes: layer.bytes, reusable })
    }

    /// Lets a process `work` in the root at `root`. If that is a clone, what it does will be seen.
    pub fn watch<T>(&self, root: &Path, work: impl FnOnce() -> T) -> T {
        let before = self.lock().get(root).map(|clone| Arc::clone(&clone.before));
        let Some(before) = before else { return work() };
        await_tick(&before);
        let watch = Watch::new(root, before.linking());
        let done = work();
        if let Some(clone) = self.lock().get_mut(root) {
            clone.touched.add(watch.end());
        }
        done
    }

    /// Forgets the clones at and below `path`, which is removed.
    pub fn forget(&self, path: &Path) {
        self.lock().retain(|root, _| !root.starts_with(path));
    }

    fn remember(&self, root: &Path, now: Snapshot) {
        self.lock().insert(root.to_owned(), Clone { before: Arc::new(now), touched: Touched::default() });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Clone>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until a change is sure to get another time than everything in the clone has: the kernel stamps changes with a
/// clock that ticks every few milliseconds, and one within the tick could go unseen.
fn await_tick(before: &Snapshot) {
    let newest = before.newest();
    // A clone on another machine's disk may be stamped by a clock that is ahead of ours.
    for _ in 0..50 {
        let now = clock_gettime(ClockId::RealtimeCoarse);
        if (now.tv_sec, now.tv_nsec) > (newest.seconds, newest.nanoseconds.into()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
