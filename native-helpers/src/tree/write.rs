//! Writes single entries of a copy.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, FileType, Mode as Bits, OFlags};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::layer::device;
use crate::tree::content;
use crate::tree::directory::{self, Meta};
use crate::tree::metadata::{Problem, Style};
use crate::tree::walk::Entry;
use crate::tree::xattr::{self, Attribute};

pub struct Writer {
    style: Style,
    /// The destination without its trailing slash, for messages.
    destination: String,
    entries: AtomicU64,
    bytes: AtomicU64,
}

/// A name in a directory of the destination.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    pub directory: BorrowedFd<'a>,
    pub name: &'a CStr,
}

impl Writer {
    pub fn new(style: Style, destination: &str) -> Self {
        let destination = destination.trim_end_matches('/').to_owned();
        Self { style, destination, entries: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    /// How many entries and bytes of content were written.
    pub fn totals(self) -> (u64, u64) {
        (self.entries.into_inner(), self.bytes.into_inner())
    }

    pub fn count(&self, entries: u64, bytes: u64) {
        self.entries.fetch_add(entries, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Copies anything but a directory to `at`, in the place of anything but a directory.
    pub fn leaf(&self, at: At<'_>, entry: &Entry<'_>) -> Result<(), Failure> {
        match entry.meta.kind {
            FileType::RegularFile => {
                let target = self.create(at, entry)?;
                self.fill(target, entry)
            }
            FileType::Symlink => {
                let link = rustix::fs::readlinkat(entry.parent, entry.name, Vec::new());
                let link = link.map_err(|error| self.failed("read the link", entry, error))?;
                self.make(at, entry, || rustix::fs::symlinkat(&link, at.directory, at.name))?;
                self.finish_at(at, entry)
            }
            kind => {
                self.make(at, entry, || device::make(at.directory, at.name.to_bytes(), kind, entry.meta.rdev))?;
                self.finish_at(at, entry)
            }
        }
    }

    /// Makes `at` one more name of the file `first`.
    pub fn link(&self, at: At<'_>, entry: &Entry<'_>, first: At<'_>) -> Result<(), Failure> {
        self.count(1, 0);
        let flags = AtFlags::empty();
        self.make(at, entry, || rustix::fs::linkat(first.directory, first.name, at.directory, at.name, flags))
    }

    /// Makes an empty file.
    pub fn create(&self, at: At<'_>, entry: &Entry<'_>) -> Result<OwnedFd, Failure> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        self.make(at, entry, || rustix::fs::openat(at.directory, at.name, flags, Bits::RUSR | Bits::WUSR))
    }

    /// Gives a new file its content and metadata.
    pub fn fill(&self, target: OwnedFd, entry: &Entry<'_>) -> Result<(), Failure> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let source = rustix::fs::openat(entry.parent, entry.name, flags, Bits::empty());
        let source = source.map_err(|error| self.failed("open", entry, error))?;
        let attributes = xattr::read(&source).map_err(|error| self.failed("read the attributes of", entry, error))?;
        let bytes = content::copy(source.as_fd(), target.as_fd(), entry.meta.size);
        self.count(1, bytes.map_err(|error| self.failed("copy", entry, error))?);
        self.finish(target.as_fd(), entry.meta, &attributes, entry.path)
    }

    /// Gives an open file or directory the metadata of its source. `path` is where it goes, below the destination.
    pub fn finish(
        &self,
        file: BorrowedFd<'_>,
        meta: &Meta,
        attributes: &[Attribute],
        path: &[u8],
    ) -> Result<(), Failure> {
        self.style.finish(file, meta, attributes).map_err(|problem: Problem| problem.at(&self.show(path)))
    }

    fn finish_at(&self, at: At<'_>, entry: &Entry<'_>) -> Result<(), Failure> {
        self.count(1, 0);
        let finished = self.style.finish_at(at.directory, at.name, entry.meta);
        finished.map_err(|problem| problem.at(&self.show(entry.path)))
    }

    /// Makes an entry; when the name is taken by anything but a directory, in its place.
    fn make<T>(&self, at: At<'_>, entry: &Entry<'_>, make: impl Fn() -> Result<T, Errno>) -> Result<T, Failure> {
        let failed = |error| self.failed("make", entry, error);
        match make() {
            Err(Errno::EXIST) => {}
            result => return result.map_err(failed),
        }
        if directory::meta_at(at.directory, at.name).map_err(failed)?.kind == FileType::Directory {
            let message = format!("cannot replace the directory {} with a file", self.show(entry.path));
            return Err(Failure::new("copy-is-a-directory", message)
                .with_hint("copy to another path, or remove the directory in an earlier RUN"));
        }
        rustix::fs::unlinkat(at.directory, at.name, AtFlags::empty()).map_err(failed)?;
        make().map_err(failed)
    }

    pub fn failed(&self, verb: &str, entry: &Entry<'_>, error: Errno) -> Failure {
        Failure::io(verb, self.show(entry.path), error)
    }

    /// How messages name an entry: by where it goes.
    pub fn show(&self, path: &[u8]) -> String {
        format!("{}/{}", self.destination, String::from_utf8_lossy(path))
    }
}
