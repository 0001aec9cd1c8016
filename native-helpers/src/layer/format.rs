//! What ADD finds in a file: whether it is a tar archive, and how to read it through its compression. The content decides,
//! never the name.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::decompress::{Decompressing, Format};
use super::growing::Blob;
use super::tar::{Block, is_header};
use crate::failure::Failure;

/// A file that is a tar archive, read from its start.
#[derive(Debug)]
pub struct Archive {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) format: Format,
}

impl Archive {
    /// The file at `path`, which had better be one.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path).map_err(|error| Failure::io("open", path, error))?;
        Self::of(file, path).map_err(|error| Failure::io("read", path, error))
    }

    fn of(file: File, path: &Path) -> io::Result<Self> {
        let mut start = [0; Format::TELLING];
        let mut length = 0;
        while let Some(rest) = start.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, length as u64)? {
                0 => break,
                count => length += count,
            }
        }
        let format = Format::of(start.get(..length).unwrap_or_default());
        Ok(Self { file, path: path.to_owned(), format })
    }
}

/// The tar archive that `file` is; nothing when it is something else, such as text, a compressed single file or an archive
/// without an entry, which ADD copies as it is (as BuildKit does). `path` names it in messages.
pub fn recognise(file: File, path: &Path) -> io::Result<Option<Archive>> {
    let archive = Archive::of(file, path)?;
    let mut block: Block = [0; 512];
    let blob = Blob::of(archive.file.try_clone()?, archive.path.clone());
    // What cannot be decompressed is no archive.
    let filled = Decompressing::new(blob, archive.format).and_then(|mut reading| reading.fill(&mut block));
    // The two share their position.
    io::Seek::rewind(&mut &archive.file)?;
    Ok((filled == Ok(block.len()) && is_header(&block)).then_some(archive))
}
