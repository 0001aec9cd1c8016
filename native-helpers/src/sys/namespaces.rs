//! unshare(2).

use std::io;

pub use rustix::thread::UnshareFlags as Namespaces;

/// Moves the calling thread into new namespaces.
pub fn unshare(namespaces: Namespaces) -> io::Result<()> {
    // SAFETY: the unsafe flag is FILES, which would part a thread from its descriptors; it is never passed here.
    unsafe { rustix::thread::unshare_unsafe(namespaces.difference(Namespaces::FILES)) }.map_err(io::Error::from)
}
