//! RUN --mount: what a Dockerfile has mounted on top of the sandbox's own view, the same way in every sandbox.
//!
//! Mounts are put together detached, in the session's namespace. When the view stands and nothing of the image runs yet,
//! a thread enters the sandbox's mount namespace and attaches them by descriptor, to places looked up inside the root:
//! neither a source nor a target can be led astray by a link or a path (CVE-2024-21626, CVE-2024-23651 and others).

mod agent;
pub mod memory;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::thread;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, openat, openat2, statat};
use rustix::io::Errno;
use rustix::mount::{MoveMountFlags, move_mount};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::detached::{clone_at, file_system};
use super::stubs::{Stubs, open_root};
use crate::failure::Failure;
use crate::protocol::messages::RunMount;
use crate::sys::mounts::{Restrictions, restrict};
use crate::sys::namespaces::enter_mounts_of;
use crate::tree::Owner;
use agent::Relay;
use memory::Access;

/// How often a path is looked up again because something was renamed meanwhile.
const MOST_ATTEMPTS: u32 = 64;

/// The mounts of one run, ready to be attached. What serves them ends when this value is dropped.
pub struct Mounts {
    prepared: Vec<Prepared>,
    _relays: Vec<Relay>,
}

struct Prepared {
    target: String,
    tree: OwnedFd,
    is_directory: bool,
}

impl Mounts {
    /// Makes what `wanted` describes, detached.
    pub fn prepare(wanted: &[RunMount]) -> Result<Self, Failure> {
        let mut relays = Vec::new();
        let prepared = wanted.iter().map(|mount| prepare(mount, &mut relays)).collect::<Result<_, _>>()?;
        Ok(Self { prepared, _relays: relays })
    }

    pub fn is_empty(&self) -> bool {
        self.prepared.is_empty()
    }

    /// Puts all mounts, in their order, into the view of the sandbox whose pid 1 is `init`.
    pub fn attach(&self, init: Pid, stubs: &mut Stubs) -> Result<(), Failure> {
        let work = || {
            let root = enter(init).map_err(|error| Failure::io("enter", "the sandbox to mount in it", error))?;
            stubs
                .look_through(root.try_clone().map_err(|error| Failure::io("keep", "the sandbox's root", error))?)
                .map_err(|error| Failure::io("examine", "the sandbox's root", error))?;
            self.prepared.iter().try_for_each(|mount| mount.attach(&root, stubs))
        };
        // The thread stays in the sandbox's namespace, and so ends here.
        thread::scope(|scope| {
            let entered = thread::Builder::new().spawn_scoped(scope, work);
            let entered = entered.map_err(|error| Failure::io("start a thread for", "mounts", error))?;
            entered.join().unwrap_or_else(|_| Err(Failure::new("mount-failed", "mounting broke off")))
        })
    }
}

fn enter(init: Pid) -> io::Result<OwnedFd> {
    enter_mounts_of(pidfd_open(init, PidfdFlags::empty())?.as_fd())?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(CWD, "/", flags, Mode::empty())?)
}

impl Prepared {
    fn attach(&self, root: &OwnedFd, stubs: &mut Stubs) -> Result<(), Failure> {
        let target = &self.target;
        let place = if self.is_directory { stubs.directory(target)? } else { stubs.file(target)? };
        if place == "/" || place == "/proc" || place.starts_with("/proc/") {
            let message = format!("nothing can be mounted at {target}, which is {place} in the image");
            return Err(Failure::new("mount-point-invalid", message));
        }
        let failed = |error: Errno| Failure::io("mount at", format!("{target} in the image"), error);
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
        let place = openat2(root, place.as_str(), flags, Mode::empty(), resolve).map_err(failed)?;
        let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
        move_mount(&self.tree, "", &place, "", flags).map_err(failed)
    }
}

fn prepare(mount: &RunMount, relays: &mut Vec<Relay>) -> Result<Prepared, Failure> {
    match mount {
        RunMount::Bind { target, tree, source, read_only } => {
            let found = find(tree, source)?;
            let failed = |error: io::Error| Failure::io("bind", source, error);
            let examined = statat(&found, "", AtFlags::EMPTY_PATH).map_err(|error| failed(error.into()))?;
            let tree = clone_at(found.as_fd(), "").map_err(|error| failed(error.into()))?;
            let access = if *read_only { Restrictions::READ_ONLY } else { Restrictions::NO_DEVICES };
            restrict(tree.as_fd(), access.and(Restrictions::NO_DEVICES)).map_err(failed)?;
            let is_directory = FileType::from_raw_mode(examined.st_mode) == FileType::Directory;
            Ok(Prepared { target: target.clone(), tree, is_directory })
        }
        RunMount::Tmpfs { target, size, read_only } => {
            let failed = |error: io::Error| Failure::io("make a file system for", target, error);
            let size = size.map(|bytes| bytes.to_string());
            let options: Vec<_> = size.iter().map(|size| ("size", size.as_str())).collect();
            let tree = file_system("tmpfs", &options).map_err(|error| failed(error.into()))?;
            let access = if *read_only { Restrictions::READ_ONLY } else { Restrictions::NO_DEVICES };
            restrict(tree.as_fd(), access.and(Restrictions::NO_DEVICES)).map_err(failed)?;
            Ok(Prepared { target: target.clone(), tree, is_directory: true })
        }
        RunMount::File { target, content, mode, uid, gid, program } => {
            let content = memory::decode(content)
                .ok_or_else(|| Failure::new("protocol-error", format!("the content of {target} is not hexadecimal")))?;
            let access = Access { owner: Owner { uid: *uid, gid: *gid }, mode: *mode };
            let tree = memory::file(&content, access, *program).map_err(|error| access.failure(target, &error))?;
            Ok(Prepared { target: target.clone(), tree, is_directory: false })
        }
        RunMount::Agent { target, socket, mode, uid, gid } => {
            let access = Access { owner: Owner { uid: *uid, gid: *gid }, mode: *mode };
            let (relay, tree) =
                Relay::start(Path::new(socket), access).map_err(|error| access.failure(target, &error))?;
            relays.push(relay);
            Ok(Prepared { target: target.clone(), tree, is_directory: false })
        }
    }
}

/// What `source` means in the tree at `tree`. Links are followed, but never out of it.
fn find(tree: &str, source: &str) -> Result<OwnedFd, Failure> {
    let root = open_root(Path::new(tree))?;
    let path = source.trim_start_matches('/');
    let path = if path.is_empty() { "." } else { path };
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let mut attempts = 0;
    loop {
        match openat2(&root, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve) {
            Err(Errno::AGAIN) if attempts < MOST_ATTEMPTS => attempts += 1,
            Err(Errno::NOENT | Errno::NOTDIR) => {
                return Err(Failure::new("mount-source-missing", format!("{source:?}: not found")));
            }
            found => return found.map_err(|error| Failure::io("open", source, error)),
        }
    }
}
