//! Layers: a tar becomes a directory in overlay form (`apply`), an upper directory takes layer form (`commit`), and a
//! layer directory becomes a compressed tar again (`pack`). The same reading of tars unpacks the archives of ADD and of
//! build contexts (`extract`).
//!
//! What two layers say differently is told from their blobs (`contrast`).
//!
//! Overlay form is what overlayfs reads as a lower directory when mounted with `userxattr`: see `whiteout`.

mod apply;
mod archive;
mod clone;
mod commit;
mod compress;
mod contrast;
mod decompress;
pub mod device;
mod directories;
mod extract;
mod format;
#[cfg(any(test, fuzzing))]
#[allow(clippy::expect_used)]
pub mod fuzz;
mod growing;
mod hashing;
mod limits;
mod lowers;
mod metadata;
mod pack;
mod path;
mod stream;
mod tar;
mod target;
mod unchanged;
mod whiteout;
mod xattr;

use std::path::Path;
use std::thread::ScopedJoinHandle;

use rustix::fs::{Mode, OFlags, open};

pub use apply::apply;
pub use clone::Clones;
pub use commit::commit;
pub use contrast::compare_layers;
pub use extract::{Extracting, Purpose, extract, unpack};
pub use format::{Archive, recognise};
pub use growing::Growth;
pub use pack::pack;

use crate::failure::Failure;

/// Takes the access control lists off the new directory `upper`: those of the store's own would get into the layer.
pub fn forget_acls(upper: &Path) -> Result<(), Failure> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    open(upper, flags, Mode::empty())
        .and_then(xattr::forget_acls)
        .map_err(|error| Failure::io("take the access control list off", upper, error))
}

/// What a thread answered.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> Result<T, Failure> {
    thread.join().map_err(|_| Failure::new("internal-error", "a thread of the layer engine panicked"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
mod tests;
