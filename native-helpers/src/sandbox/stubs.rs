//! Mount points that a root file system lacks: made before a run, taken away after it.
//!
//! A run's layer must not tell of them. So only what was made here and was left alone goes away, and a parent directory
//! that the run did not touch gets its modification time back. Nothing is done through a symbolic link that the run may
//! have planted (CVE-2024-23652), and links of the image are followed within the root only.
//!
//! A root serves one run at a time: two would take each other's mount points away.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat, StatxFlags, Timespec, Timestamps, UTIME_OMIT, fstat, futimens,
    mkdirat, openat, openat2, readlinkat, statat, statx, unlinkat,
};
use rustix::io::Errno;

use crate::failure::Failure;

/// As many symbolic links as the kernel follows in one path.
const MOST_LINKS: u32 = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Directory,
    File,
}

/// The mount points made in one root. They go away when this value is dropped.
pub struct Stubs {
    root: OwnedFd,
    /// The root as the sandbox sees it, with everything that is mounted there.
    view: Option<View>,
    made: Vec<Stub>,
}

struct View {
    root: OwnedFd,
    mount: u64,
}

struct Stub {
    parent: String,
    name: String,
    kind: Kind,
    inode: u64,
    modified: Modified,
    parent_before: Modified,
    parent_after: Modified,
}

pub type Modified = (i64, u64);

impl Stubs {
    /// Stubs in the directory `root`.
    pub fn new(root: OwnedFd) -> Self {
        Self { root, view: None, made: Vec::new() }
    }

    /// From now on looks through `root`, the same root within a sandbox. What must be made in a mount there is that mount's
    /// and stays.
    pub fn look_through(&mut self, root: OwnedFd) -> rustix::io::Result<()> {
        let mount = mount_of(root.as_fd())?;
        self.view = Some(View { root, mount });
        Ok(())
    }

    /// Sees to it that the directory `path` (absolute, in the root) exists, and answers its path without symbolic links.
    pub fn directory(&mut self, path: &str) -> Result<String, Failure> {
        self.ensure(path, Kind::Directory)
    }

    /// Sees to it that the file `path` exists, and answers its path without symbolic links.
    pub fn file(&mut self, path: &str) -> Result<String, Failure> {
        self.ensure(path, Kind::File)
    }

    fn ensure(&mut self, path: &str, kind: Kind) -> Result<String, Failure> {
        self.walk(path, kind).map_err(|error| match error {
            Errno::NOTDIR | Errno::ISDIR | Errno::LOOP => {
                Failure::new("mount-point-invalid", format!("{path} in the image is no {} to mount on", kind.noun()))
            }
            error => Failure::io("make the mount point", format!("{path} in the image"), error),
        })
    }

    /// Follows `path` component by component, as the kernel would with this root, and makes what is missing.
    fn walk(&mut self, path: &str, kind: Kind) -> Result<String, Errno> {
        let mut rest: VecDeque<String> = components(path).collect();
        let mut at: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(name) = rest.pop_front() {
            if name == ".." {
                at.pop();
                continue;
            }
            let wanted = if rest.is_empty() { kind } else { Kind::Directory };
            let parent = at.join("/");
            let directory = open(self.view.as_ref().map_or(&self.root, |view| &view.root), &parent)?;
            match statat(&directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(found) if file_type(&found) == FileType::Symlink => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(Errno::LOOP);
                    }
                    let target = readlinkat(&directory, name.as_str(), Vec::new())?;
                    let target = target.to_str().map_err(|_| Errno::ILSEQ)?;
                    if target.starts_with('/') {
                        at.clear();
                    }
                    for component in components(target).rev() {
                        rest.push_front(component);
                    }
                }
                Ok(found) => {
                    wanted.check(file_type(&found))?;
                    at.push(name);
                }
                Err(Errno::NOENT) => {
                    let stub = Stub::make(directory.as_fd(), parent, name.clone(), wanted)?;
                    if self.belongs_to_root(directory.as_fd())? {
                        self.made.push(stub);
                    }
                    at.push(name);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(format!("/{}", at.join("/")))
    }

    fn belongs_to_root(&self, directory: BorrowedFd<'_>) -> Result<bool, Errno> {
        self.view.as_ref().map_or(Ok(true), |view| Ok(mount_of(directory)? == view.mount))
    }
}

impl Drop for Stubs {
    fn drop(&mut self) {
        while let Some(stub) = self.made.pop() {
            if let Ok(parent) = open(&self.root, &stub.parent) {
                // A stub that cannot be removed was changed by the run, and then it belongs to the layer.
                let _ = stub.remove(parent.as_fd());
            }
        }
    }
}

impl Stub {
    fn make(directory: BorrowedFd<'_>, parent: String, name: String, kind: Kind) -> Result<Self, Errno> {
        let parent_before = modified(&fstat(directory)?);
        match kind {
            Kind::Directory => mkdirat(directory, name.as_str(), Mode::from_raw_mode(0o755))?,
            Kind::File => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                drop(openat(directory, name.as_str(), flags, Mode::from_raw_mode(0o644))?);
            }
        }
        let made = statat(directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW)?;
        let parent_after = modified(&fstat(directory)?);
        Ok(Self { parent, name, kind, inode: made.st_ino, modified: modified(&made), parent_before, parent_after })
    }

    fn remove(&self, parent: BorrowedFd<'_>) -> Result<(), Errno> {
        let now = modified(&fstat(parent)?);
        match self.kind {
            Kind::Directory => unlinkat(parent, self.name.as_str(), AtFlags::REMOVEDIR)?,
            Kind::File => {
                let found = statat(parent, self.name.as_str(), AtFlags::SYMLINK_NOFOLLOW)?;
                let untouched = file_type(&found) == FileType::RegularFile
                    && (found.st_ino, found.st_size, modified(&found)) == (self.inode, 0, self.modified);
                if !untouched {
                    return Ok(());
                }
                unlinkat(parent, self.name.as_str(), AtFlags::empty())?;
            }
        }
        // What the run did to the directory keeps its time; what only the stub did never happened.
        set_modified(parent, if now == self.parent_after { self.parent_before } else { now })
    }
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::File => "file",
        }
    }

    /// A file may be mounted over anything but a directory.
    fn check(self, found: FileType) -> Result<(), Errno> {
        match (self, found == FileType::Directory) {
            (Self::Directory, false) => Err(Errno::NOTDIR),
            (Self::File, true) => Err(Errno::ISDIR),
            _ => Ok(()),
        }
    }
}

/// A directory in `root` by its resolved path; fails when a component has become a symbolic link.
pub fn open(root: &OwnedFd, path: &str) -> Result<OwnedFd, Errno> {
    let path = if path.is_empty() { "." } else { path };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS)
}

fn mount_of(directory: BorrowedFd<'_>) -> Result<u64, Errno> {
    Ok(statx(directory, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)?.stx_mnt_id)
}

fn components(path: &str) -> impl DoubleEndedIterator<Item = String> + '_ {
    path.split('/').filter(|name| !name.is_empty() && *name != ".").map(str::to_owned)
}

fn file_type(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

pub fn modified(stat: &Stat) -> Modified {
    (stat.st_mtime, stat.st_mtime_nsec)
}

pub fn set_modified(directory: BorrowedFd<'_>, (seconds, nanoseconds): Modified) -> Result<(), Errno> {
    let keep = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let nanoseconds = nanoseconds.try_into().map_err(|_| Errno::INVAL)?;
    futimens(
        directory,
        &Timestamps { last_access: keep, last_modification: Timespec { tv_sec: seconds, tv_nsec: nanoseconds } },
    )
}

/// Opens the directory at `path`, outside of any root, to make stubs in it.
pub fn open_root(path: &Path) -> Result<OwnedFd, Failure> {
    rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| Failure::io("open the root file system", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, symlink};
    use std::path::PathBuf;

    fn in_root(test: impl FnOnce(&Path)) {
        let path: PathBuf = std::env::temp_dir().join(format!(
            "oci-build-stubs-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        fs::create_dir_all(&path).unwrap();
        test(&path);
        fs::remove_dir_all(&path).unwrap();
    }

    fn stubs(root: &Path) -> Stubs {
        Stubs::new(open_root(root).unwrap())
    }

    fn times(path: &Path) -> (i64, i64) {
        let it = fs::metadata(path).unwrap();
        (it.mtime(), it.mtime_nsec())
    }

    #[test]
    fn what_was_made_goes_and_times_come_back() {
        in_root(|root| {
            fs::create_dir(root.join("etc")).unwrap();
            let before = (times(root), times(&root.join("etc")));
            let mut made = stubs(root);
            assert_eq!(made.directory("/proc").unwrap(), "/proc");
            assert_eq!(made.directory("/dev").unwrap(), "/dev");
            assert_eq!(made.file("/etc/hosts").unwrap(), "/etc/hosts");
            assert_eq!(made.file("/run/a/b").unwrap(), "/run/a/b");
            assert!(root.join("run/a/b").is_file());
            drop(made);
            assert_eq!(fs::read_dir(root).unwrap().count(), 1);
            assert_eq!((times(root), times(&root.join("etc"))), before);
        });
    }

    #[test]
    fn what_was_there_stays() {
        in_root(|root| {
            fs::create_dir(root.join("proc")).unwrap();
            fs::write(root.join("hosts"), "x").unwrap();
            let mut made = stubs(root);
            made.directory("/proc").unwrap();
            made.file("/hosts").unwrap();
            drop(made);
            assert!(root.join("proc").is_dir());
            assert_eq!(fs::read_to_string(root.join("hosts")).unwrap(), "x");
        });
    }

    #[test]
    fn what_the_run_used_stays_and_so_does_the_time_it_left() {
        in_root(|root| {
            let mut made = stubs(root);
            made.file("/a").unwrap();
            made.file("/b").unwrap();
            made.directory("/d").unwrap();
            made.file("/gone").unwrap();
            fs::write(root.join("a"), "written").unwrap();
            fs::remove_file(root.join("gone")).unwrap();
            fs::write(root.join("d/x"), "").unwrap();
            let left = times(root);
            drop(made);
            let mut names: Vec<_> = fs::read_dir(root).unwrap().map(|it| it.unwrap().file_name()).collect();
            names.sort();
            assert_eq!(names, ["a", "d"]);
            assert_eq!(times(root), left);
        });
    }

    #[test]
    fn links_are_followed_inside_the_root_only() {
        in_root(|root| {
            fs::create_dir(root.join("etc")).unwrap();
            symlink("../../../../run/resolv.conf", root.join("etc/resolv.conf")).unwrap();
            symlink("/etc", root.join("conf")).unwrap();
            symlink("loop", root.join("loop")).unwrap();
            let mut made = stubs(root);
            assert_eq!(made.file("/etc/resolv.conf").unwrap(), "/run/resolv.conf");
            assert_eq!(made.file("/conf/hosts").unwrap(), "/etc/hosts");
            assert_eq!(made.file("/loop").unwrap_err().code, "mount-point-invalid");
            assert_eq!(made.file("/etc").unwrap_err().code, "mount-point-invalid");
            drop(made);
            assert!(!root.join("run").exists());
        });
    }

    #[test]
    fn a_parent_that_became_a_link_is_left_alone() {
        in_root(|root| {
            let (inside, outside) = (root.join("root"), root.join("outside"));
            fs::create_dir_all(inside.join("etc")).unwrap();
            fs::create_dir(&outside).unwrap();
            let mut made = stubs(&inside);
            made.file("/etc/hosts").unwrap();
            fs::rename(inside.join("etc/hosts"), outside.join("hosts")).unwrap();
            fs::remove_dir(inside.join("etc")).unwrap();
            symlink(&outside, inside.join("etc")).unwrap();
            drop(made);
            assert!(outside.join("hosts").exists());
        });
    }
}
