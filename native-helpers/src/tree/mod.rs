//! File trees: which entries a COPY means, their digest, copying them into a root, making and removing directories.

pub mod identity;

use std::path::Path;

use crate::failure::Failure;
use crate::protocol::messages::{
    CopyParams, CopyResult, DigestParams, DigestResult, MakeDirectoryParams, MakeDirectoryResult,
};

pub fn digest(_params: &DigestParams) -> Result<DigestResult, Failure> {
    Err(Failure::new("not-implemented", "digest"))
}

pub fn copy(_params: &CopyParams) -> Result<CopyResult, Failure> {
    Err(Failure::new("not-implemented", "copy"))
}

pub fn make_directory(_params: &MakeDirectoryParams) -> Result<MakeDirectoryResult, Failure> {
    Err(Failure::new("not-implemented", "make_directory"))
}

/// Removes the tree at `path`; a missing path is fine.
pub fn remove(_path: &Path) -> Result<(), Failure> {
    Err(Failure::new("not-implemented", "remove"))
}
