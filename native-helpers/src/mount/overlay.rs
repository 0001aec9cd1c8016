//! Overlay mounts.
//!
//! The kernel gets every directory as /proc/self/fd/N: no path is too long for fsconfig's 256 bytes, none needs
//! escaping, and none can be exchanged between opening it and mounting it.

use std::fmt::Write;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, fstatfs};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, MoveMountFlags, fsconfig_create, fsconfig_set_flag,
    fsconfig_set_string, fsmount, fsopen, move_mount,
};

use crate::failure::Failure;
use crate::tree;

/// The directories that an overlay writes to.
pub struct Writable {
    pub upper: OwnedFd,
    pub work: OwnedFd,
}

/// An overlay to be mounted; `lowers` topmost first and at least one.
pub struct Overlay<'a> {
    pub lowers: &'a [OwnedFd],
    pub writable: Option<&'a Writable>,
}

/// Why one way of mounting did not work.
enum Refusal {
    /// This kernel does not know the option `lowerdir+` (before Linux 6.8).
    Old,
    Error {
        error: io::Error,
        log: String,
    },
}

impl Overlay<'_> {
    pub fn mount(&self, target: &Path) -> Result<(), Failure> {
        let refusal = match self.configure(target) {
            Err(Refusal::Old) => self.mount_by_options(target),
            answer => answer,
        };
        refusal.map_err(|refusal| match refusal {
            Refusal::Old => Failure::io("mount an overlay at", target, io::Error::from_raw_os_error(libc::EINVAL)),
            Refusal::Error { error, log } => explain(target, error, &log),
        })
    }

    /// By fsopen, one option per layer.
    fn configure(&self, target: &Path) -> Result<(), Refusal> {
        let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC).map_err(|error| refusal(error, String::new()))?;
        let failed = |error| refusal(error, messages(&context));
        for (position, lower) in self.lowers.iter().enumerate() {
            fsconfig_set_string(context.as_fd(), "lowerdir+", descriptor_path(lower))
                .map_err(|error| if position == 0 && error == Errno::INVAL { Refusal::Old } else { failed(error) })?;
        }
        if let Some(Writable { upper, work }) = self.writable {
            fsconfig_set_string(context.as_fd(), "upperdir", descriptor_path(upper)).map_err(failed)?;
            fsconfig_set_string(context.as_fd(), "workdir", descriptor_path(work)).map_err(failed)?;
            // The upper directory is thrown away after a crash, so nothing of it needs to reach the disk before commit.
            // Kernels before 5.10 do not know this and flush.
            let _ = fsconfig_set_flag(context.as_fd(), "volatile");
        }
        fsconfig_set_flag(context.as_fd(), "userxattr").map_err(failed)?;
        fsconfig_create(context.as_fd()).map_err(failed)?;
        let read_only =
            if self.writable.is_none() { MountAttrFlags::MOUNT_ATTR_RDONLY } else { MountAttrFlags::empty() };
        let mount = fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, read_only).map_err(failed)?;
        move_mount(&mount, "", CWD, target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).map_err(failed)
    }

    /// By mount(2), whose option string ends after one page: some two hundred layers, as their names are short.
    fn mount_by_options(&self, target: &Path) -> Result<(), Refusal> {
        let lowers = self.lowers.iter().map(descriptor_path).collect::<Vec<_>>().join(":");
        let mut options = format!("userxattr,lowerdir={lowers}");
        if let Some(Writable { upper, work }) = self.writable {
            let _ = write!(options, ",upperdir={},workdir={},volatile", descriptor_path(upper), descriptor_path(work));
        }
        let flags = if self.writable.is_none() { MountFlags::RDONLY } else { MountFlags::empty() };
        let options = std::ffi::CString::new(options).map_err(|_| refusal(Errno::INVAL, String::new()))?;
        rustix::mount::mount("overlay", target, "overlay", flags, Some(options.as_c_str()))
            .map_err(|error| refusal(error, String::new()))
    }
}

/// Refuses an upper directory on a file system that cannot carry one, before the kernel does so less clearly.
pub fn check_upper(writable: &Writable, path: &Path) -> Result<(), Failure> {
    let kind = fstatfs(&writable.upper).map_err(|error| Failure::io("examine the file system of", path, error))?.f_type;
    let name = match u32::try_from(kind).unwrap_or_default() {
        0x794c_7630 => "an overlay file system",
        0x6969 => "NFS",
        0x0102_1997 => "9p",
        0xff53_4d42 | 0xfe53_4d42 => "a Windows share",
        _ => return check_attributes(writable, path),
    };
    Err(unsupported(format!("{} is on {name}, which cannot hold an overlay's upper directory", path.display())))
}

/// The overlay keeps its marks in user extended attributes. tmpfs before Linux 6.6, for one, has none.
fn check_attributes(writable: &Writable, path: &Path) -> Result<(), Failure> {
    let mut value = [0_u8; 1];
    match rustix::fs::getxattr(descriptor_path(&writable.upper), "user.overlay.opaque", &mut value[..]) {
        Err(Errno::OPNOTSUPP) => {
            Err(unsupported(format!("the file system of {} has no user extended attributes", path.display())))
        }
        _ => Ok(()),
    }
}

/// A volatile mount leaves a mark that forbids to use its directories again, since a crash may have lost part of them.
/// Directories of a crashed build are never mounted again (a sweep removes them), those of a running one may be.
pub fn forget_volatile(work: &Path) -> Result<(), Failure> {
    tree::remove(&work.join("work").join("incompat"))
}

fn explain(target: &Path, error: io::Error, log: &str) -> Failure {
    let errno = error.raw_os_error();
    let mut failure = Failure::io("mount an overlay at", target, error);
    if !log.is_empty() {
        let _ = write!(failure.message, " ({log})");
    }
    match errno {
        Some(libc::ENODEV) => Failure { code: "overlay-unsupported", ..failure }
            .with_hint("this kernel has no overlay file system: sudo modprobe overlay"),
        Some(libc::EINVAL | libc::EOPNOTSUPP) => {
            Failure { code: "overlay-unsupported", ..failure }.with_hint(OTHER_ROOT)
        }
        Some(libc::EPERM | libc::EACCES) => Failure { code: "mount-forbidden", ..failure }
            .with_hint("overlay mounts by ordinary users need Linux 5.11, and no security policy that forbids them"),
        _ => failure,
    }
}

const OTHER_ROOT: &str = "put the store on another file system, as ext4, xfs or btrfs: --root DIR or OCI_BUILD_ROOT";

fn unsupported(message: String) -> Failure {
    Failure::new("overlay-unsupported", message).with_hint(OTHER_ROOT)
}

fn refusal(error: Errno, log: String) -> Refusal {
    Refusal::Error { error: error.into(), log }
}

fn descriptor_path(directory: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", directory.as_raw_fd())
}

/// What the kernel has to say about a failed configuration: lines such as `e overlay: No changes allowed in reconfigure`.
fn messages(context: &OwnedFd) -> String {
    let mut lines = Vec::new();
    let mut line = [0; 512];
    while let Ok(length) = rustix::io::read(context, &mut line) {
        let text = String::from_utf8_lossy(line.get(..length).unwrap_or_default()).trim().to_owned();
        lines.push(text.strip_prefix("e ").map_or(text.clone(), str::to_owned));
    }
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::namespaces::{Namespaces, unshare};
    use rustix::fs::{Mode, OFlags, open};
    use std::fs;

    /// Mounts in a mount namespace of the test's own thread. The tests of this crate run as root, in CI and elsewhere;
    /// an ordinary user sees why nothing could be tried.
    fn in_own_namespace(test: impl FnOnce(&Path) + Send + 'static) {
        let thread = std::thread::spawn(move || {
            if let Err(error) = unshare(Namespaces::NEWNS | Namespaces::FS) {
                eprintln!("cannot make a mount namespace, so nothing is mounted here: {error}");
                return;
            }
            use rustix::mount::{MountPropagationFlags, mount_change};
            mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE).unwrap();
            let directory = std::env::temp_dir().join(format!(
                "oci-build-overlay-{}-{:?}",
                std::process::id(),
                std::thread::current().id()
            ));
            fs::create_dir_all(&directory).unwrap();
            test(&directory);
            fs::remove_dir_all(&directory).unwrap();
        });
        thread.join().unwrap();
    }

    fn layers(directory: &Path, count: usize) -> Vec<OwnedFd> {
        let layer = |number: usize| {
            let path = directory.join(format!("layer {number}: with, odd characters\\"));
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join(format!("file{number}")), number.to_string()).unwrap();
            fs::write(path.join("shared"), number.to_string()).unwrap();
            handle(&path)
        };
        (0..count).map(layer).collect()
    }

    fn handle(path: &Path) -> OwnedFd {
        fs::create_dir_all(path).unwrap();
        open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap()
    }

    fn check(directory: &Path, count: usize, mount: impl Fn(&Overlay<'_>, &Path) -> bool) {
        let lowers = layers(directory, count);
        let target = directory.join("target");
        let writable = Writable { upper: handle(&directory.join("upper")), work: handle(&directory.join("work")) };
        fs::create_dir_all(&target).unwrap();
        assert!(mount(&Overlay { lowers: &lowers, writable: Some(&writable) }, &target));
        assert_eq!(fs::read_to_string(target.join("shared")).unwrap(), "0", "the first layer is the topmost");
        assert!(target.join(format!("file{}", count - 1)).exists());
        fs::write(target.join("shared"), "new").unwrap();
        assert_eq!(fs::read_to_string(directory.join("upper/shared")).unwrap(), "new");
        super::super::unmount(&target).unwrap();
    }

    #[test]
    fn hundreds_of_layers_are_mounted_by_fsconfig() {
        in_own_namespace(|directory| {
            check(directory, 300, |overlay, target| overlay.configure(target).is_ok());
        });
    }

    #[test]
    fn kernels_without_lowerdir_plus_mount_by_option_string() {
        in_own_namespace(|directory| {
            check(directory, 100, |overlay, target| overlay.mount_by_options(target).is_ok());
        });
    }
}
