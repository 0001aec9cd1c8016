//! Things that stand in a root for the length of a run, where nothing can be mounted: generated files, a /dev, what RUN
//! --mount asks for. What was there before stands aside meanwhile, outside of the root, and comes back.
//!
//! As with mount points, a parent directory that the run did not touch gets its modification time back, and nothing is
//! done through a symbolic link that the run may have planted.

use std::fs;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, Uid, chmodat, chownat, fstat, makedev, mkdirat, mknodat, openat,
    renameat, statat, symlinkat, unlinkat,
};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::protocol::messages::RunMount;
use crate::sandbox::mounts::memory::decode;
use crate::sandbox::stubs::{Modified, Stubs, modified, open, set_modified};
use crate::tree;

/// Devices that give nothing away, by name and number.
const DEVICES: [(&str, u32, u32); 6] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

const LINKS: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];

/// What has been placed in one root. It goes away when this value is dropped.
pub struct Placed {
    root: OwnedFd,
    /// A directory beside the root, on its file system.
    aside: PathBuf,
    things: Vec<Thing>,
}

struct Thing {
    parent: String,
    name: String,
    /// Where what was there before stands aside.
    displaced: Option<PathBuf>,
    /// Where it came from, and goes again.
    from: Option<PathBuf>,
    parent_before: Modified,
    parent_after: Modified,
}

impl Placed {
    /// Placing in the directory `root`; `path` is its path.
    pub fn new(root: OwnedFd, path: &Path) -> Result<Self, Failure> {
        let aside = path.with_extension("aside");
        fs::create_dir_all(&aside).map_err(|error| Failure::io("make the directory", &aside, error))?;
        Ok(Self { root, aside, things: Vec::new() })
    }

    /// A /dev of the run's own, with the devices that every program expects.
    pub fn devices(&mut self, path: &str) -> Result<(), Failure> {
        self.place(path, None, |parent, name| {
            mkdirat(parent, name, Mode::from_raw_mode(0o755))?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let dev = openat(parent, name, flags, Mode::empty())?;
            for (name, major, minor) in DEVICES {
                mknodat(&dev, name, FileType::CharacterDevice, Mode::from_raw_mode(0o666), makedev(major, minor))?;
                chmodat(&dev, name, Mode::from_raw_mode(0o666), AtFlags::empty())?;
            }
            for (name, target) in LINKS {
                symlinkat(target, &dev, name)?;
            }
            mkdirat(&dev, "shm", Mode::from_raw_mode(0o777))?;
            chmodat(&dev, "shm", Mode::from_raw_mode(0o1777), AtFlags::empty())?;
            // A file system may be mounted so that its devices are dead.
            openat(&dev, "null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).map(drop)
        })
        .map_err(|failure| {
            failure.with_hint(
                "devices need the capability MKNOD (--cap-add MKNOD) and a store on a file system without `nodev`",
            )
        })
    }

    /// A file with `content` at the resolved `path`.
    pub fn file(&mut self, path: &str, content: &[u8]) -> Result<(), Failure> {
        self.place(path, None, |parent, name| write_file(parent, name, content))
    }

    /// What RUN --mount asks for, as far as it can be had without a mount.
    pub fn mount(&mut self, mount: &RunMount, stubs: &mut Stubs) -> Result<(), Failure> {
        match mount {
            RunMount::Bind { target, tree, source, .. } => {
                let from = source_of(tree, source)?;
                let is_directory = from.is_dir();
                let path = if is_directory { stubs.directory(target)? } else { stubs.file(target)? };
                check(target, &path)?;
                self.place(&path, Some(from.clone()), |parent, name| renameat(CWD, &from, parent, name))
            }
            RunMount::Tmpfs { target, size: None, .. } => {
                let path = stubs.directory(target)?;
                check(target, &path)?;
                self.place(&path, None, |parent, name| {
                    mkdirat(parent, name, Mode::from_raw_mode(0o777))?;
                    chmodat(parent, name, Mode::from_raw_mode(0o1777), AtFlags::empty())
                })
            }
            RunMount::Tmpfs { .. } => Err(unavailable("RUN --mount=type=tmpfs with a size").with_hint(
                "leave size= out: the directory is then one of the disk, and empty afterwards all the same",
            )),
            RunMount::File { target, content, mode, uid, gid, program: true } => {
                let content = decode(content).ok_or_else(|| {
                    Failure::new("protocol-error", format!("the content of {target} is not hexadecimal"))
                })?;
                let path = stubs.file(target)?;
                self.place(&path, None, |parent, name| {
                    write_file(parent, name, &content)?;
                    let (uid, gid) = (Some(Uid::from_raw(*uid)), Some(Gid::from_raw(*gid)));
                    chownat(parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
                    chmodat(parent, name, Mode::from_raw_mode(*mode), AtFlags::empty())
                })
            }
            RunMount::File { .. } => {
                Err(unavailable("RUN --mount=type=secret as a file, which must never reach a disk")
                    .with_hint("take the secret as a variable: RUN --mount=type=secret,id=ID,env=NAME"))
            }
            RunMount::Agent { .. } => Err(unavailable("RUN --mount=type=ssh").with_hint(
                "build where namespaces are allowed, for docker and podman with --security-opt seccomp=unconfined",
            )),
        }
    }

    fn place(
        &mut self,
        path: &str,
        from: Option<PathBuf>,
        make: impl FnOnce(BorrowedFd<'_>, &str) -> Result<(), Errno>,
    ) -> Result<(), Failure> {
        let failed = |error: Errno| Failure::io("place", format!("{path} in the image"), error);
        let (parent, name) =
            path.trim_start_matches('/').rsplit_once('/').unwrap_or(("", path.trim_start_matches('/')));
        let directory = open(&self.root, parent).map_err(failed)?;
        let time = || fstat(&directory).map(|stat| modified(&stat)).map_err(failed);
        let parent_before = time()?;
        let aside = self.aside.join(self.things.len().to_string());
        let displaced = match renameat(&directory, name, CWD, &aside) {
            Ok(()) => Some(aside),
            Err(Errno::NOENT) => None,
            Err(error) => return Err(failed(error)),
        };
        let made = make(directory.as_fd(), name);
        // Even half made it is to go again.
        let (parent, name) = (parent.to_owned(), name.to_owned());
        let parent_after = time()?;
        self.things.push(Thing { parent, name, displaced, from, parent_before, parent_after });
        made.map_err(failed)
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        while let Some(thing) = self.things.pop() {
            // What cannot be put back leaves a root that differs; nothing of the run may stay all the same.
            let _ = thing.take_away(&self.root);
        }
        let _ = tree::remove(&self.aside);
    }
}

impl Thing {
    fn take_away(&self, root: &OwnedFd) -> Result<(), Errno> {
        let parent = open(root, &self.parent)?;
        let now = modified(&fstat(&parent)?);
        match &self.from {
            Some(from) => renameat(&parent, self.name.as_str(), CWD, from)?,
            None => remove(&parent, &self.name)?,
        }
        if let Some(displaced) = &self.displaced {
            renameat(CWD, displaced, &parent, self.name.as_str())?;
        }
        // What the run did to the directory keeps its time; what only this did never happened.
        set_modified(parent.as_fd(), if now == self.parent_after { self.parent_before } else { now })
    }
}

fn remove(parent: &OwnedFd, name: &str) -> Result<(), Errno> {
    match unlinkat(parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::ISDIR) => {
            let name = std::ffi::CString::new(name).map_err(|_| Errno::INVAL)?;
            tree::remove_directory(parent.as_fd(), &name, Path::new("")).map_err(|_| Errno::IO)
        }
        Err(error) => Err(error),
    }
}

fn write_file(parent: BorrowedFd<'_>, name: &str, content: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(parent, name, flags, Mode::from_raw_mode(0o644))?;
    fs::File::from(file).write_all(content).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// The path of `source` in a tree that was made for this run alone. No link is followed: the name itself is moved.
fn source_of(tree: &str, source: &str) -> Result<PathBuf, Failure> {
    let path = Path::new(tree).join(source.trim_start_matches('/'));
    match statat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(path),
        Err(Errno::NOENT | Errno::NOTDIR) => {
            Err(Failure::new("mount-source-missing", format!("{source:?}: not found")))
        }
        Err(error) => Err(Failure::io("open", source, error)),
    }
}

fn check(target: &str, path: &str) -> Result<(), Failure> {
    if path == "/" {
        return Err(Failure::new("mount-point-invalid", format!("nothing can be mounted at {target}")));
    }
    Ok(())
}

fn unavailable(what: &str) -> Failure {
    Failure::new("mount-unavailable", format!("{what} is not possible here: nothing can be mounted in this container"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::stubs::open_root;
    use std::os::unix::fs::{MetadataExt, symlink};

    fn in_root(test: impl FnOnce(&Path, &mut Stubs, &mut Placed)) {
        let top = std::env::temp_dir().join(format!(
            "oci-build-placed-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        let root = top.join("root");
        fs::create_dir_all(root.join("etc")).unwrap();
        let mut stubs = Stubs::new(open_root(&root).unwrap());
        let mut placed = Placed::new(open_root(&root).unwrap(), &root).unwrap();
        test(&root, &mut stubs, &mut placed);
        fs::remove_dir_all(&top).unwrap();
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(directory).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn time(path: &Path) -> (i64, i64) {
        let it = fs::symlink_metadata(path).unwrap();
        (it.mtime(), it.mtime_nsec())
    }

    /// Drops what was placed as a run does: before the mount points.
    fn end(root: &Path, stubs: &mut Stubs, placed: &mut Placed) {
        while let Some(thing) = placed.things.pop() {
            thing.take_away(&placed.root).unwrap();
        }
        *stubs = Stubs::new(open_root(root).unwrap());
    }

    #[test]
    fn a_file_of_the_image_comes_back_as_it_was() {
        in_root(|root, stubs, placed| {
            fs::write(root.join("etc/hosts"), "image").unwrap();
            let before = (time(&root.join("etc")), fs::metadata(root.join("etc/hosts")).unwrap().ino());
            for path in ["/etc/hosts", "/etc/resolv.conf"] {
                let path = stubs.file(path).unwrap();
                placed.file(&path, b"ours").unwrap();
            }
            assert_eq!(fs::read_to_string(root.join("etc/hosts")).unwrap(), "ours");
            fs::write(root.join("etc/hosts"), "of the run").unwrap();
            fs::remove_file(root.join("etc/resolv.conf")).unwrap();
            symlink("/nowhere", root.join("etc/resolv.conf")).unwrap();
            end(root, stubs, placed);
            assert_eq!(fs::read_to_string(root.join("etc/hosts")).unwrap(), "image");
            assert_eq!(names(&root.join("etc")), ["hosts"]);
            assert_eq!(fs::metadata(root.join("etc/hosts")).unwrap().ino(), before.1);
        });
    }

    #[test]
    fn what_the_run_did_not_touch_keeps_its_time() {
        in_root(|root, stubs, placed| {
            let before = (time(root), time(&root.join("etc")));
            let path = stubs.file("/etc/hosts").unwrap();
            placed.file(&path, b"ours").unwrap();
            end(root, stubs, placed);
            assert_eq!((time(root), time(&root.join("etc"))), before);
        });
    }

    #[test]
    fn a_directory_is_lent_and_goes_back_with_what_was_put_into_it() {
        in_root(|root, stubs, placed| {
            let cache = root.with_file_name("cache");
            fs::create_dir(&cache).unwrap();
            let tree = cache.to_str().unwrap().to_owned();
            let bind =
                RunMount::Bind { target: "/var/cache".to_owned(), tree, source: String::new(), read_only: false };
            placed.mount(&bind, stubs).unwrap();
            fs::write(root.join("var/cache/found"), "").unwrap();
            end(root, stubs, placed);
            assert_eq!(names(&cache), ["found"]);
            assert_eq!(names(root), ["etc"]);
        });
    }

    #[test]
    fn secrets_agents_and_sizes_are_refused_by_name() {
        in_root(|_root, stubs, placed| {
            let target = "/x".to_owned();
            let table = [
                (
                    RunMount::File {
                        target: target.clone(),
                        content: String::new(),
                        mode: 0o400,
                        uid: 0,
                        gid: 0,
                        program: false,
                    },
                    "secret",
                ),
                (RunMount::Agent { target: target.clone(), socket: String::new(), mode: 0o600, uid: 0, gid: 0 }, "ssh"),
                (RunMount::Tmpfs { target, size: Some(1), read_only: false }, "tmpfs"),
            ];
            for (mount, name) in table {
                let failure = placed.mount(&mount, stubs).unwrap_err();
                assert_eq!(
                    (failure.code, failure.message.contains(name), failure.hint.is_some()),
                    ("mount-unavailable", true, true)
                );
            }
        });
    }
}
