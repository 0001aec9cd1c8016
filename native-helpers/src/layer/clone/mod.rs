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

/// The clones of a session, by their paths, with their state before the step that works in them now.
#[derive(Default)]
pub struct Clones(Mutex<HashMap<PathBuf, Arc<Snapshot>>>);

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
        let Some(before) = self.lock().remove(root) else {
            return Err(Failure::new("not-cloned", format!("{} is no clone of this session", root.display())));
        };
        let comparing =
            Comparing { root, lowers: &params.lowers, upper: Path::new(&params.upper), epoch: params.epoch };
        let compared = comparing.compare(&before)?;
        let reusable = compared.now.is_some();
        if let Some(now) = compared.now {
            self.remember(root, now);
        }
        let layer = compared.layer;
        Ok(CompareResult { diff_id: layer.diff_id, entries: layer.entries, bytes: layer.bytes, reusable })
    }

    /// Waits until a change to the clone at `root` is sure to get another time than everything in it has: the kernel
    /// stamps changes with a clock that ticks every few milliseconds, and a change within the tick could go unseen.
    pub fn await_tick(&self, root: &Path) {
        let Some(newest) = self.lock().get(root).map(|before| before.newest()) else { return };
        // A clone on another machine's disk may be stamped by a clock that is ahead of ours.
        for _ in 0..50 {
            let now = clock_gettime(ClockId::RealtimeCoarse);
            if (now.tv_sec, now.tv_nsec) > (newest.seconds, newest.nanoseconds.into()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Forgets the clones at and below `path`, which is removed.
    pub fn forget(&self, path: &Path) {
        self.lock().retain(|root, _| !root.starts_with(path));
    }

    fn remember(&self, root: &Path, now: Snapshot) {
        self.lock().insert(root.to_owned(), Arc::new(now));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Snapshot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
