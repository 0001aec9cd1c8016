//! Mounting layers as one root file system.

mod overlay;

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, chmod, fstat, open};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, fsconfig_create, fsmount,
    fsopen, move_mount, open_tree,
};

use crate::failure::Failure;
use crate::layer;
use crate::ownership::{self, Owner};
use crate::protocol::messages::{MountParams, Storage, StorageResult};
use crate::sys::mounts::{Restrictions, restrict};
use crate::tree;
use overlay::{Overlay, Writable};

/// Puts the layers of `params` at its target.
pub fn mount(params: &MountParams) -> Result<(), Failure> {
    let target = Path::new(&params.target);
    fs::create_dir_all(target).map_err(|error| Failure::io("make the directory", target, error))?;
    let lowers = params.lowers.iter().map(|lower| directory(Path::new(lower))).collect::<Result<Vec<_>, _>>()?;
    match (&params.upper, &params.work, lowers.as_slice()) {
        (Some(upper), Some(work), lowers) => {
            let (upper, work) = (Path::new(upper), Path::new(work));
            overlay::forget_volatile(work)?;
            let writable = Writable { upper: directory(upper)?, work: directory(work)? };
            overlay::check_upper(&writable, upper)?;
            let nothing = if lowers.is_empty() { vec![empty_directory(target)?] } else { Vec::new() };
            let lowers = if lowers.is_empty() { nothing.as_slice() } else { lowers };
            layer::forget_acls(upper)?;
            inherit_root(lowers, upper)?;
            Overlay { lowers, writable: Some(&writable) }.mount(target)
        }
        (None, None, []) => empty(target),
        (None, None, [only]) => bind_read_only(only, target),
        (None, None, lowers) => Overlay { lowers, writable: None }.mount(target),
        _ => Err(Failure::new("mount-invalid", "an overlay needs both an upper and a work directory, or neither")),
    }
}

/// Whether an overlay's directories can be in `directory`. The kernel is asked, not its version: a mount tells all.
pub fn storage(directory: &Path) -> Result<StorageResult, Failure> {
    let trial = directory.join("trial");
    let path = |name: &str| trial.join(name).display().to_string();
    for name in ["lower", "upper", "work"] {
        fs::create_dir_all(trial.join(name)).map_err(|error| Failure::io("make the directory", &trial, error))?;
    }
    let params = MountParams {
        lowers: vec![path("lower")],
        upper: Some(path("upper")),
        work: Some(path("work")),
        target: path("root"),
    };
    let mounted = mount(&params).and_then(|()| unmount(Path::new(&params.target)));
    tree::remove(&trial)?;
    Ok(match mounted {
        Ok(()) => StorageResult { kind: Storage::Overlay, reason: None },
        Err(failure) => StorageResult { kind: Storage::Clone, reason: Some(failure.message) },
    })
}

/// Takes the mount at `target` away. What still uses it keeps it until it ends, so that this never fails as busy.
pub fn unmount(target: &Path) -> Result<(), Failure> {
    rustix::mount::unmount(target, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW).map_err(|error| match error {
        Errno::INVAL => Failure::new("not-mounted", format!("nothing is mounted at {}", target.display())),
        error => Failure::io("unmount", target, error),
    })
}

/// An overlay has at least one lower directory. Without a layer an empty one beside the target serves.
fn empty_directory(target: &Path) -> Result<OwnedFd, Failure> {
    let path = target.with_extension("empty");
    fs::create_dir_all(&path).map_err(|error| Failure::io("make the directory", &path, error))?;
    chmod(&path, Mode::from_raw_mode(0o755)).map_err(|error| Failure::io("set the mode of", &path, error))?;
    directory(&path)
}

/// The root of an overlay looks like its upper directory, so a fresh one takes mode and owner of the layer below: the
/// umask of whoever made it must not decide who may enter the image.
fn inherit_root(lowers: &[OwnedFd], upper: &Path) -> Result<(), Failure> {
    let Some(top) = lowers.first() else { return Ok(()) };
    let root = fstat(top)
        .and_then(|stat| ownership::seen_at(top, c".", stat))
        .map_err(|error| Failure::io("examine the layer below", upper, error))?;
    ownership::give_at(CWD, upper, Owner { uid: root.st_uid, gid: root.st_gid })
        .map_err(|error| Failure::io("set the owner of", upper, error))?;
    chmod(upper, Mode::from_raw_mode(root.st_mode)).map_err(|error| Failure::io("set the mode of", upper, error))
}

/// An empty read-only file system at `target`.
fn empty(target: &Path) -> Result<(), Failure> {
    let mount = || {
        let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_create(context.as_fd())?;
        fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::MOUNT_ATTR_RDONLY)
    };
    let tree = mount().map_err(|error| Failure::io("mount an empty file system at", target, error))?;
    attach(&tree, target)
}

/// The single layer itself: nothing is to be merged.
fn bind_read_only(layer: &OwnedFd, target: &Path) -> Result<(), Failure> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    let clone = || {
        let tree = open_tree(layer, "", flags).map_err(std::io::Error::from)?;
        restrict(tree.as_fd(), Restrictions::READ_ONLY)?;
        Ok(tree)
    };
    let tree = clone().map_err(|error: std::io::Error| Failure::io("bind a layer at", target, error))?;
    attach(&tree, target)
}

fn attach(tree: &OwnedFd, target: &Path) -> Result<(), Failure> {
    move_mount(tree, "", CWD, target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
        .map_err(|error| Failure::io("mount at", target, error))
}

fn directory(path: &Path) -> Result<OwnedFd, Failure> {
    open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| Failure::io("open the directory", path, error))
}
