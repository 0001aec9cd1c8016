//! Users and groups as an image's own files define them, never as the host's libraries would.

use std::os::fd::BorrowedFd;

use crate::failure::Failure;

/// Whom a process runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub uid: u32,
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// From the passwd file; `/` when the user is not listed there.
    pub home: String,
}

/// Resolves a Dockerfile USER (`name`, `uid`, `user:group`, empty for root) in the root directory `root`.
pub fn resolve_user(_root: BorrowedFd<'_>, _user: &str) -> Result<Identity, Failure> {
    Err(Failure::new("not-implemented", "resolve_user"))
}
