//! What a layer says of one entry.

use super::super::path::legible;
use super::super::tar::{Entry, Kind, Time};
use super::content::ContentDigests;

pub struct Record {
    pub entry: Entry,
    pub digests: ContentDigests,
    /// How many entries stand before it in the tar.
    pub position: u64,
}

impl Record {
    /// Whether both mean the same entry. The name's spelling is no part of it.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let metadata = |entry: &Entry| (entry.mode, entry.uid, entry.gid, entry.mtime);
        metadata(&self.entry) == metadata(&other.entry)
            && self.entry.kind == other.entry.kind
            && self.entry.xattrs == other.entry.xattrs
            && self.digests == other.digests
    }

    pub fn kind(&self) -> &'static str {
        match self.entry.kind {
            Kind::File { .. } => "file",
            Kind::Directory => "directory",
            Kind::Symlink { .. } => "symbolic link",
            Kind::HardLink { .. } => "hard link",
            Kind::CharacterDevice { .. } => "character device",
            Kind::BlockDevice { .. } => "block device",
            Kind::Fifo => "fifo",
        }
    }

    /// All but the content, as names and texts.
    pub fn attributes(&self) -> Vec<(String, String)> {
        let Entry { mode, uid, gid, mtime, xattrs, kind, .. } = &self.entry;
        let mut attributes = vec![
            ("type".to_owned(), self.kind().to_owned()),
            ("mode".to_owned(), format!("{mode:04o}")),
            ("owner".to_owned(), format!("{uid}:{gid}")),
            ("mtime".to_owned(), moment(*mtime)),
        ];
        match kind {
            Kind::File { size } => attributes.push(("size".to_owned(), size.to_string())),
            Kind::Symlink { target } | Kind::HardLink { target } => {
                attributes.push(("target".to_owned(), legible(target)));
            }
            Kind::CharacterDevice { major, minor } | Kind::BlockDevice { major, minor } => {
                attributes.push(("device".to_owned(), format!("{major}:{minor}")));
            }
            Kind::Directory | Kind::Fifo => {}
        }
        attributes.extend(xattrs.iter().map(|(name, value)| (legible(name), legible(value))));
        attributes
    }
}

/// Seconds since 1970, with what a fraction of one there is.
fn moment(Time { seconds, nanoseconds }: Time) -> String {
    if nanoseconds == 0 { seconds.to_string() } else { format!("{seconds}+0.{nanoseconds:09}") }
}
