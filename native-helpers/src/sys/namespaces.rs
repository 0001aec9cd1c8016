//! unshare(2) and setns(2).

use std::io;
use std::os::fd::BorrowedFd;

use rustix::thread::{LinkNameSpaceType, ThreadNameSpaceType, move_into_link_name_space, move_into_thread_name_spaces};

pub use rustix::thread::UnshareFlags as Namespaces;

/// Moves the calling thread into new namespaces.
pub fn unshare(namespaces: Namespaces) -> io::Result<()> {
    // SAFETY: the unsafe flag is FILES, which would part a thread from its descriptors; it is never passed here.
    unsafe { rustix::thread::unshare_unsafe(namespaces.difference(Namespaces::FILES)) }.map_err(io::Error::from)
}

/// Moves the calling thread into the network namespace that is open as `namespace`.
pub fn enter_network(namespace: BorrowedFd<'_>) -> io::Result<()> {
    move_into_link_name_space(namespace, Some(LinkNameSpaceType::Network)).map_err(io::Error::from)
}

/// Moves the calling thread, and no other of its process, into the mount namespace of the process that `pidfd` stands
/// for. Its root and working directory are the root there afterwards.
pub fn enter_mounts_of(pidfd: BorrowedFd<'_>) -> io::Result<()> {
    // Threads that share their root and working directory cannot change the namespace.
    unshare(Namespaces::FS)?;
    move_into_thread_name_spaces(pidfd, ThreadNameSpaceType::MOUNT).map_err(io::Error::from)
}
