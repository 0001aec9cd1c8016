//! Where a source of a COPY goes: what its destination means, given what is there.

use std::ffi::{CStr, CString};
use std::os::fd::{BorrowedFd, OwnedFd};

use crate::failure::Failure;
use crate::tree::directory;
use crate::tree::make::{self, Manner};
use crate::tree::resolve::{Resolution, Rest, in_root, resolve};

/// What is to be placed.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// The contents of a directory or of an archive.
    Contents,
    /// Anything else, which has this name inside a directory.
    Entry(&'a CStr),
}

/// The place of one source.
#[derive(Debug)]
pub enum Place {
    /// A directory's contents go into this directory.
    Into(OwnedFd),
    /// Anything else gets this name in this directory.
    As { parent: OwnedFd, name: CString },
}

/// Checks that the sources, of which `written` were written, fit the destination's form.
///
/// Several sources as written, and several files from one pattern, need a directory: a destination with a trailing slash,
/// or (for a pattern, as in BuildKit) one that exists. Fails with `copy-needs-directory`.
pub fn check(root: BorrowedFd<'_>, destination: &str, written: usize, sources: &[What<'_>]) -> Result<(), Failure> {
    let leaves = sources.iter().filter(|what| matches!(what, What::Entry(_))).count();
    if means_directory(destination) || (written < 2 && (leaves == 0 || sources.len() < 2)) {
        return Ok(());
    }
    if written < 2 && matches!(resolve(root, destination.as_bytes())?.rest, Rest::Nothing) {
        return Ok(());
    }
    Err(Failure::new(
        "copy-needs-directory",
        format!("several sources, but {destination} is not marked as a directory"),
    )
    .with_hint(format!("end the destination in a slash: {destination}/")))
}

/// Finds the place of `what` at `destination` inside `root`, and makes the directories that lead there.
///
/// Symbolic links on the way are followed inside `root`, the last component's, too, even when they lead to nothing yet.
/// Fails with `copy-not-a-directory` when something else stands where a directory is needed.
pub fn place(root: BorrowedFd<'_>, destination: &str, what: What<'_>, manner: Manner) -> Result<Place, Failure> {
    let Resolution { directory, rest, .. } = resolve(root, destination.as_bytes())?;
    let make = |above, names: &[CString]| make::directories(above, names, manner, destination);
    Ok(match (rest, what) {
        (Rest::Blocked(path), _) => return Err(not_a_directory(&in_root(&path))),
        (Rest::Leaf { name, .. }, What::Entry(_)) if !means_directory(destination) => {
            Place::As { parent: directory, name }
        }
        (Rest::Leaf { .. }, _) => return Err(not_a_directory(destination)),
        (Rest::Nothing, What::Contents) => Place::Into(reopen(directory, destination)?),
        (Rest::Nothing, What::Entry(name)) => Place::As { parent: directory, name: name.to_owned() },
        (Rest::Missing(names), What::Contents) => Place::Into(make(directory, &names)?),
        (Rest::Missing(names), What::Entry(name)) if means_directory(destination) => {
            Place::As { parent: make(directory, &names)?, name: name.to_owned() }
        }
        (Rest::Missing(mut names), What::Entry(_)) => {
            let name = names.pop().unwrap_or_default();
            Place::As { parent: make(directory, &names)?, name }
        }
    })
}

pub fn not_a_directory(path: &str) -> Failure {
    Failure::new("copy-not-a-directory", format!("cannot copy to {path}: it is not a directory"))
        .with_hint("copy to another path, or remove what is there in an earlier RUN")
}

fn means_directory(destination: &str) -> bool {
    matches!(destination.rsplit('/').next(), Some("" | "." | ".."))
}

/// A path handle serves for lookups; attributes and times need an open directory.
fn reopen(directory: OwnedFd, shown: &str) -> Result<OwnedFd, Failure> {
    directory::open_at(&directory, c".").map_err(|error| Failure::io("open", shown, error))
}
