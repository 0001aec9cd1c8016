//! Reading and writing tar archives: POSIX pax (IEEE 1003.1, pax, "pax Interchange Format") and, for reading, the older
//! forms that layers come in: v7, ustar, GNU and star.

mod header;
mod number;
mod pax;
mod reader;
mod sparse;
mod writer;

pub use header::Block;
pub use reader::{Piece, Reader, Source};
pub use writer::{END, header, padding};

use super::xattr::Xattrs;

pub const BLOCK: usize = 512;

/// Whether an archive may begin with this block: a header with a right checksum.
pub fn is_header(block: &Block) -> bool {
    header::Header::parse(block).is_some()
}

/// One entry, whatever the form it was or will be written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The raw name; as read it may hold anything, so clean it first. Directories need no trailing slash.
    pub path: Vec<u8>,
    pub kind: Kind,
    /// Permission, set-id and sticky bits (07777).
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime: Time,
    pub xattrs: Xattrs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The only kind with content: `size` bytes of it, holes included.
    File {
        size: u64,
    },
    Directory,
    Symlink {
        target: Vec<u8>,
    },
    /// Another name of the file that the entry `target` made.
    HardLink {
        target: Vec<u8>,
    },
    CharacterDevice {
        major: u32,
        minor: u32,
    },
    BlockDevice {
        major: u32,
        minor: u32,
    },
    Fifo,
}

/// Seconds since 1970, rounded down, and the nanoseconds on top of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Time {
    pub seconds: i64,
    pub nanoseconds: u32,
}
