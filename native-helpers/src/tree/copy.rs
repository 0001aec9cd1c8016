//! COPY: the selected entries, written below a root.
//!
//! The rules are those of BuildKit's file copy (tonistiigi/fsutil `copy`): entries below a source are made without
//! following anything. A file replaces a file or link of its name, but not a directory; a directory replaces nothing, not
//! even a link to a directory. An existing directory below the destination gets the source's metadata; the destination
//! itself keeps its own. ADD also unpacks archives, by the rules of `layer/extract.rs`.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FileType, Mode as Bits, OFlags};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::layer::{self, Archive};
use crate::protocol::messages::{CopyParams, CopyResult};
use crate::tree::directory::{self, Meta};
use crate::tree::filter::Filter;
use crate::tree::make::Manner;
use crate::tree::metadata::{Ownership, Style};
use crate::tree::mode::Mode;
use crate::tree::owner::Owner;
use crate::tree::place::{self, Place, What, not_a_directory};
use crate::tree::resolve::in_root;
use crate::tree::select::{Kind, Source, select};
use crate::tree::walk::{self, Entry, Visitor};
use crate::tree::write::{At, Writer};
use crate::tree::xattr::{self, Attribute};

pub fn copy(params: &CopyParams) -> Result<CopyResult, Failure> {
    let selected = select(&params.selection)?;
    let root = directory::open(Path::new(&params.root))?;
    let owner = params.owner.as_ref().map(|spec| Owner::parse(root.as_fd(), spec)).transpose()?;
    let mode = params.mode.as_ref().map(|text| Mode::parse(text)).transpose()?;
    // An octal mode reaches the directories that lead to the destination, too, a symbolic one does not (moby/buildkit#6801).
    let parents = if let Some(Mode::Octal(octal)) = mode { octal } else { 0o755 };
    let manner = Manner { owner: owner.unwrap_or(Owner::ROOT), mode: parents };
    let ownership = if owner.is_none() && params.keep_owner { Ownership::Kept } else { Ownership::Given(manner.owner) };
    let archives =
        selected.sources.iter().map(|source| params.unpack.as_ref().map_or(Ok(None), |_| archive_in(source)));
    let archives = archives.collect::<Result<Vec<_>, _>>()?;
    let whats: Vec<_> = selected.sources.iter().zip(&archives).map(|(source, archive)| what(source, archive)).collect();
    place::check(root.as_fd(), &params.destination, params.selection.sources.len(), &whats)?;
    let writer = Writer::new(Style { ownership, mode }, &params.destination);
    for ((source, archive), what) in selected.sources.iter().zip(archives).zip(whats) {
        // What an archive goes into takes no mode, as in BuildKit.
        let manner = if archive.is_some() { Manner { mode: 0o755, ..manner } } else { manner };
        let place = place::place(root.as_fd(), &params.destination, what, manner)?;
        match (archive.zip(params.unpack.as_ref()), place) {
            (Some((archive, limits)), Place::Into(into)) => {
                let owner = owner.map(|Owner { uid, gid }| (uid, gid));
                let purpose = layer::Purpose::Add { into, owner };
                let extracting = layer::Extracting { purpose, name: &in_root(&source.path), limits };
                let extracted = layer::extract(archive, extracting)?;
                writer.count(extracted.entries, extracted.bytes);
            }
            (_, place) => copy_source(&writer, source, place, selected.filter(source))?,
        }
    }
    let (entries, bytes) = writer.totals();
    Ok(CopyResult { entries, bytes })
}

fn what<'a>(source: &'a Source, archive: &Option<Archive>) -> What<'a> {
    match (&source.kind, archive) {
        (Kind::Leaf { .. }, None) => What::Entry(&source.name),
        _ => What::Contents,
    }
}

/// The archive that a source is.
fn archive_in(source: &Source) -> Result<Option<Archive>, Failure> {
    let Kind::Leaf { parent, name, meta: Meta { kind: FileType::RegularFile, .. } } = &source.kind else {
        return Ok(None);
    };
    let failed = |error: std::io::Error| Failure::io("read", in_root(&source.path), error);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(parent, name, flags, Bits::empty()).map_err(|error| failed(error.into()))?;
    layer::recognise(file.into(), Path::new(&in_root(&source.path))).map_err(failed)
}

fn copy_source(writer: &Writer, source: &Source, place: Place, filter: Filter<'_>) -> Result<(), Failure> {
    match (&source.kind, place) {
        (Kind::Directory(from), Place::Into(handle)) => {
            let top = directory::duplicate(&handle).map_err(|error| Failure::io("open", writer.show(b""), error))?;
            let merge = Merge { writer, top, first_names: Mutex::default() };
            let target = Target { handle, finish: None };
            walk::walk(&merge, filter, walk::Source { directory: from.as_fd(), path: &source.path }, target)
        }
        (Kind::Leaf { parent, name, meta }, Place::As { parent: to, name: new }) => {
            let entry = Entry { parent: parent.as_fd(), name, path: source.name.to_bytes(), meta };
            writer.leaf(At { directory: to.as_fd(), name: &new }, &entry)
        }
        // `place` answers each kind of source with its kind of place.
        (Kind::Directory(_), Place::As { .. }) | (Kind::Leaf { .. }, Place::Into(_)) => {
            Err(not_a_directory(&writer.show(b"")))
        }
    }
}

/// The contents of a directory source on their way into a directory.
struct Merge<'a> {
    writer: &'a Writer,
    top: OwnedFd,
    /// Of every file with several names, by device and inode: the one that was written, as a path below `top`.
    first_names: Mutex<HashMap<(u64, u64), Vec<u8>>>,
}

/// A directory of the destination while it is filled.
struct Target {
    handle: OwnedFd,
    /// What it becomes when all its entries are there; nothing for the destination itself.
    finish: Option<Finish>,
}

struct Finish {
    path: Vec<u8>,
    meta: Meta,
    attributes: Vec<Attribute>,
}

impl Visitor for Merge<'_> {
    type Place = Target;

    fn enter(&self, above: &Target, entry: Entry<'_>, handle: BorrowedFd<'_>) -> Result<Target, Failure> {
        let failed = |verb, error| self.writer.failed(verb, &entry, error);
        let attributes = xattr::read(handle).map_err(|error| failed("read the attributes of", error))?;
        match rustix::fs::mkdirat(&above.handle, entry.name, Bits::RWXU) {
            Ok(()) => {}
            Err(Errno::EXIST) => {
                let there = directory::meta_at(&above.handle, entry.name).map_err(|error| failed("read", error))?;
                if there.kind != FileType::Directory {
                    return Err(not_a_directory(&self.writer.show(entry.path)));
                }
            }
            Err(error) => return Err(failed("make the directory", error)),
        }
        let handle = directory::open_at(&above.handle, entry.name).map_err(|error| failed("open", error))?;
        self.writer.count(1, 0);
        Ok(Target { handle, finish: Some(Finish { path: entry.path.to_vec(), meta: *entry.meta, attributes }) })
    }

    fn leaf(&self, place: &Target, entry: Entry<'_>) -> Result<(), Failure> {
        let at = At { directory: place.handle.as_fd(), name: entry.name };
        if entry.meta.kind == FileType::RegularFile && entry.meta.links > 1 {
            return self.linked_file(at, &entry);
        }
        self.writer.leaf(at, &entry)
    }

    fn leave(&self, place: Target) -> Result<(), Failure> {
        let Some(Finish { path, meta, attributes }) = place.finish else { return Ok(()) };
        self.writer.finish(place.handle.as_fd(), &meta, &attributes, &path)
    }
}

impl Merge<'_> {
    /// A file with several names: the first is copied, the others that belong to the source become links to it.
    fn linked_file(&self, at: At<'_>, entry: &Entry<'_>) -> Result<(), Failure> {
        let mut first_names = self.first_names.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (entry.meta.device, entry.meta.inode);
        if let Some(first) = first_names.get(&key) {
            let (directory, name) = self.open_parent(first, entry)?;
            return self.writer.link(at, entry, At { directory: directory.as_fd(), name: &name });
        }
        let target = self.writer.create(at, entry)?;
        first_names.insert(key, entry.path.to_vec());
        // The name exists: other threads may link to it while it is filled.
        drop(first_names);
        self.writer.fill(target, entry)
    }

    /// The directory of the destination that holds `path`, and the name there.
    fn open_parent(&self, path: &[u8], entry: &Entry<'_>) -> Result<(OwnedFd, CString), Failure> {
        let failed = |error| self.writer.failed("open", entry, error);
        let mut components = path.split(|byte| *byte == b'/');
        let name = directory::c_name(components.next_back().unwrap_or_default())?;
        let mut handle = directory::duplicate(&self.top).map_err(failed)?;
        for component in components {
            handle = directory::open_at(&handle, &directory::c_name(component)?).map_err(failed)?;
        }
        Ok((handle, name))
    }
}
