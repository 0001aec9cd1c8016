//! File trees: which entries a COPY means, their digest, copying them into a root, making and removing directories.
//!
//! A copy or digest goes `select` (which sources) -> `walk` (their entries, `filter` judging each) -> `copy` or `hash`.

pub mod content;
mod copy;
pub mod crew;
pub mod directory;
mod filter;
mod glob;
mod hash;
pub mod identity;
mod listing;
mod make;
mod measure;
mod metadata;
mod mode;
mod nearest;
mod owner;
mod pattern;
mod place;
mod remove;
mod resolve;
mod select;
mod statcache;
mod walk;
mod workdir;
mod write;
mod xattr;

pub use remove::remove_directory;

#[cfg(test)]
mod copy_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod parents_tests;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod scratch;
#[cfg(test)]
mod select_tests;

pub use make::not_owned;
pub use owner::Owner;
pub use statcache::StatCaches;

use std::os::fd::AsFd;
use std::path::Path;

use crate::failure::Failure;
use crate::protocol::messages::{
    CopyParams, CopyResult, DigestParams, DigestResult, ListParams, ListResult, MakeDirectoryParams,
    MakeDirectoryResult, MeasureResult, ResolveOwnerParams, ResolveOwnerResult,
};

/// The digest of the selected entries, as `sha256:` and hex, and how many entries and bytes of content they are.
pub fn digest(params: &DigestParams, caches: &StatCaches) -> Result<DigestResult, Failure> {
    hash::digest(params, caches)
}

/// Writes down what an ignore list leaves of a context.
pub fn list(params: &ListParams) -> Result<ListResult, Failure> {
    listing::list(params)
}

/// Copies the selected entries as a Dockerfile COPY does.
pub fn copy(params: &CopyParams) -> Result<CopyResult, Failure> {
    copy::copy(params)
}

/// The numbers of an owner whose names the accounts of a root define.
pub fn resolve_owner(params: &ResolveOwnerParams) -> Result<ResolveOwnerResult, Failure> {
    let root = directory::open(Path::new(&params.root))?;
    let owner::Owner { uid, gid } = owner::Owner::parse(root.as_fd(), &params.owner)?;
    Ok(ResolveOwnerResult { uid, gid })
}

/// Makes a WORKDIR.
pub fn make_directory(params: &MakeDirectoryParams) -> Result<MakeDirectoryResult, Failure> {
    workdir::make(params)
}

/// The room that the tree at `path` takes on the disk.
pub fn measure(path: &Path) -> Result<MeasureResult, Failure> {
    measure::measure(path)
}

/// Removes the tree at `path`; a missing path is fine.
pub fn remove(path: &Path) -> Result<(), Failure> {
    remove::remove(path)
}
