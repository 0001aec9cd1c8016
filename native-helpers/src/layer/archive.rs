//! A layer directory as the bytes of its canonical tar: the same tree gives the same bytes, whatever the order in which
//! it was made. Directories come before what they hold, names in byte order; owners are numbers, times whole seconds.
//! The root itself has no entry (as in BuildKit's layers).

use std::collections::HashMap;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, major, minor, openat, readlinkat, statat};

use super::device;
use super::directories::{Directories, failed, names};
use super::metadata::mtime;
use super::path::{join, shown};
use super::stream::{ChunkStream, changed};
use super::tar::{self, Entry, Kind, Time};
use super::whiteout::{self, Form};
use super::xattr::{self, Xattrs};
use crate::failure::Failure;
use crate::ownership;

/// Writes the tar of the layer directory `layer` and answers the number of its entries.
pub fn write_archive(layer: &Path, stream: &mut ChunkStream<'_>) -> Result<u64, Failure> {
    let mut directories = Directories::open_root(layer)?;
    let form = directories.open(&[]).and_then(Form::of).map_err(|error| failed("inspect", &[], error))?;
    let mut writer = ArchiveWriter { directories, form, stream, first_names: HashMap::new(), entries: 0 };
    writer.write_tree()?;
    writer.stream.write(&tar::END)?;
    Ok(writer.entries)
}

struct ArchiveWriter<'a, 'b> {
    directories: Directories,
    form: Form,
    stream: &'a mut ChunkStream<'b>,
    /// The first path of every file with several names, by device and inode.
    first_names: HashMap<(u64, u64), Vec<u8>>,
    entries: u64,
}

/// A directory whose entries are being written.
struct Listed {
    path: Vec<u8>,
    names: std::vec::IntoIter<Vec<u8>>,
}

impl ArchiveWriter<'_, '_> {
    /// Walks without recursion: a tree may be deeper than a thread's stack.
    fn write_tree(&mut self) -> Result<(), Failure> {
        let mut open = vec![self.begin_directory(Vec::new())?];
        while let Some(listed) = open.last_mut() {
            match listed.names.next() {
                None => drop(open.pop()),
                Some(name) => {
                    if let Some(directory) = self.write_child(&listed.path, &name)? {
                        open.push(self.begin_directory(directory)?);
                    }
                }
            }
        }
        Ok(())
    }

    fn begin_directory(&mut self, path: Vec<u8>) -> Result<Listed, Failure> {
        let fd = self.directories.open(&path).map_err(|error| failed("open", &path, error))?;
        // A directory that `commit` has seen is never opaque; one that was unpacked may be.
        if whiteout::is_opaque(fd.as_fd()).map_err(|error| failed("inspect", &path, error))? {
            self.write_entry(&whiteout_entry(join(&path, whiteout::OPAQUE)))?;
        }
        let mut names = names(fd.as_fd()).map_err(|error| failed("list", &path, error))?;
        names.retain(|name| !self.form.is_mark(name));
        if self.form == Form::Devices {
            return Ok(Listed { path, names: names.into_iter() });
        }
        // A whiteout as a file sorts elsewhere than as a device; in the tar all have the order of the devices.
        names.sort_unstable_by(|a, b| whiteout::subject(a).cmp(whiteout::subject(b)));
        Ok(Listed { path, names: names.into_iter() })
    }

    /// Writes the entry, with a file's content; answers the path of a directory, whose own entries come next.
    fn write_child(&mut self, parent: &[u8], name: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        let path = join(parent, name);
        let fd = self.directories.open(parent).map_err(|error| failed("open", parent, error))?;
        let stat = statat(&fd, name, AtFlags::SYMLINK_NOFOLLOW)
            .and_then(|stat| ownership::seen_at(&fd, name, stat))
            .and_then(|stat| device::seen(&fd, name, stat))
            .map_err(|error| failed("inspect", &path, error))?;
        if let Some(deleted) = self.form.deleted(name, &stat) {
            self.write_entry(&whiteout_entry(join(parent, &[whiteout::PREFIX, deleted].concat())))?;
            return Ok(None);
        }
        if name.starts_with(whiteout::PREFIX) {
            return Err(reserved(&path));
        }
        let (major, minor) = (major(stat.st_rdev), minor(stat.st_rdev));
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                self.write_file(&path, name, &stat)?;
                return Ok(None);
            }
            FileType::Directory => {
                let directory = self.directories.open(&path).map_err(|error| failed("open", &path, error))?;
                let xattrs = read_xattrs(directory.as_fd(), &path)?;
                self.write_entry(&entry(path.clone(), Kind::Directory, &stat, xattrs))?;
                return Ok(Some(path));
            }
            FileType::Symlink => {
                let target = readlinkat(&fd, name, Vec::new()).map_err(|error| failed("read", &path, error))?;
                Kind::Symlink { target: target.into_bytes() }
            }
            FileType::Fifo => Kind::Fifo,
            FileType::CharacterDevice => Kind::CharacterDevice { major, minor },
            FileType::BlockDevice => Kind::BlockDevice { major, minor },
            // Sockets mean nothing without the process that listens; tar has no form for them.
            _ => return Ok(None),
        };
        self.write_entry(&entry(path, kind, &stat, Xattrs::new()))?;
        Ok(None)
    }

    fn write_file(&mut self, path: &[u8], name: &[u8], stat: &Stat) -> Result<(), Failure> {
        if stat.st_nlink > 1 {
            if let Some(target) = self.first_names.get(&(stat.st_dev, stat.st_ino)).cloned() {
                return self.write_entry(&entry(path.to_vec(), Kind::HardLink { target }, stat, Xattrs::new()));
            }
            self.first_names.insert((stat.st_dev, stat.st_ino), path.to_vec());
        }
        let parent = super::path::split(path).0;
        let directory = self.directories.open(parent).map_err(|error| failed("open", parent, error))?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&directory, name, flags, Mode::empty()).map_err(|error| failed("open", path, error))?;
        let xattrs = read_xattrs(file.as_fd(), path)?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        self.write_entry(&entry(path.to_vec(), Kind::File { size }, stat, xattrs))?;
        self.stream.write_file(file.as_fd(), size, path)?;
        self.stream.write(tar::padding(size))?;
        let after = fstat(&file).map_err(|error| failed("inspect", path, error))?;
        let same = after.st_ino == stat.st_ino && after.st_size == stat.st_size && mtime(&after) == mtime(stat);
        if same { Ok(()) } else { Err(changed(path)) }
    }

    fn write_entry(&mut self, entry: &Entry) -> Result<(), Failure> {
        self.entries += 1;
        self.stream.write(&tar::header(entry))
    }
}

/// The name stands for a deletion in every layer, so a file cannot have it.
pub fn reserved(path: &[u8]) -> Failure {
    let message = format!("the name of {} begins with .wh., which marks deleted files in layers", shown(path));
    Failure::new("reserved-name", message).with_hint("rename the file or delete it in the step that makes it")
}

fn read_xattrs(file: std::os::fd::BorrowedFd<'_>, path: &[u8]) -> Result<Xattrs, Failure> {
    let xattrs = xattr::read(file).map_err(|error| failed("read the extended attributes of", path, error))?;
    // Pax ends a key at its first equals sign, so that every reader would take this for another attribute.
    match xattrs.iter().find(|(name, _)| name.contains(&b'=')) {
        None => Ok(xattrs),
        Some((name, _)) => {
            let message = format!("the extended attribute {} of {} has an equals sign", shown(name), shown(path));
            Err(Failure::new("reserved-name", message).with_hint("layers cannot carry it: rename or remove it"))
        }
    }
}

fn entry(path: Vec<u8>, kind: Kind, stat: &Stat, xattrs: Xattrs) -> Entry {
    let (mode, uid, gid) = (stat.st_mode & 0o7777, stat.st_uid, stat.st_gid);
    Entry { path, kind, mode, uid, gid, mtime: mtime(stat), xattrs }
}

/// Whiteouts have nothing but a name (as containerd writes them).
fn whiteout_entry(path: Vec<u8>) -> Entry {
    let kind = Kind::File { size: 0 };
    Entry { path, kind, mode: 0, uid: 0, gid: 0, mtime: Time::default(), xattrs: Xattrs::new() }
}
