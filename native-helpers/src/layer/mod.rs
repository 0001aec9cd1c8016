//! Layers: a tar becomes a directory in overlay form (`apply`), an upper directory takes layer form (`commit`), and a
//! layer directory becomes a compressed tar again (`pack`).

use std::sync::Arc;

use crate::failure::Failure;
use crate::protocol::messages::{ApplyParams, ApplyResult, CommitParams, CommitResult, PackParams, PackResult};

/// How far a blob that is still being downloaded may be read.
pub struct Growth {}

impl Growth {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {})
    }
    /// The blob's first `bytes` bytes are on disk.
    pub fn grew(&self, _bytes: u64) {}
    /// The blob is whole and `bytes` long.
    pub fn complete(&self, _bytes: u64) {}
    /// The blob will never be whole.
    pub fn abandoned(&self) {}
}

pub fn apply(_params: &ApplyParams, _growth: Option<&Growth>) -> Result<ApplyResult, Failure> {
    Err(Failure::new("not-implemented", "apply"))
}

pub fn commit(_params: &CommitParams) -> Result<CommitResult, Failure> {
    Err(Failure::new("not-implemented", "commit"))
}

pub fn pack(_params: &PackParams) -> Result<PackResult, Failure> {
    Err(Failure::new("not-implemented", "pack"))
}
