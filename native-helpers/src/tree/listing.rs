//! What a build context holds, and which pattern keeps the rest out of it.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::fs::FileType;
use serde::Serialize;

use crate::failure::Failure;
use crate::protocol::messages::{ListParams, ListResult};
use crate::tree::directory::{self, Meta, Name, join};
use crate::tree::pattern::{Inherited, Patterns};
use crate::tree::resolve::in_root;

/// Writes the listing into the new file `params.target`.
pub fn list(params: &ListParams) -> Result<ListResult, Failure> {
    let ignore = Patterns::parse(&params.ignore)?;
    let root = directory::open(Path::new(&params.root))?;
    let file = OpenOptions::new().write(true).create_new(true).open(&params.target);
    let file = file.map_err(|error| Failure::io("create", &params.target, error))?;
    let mut listing = Listing { params, ignore: &ignore, output: BufWriter::new(file), entries: 0, bytes: 0 };
    listing.directory(root.as_fd(), b"", &Inherited::default())?;
    listing.output.flush().map_err(|error| Failure::io("write", &params.target, error))?;
    Ok(ListResult { entries: listing.entries, bytes: listing.bytes })
}

struct Listing<'a, W> {
    params: &'a ListParams,
    ignore: &'a Patterns,
    output: W,
    /// What is kept.
    entries: u64,
    bytes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    path: &'a str,
    kind: &'static str,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped_by: Option<&'a str>,
}

impl<W: Write> Listing<'_, W> {
    fn directory(&mut self, handle: BorrowedFd<'_>, path: &[u8], above: &Inherited) -> Result<(), Failure> {
        let names = directory::list(handle).map_err(|error| Failure::io("read", in_root(path), error))?;
        for name in names.iter().filter(|name| !name.is_socket) {
            self.entry(handle, &join(path, name.name.to_bytes()), name, above)?;
        }
        Ok(())
    }

    fn entry(&mut self, parent: BorrowedFd<'_>, path: &[u8], name: &Name, above: &Inherited) -> Result<(), Failure> {
        let failed = |error| Failure::io("read", in_root(path), error);
        let meta = directory::meta_at(parent, &name.name).map_err(failed)?;
        let dropped_by = self.ignore.dropping_below(above, path);
        if dropped_by.is_none() || self.params.dropped {
            self.line(path, &meta, dropped_by)?;
        }
        if !name.is_directory {
            return Ok(());
        }
        let here = self.ignore.inherit(above, path);
        if dropped_by.is_some() && !self.ignore.may_keep_below(&here, path) {
            return Ok(());
        }
        let handle = directory::open_at(parent, &name.name).map_err(failed)?;
        self.directory(handle.as_fd(), path, &here)
    }

    fn line(&mut self, path: &[u8], meta: &Meta, dropped_by: Option<&str>) -> Result<(), Failure> {
        let kind = match meta.kind {
            FileType::RegularFile => "file",
            FileType::Directory => "directory",
            FileType::Symlink => "link",
            _ => "other",
        };
        let size = if kind == "file" { meta.size } else { 0 };
        if dropped_by.is_none() {
            self.entries += 1;
            self.bytes += size;
        }
        let line = Line { path: &String::from_utf8_lossy(path), kind, size, dropped_by };
        let text = serde_json::to_string(&line).map_err(|error| Failure::new("internal-error", error.to_string()))?;
        writeln!(self.output, "{text}").map_err(|error| Failure::io("write", &self.params.target, error))
    }
}
