//! The room that a tree takes on the disk.

use std::collections::HashSet;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, statat};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::protocol::messages::MeasureResult;
use crate::tree::directory;

/// `stat` counts in blocks of this many bytes, whatever the file system's own.
const BLOCK: u64 = 512;
/// Deeper directories do not count: one handle is open for each level.
const MOST_LEVELS: usize = 512;

/// Measures the tree at `path`, without following links. What vanishes meanwhile, or may not be read, does not count.
pub fn measure(path: &Path) -> Result<MeasureResult, Failure> {
    let failed = |error: Errno| Failure::io("measure", path, error);
    let top = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
    let mut sum = Sum { result: MeasureResult { bytes: 0, entries: 0 }, seen: HashSet::new() };
    sum.add(&top);
    if FileType::from_raw_mode(top.st_mode) == FileType::Directory {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = rustix::fs::open(path, flags, Mode::empty()).map_err(failed)?;
        sum.descend(&directory, 0);
    }
    Ok(sum.result)
}

struct Sum {
    result: MeasureResult,
    /// Files with several names that were counted.
    seen: HashSet<(u64, u64)>,
}

impl Sum {
    fn add(&mut self, found: &Stat) {
        let is_file = FileType::from_raw_mode(found.st_mode) != FileType::Directory;
        if is_file && found.st_nlink > 1 && !self.seen.insert((found.st_dev, found.st_ino)) {
            return;
        }
        self.result.bytes += u64::try_from(found.st_blocks).unwrap_or(0) * BLOCK;
        self.result.entries += 1;
    }

    fn descend(&mut self, directory: &OwnedFd, level: usize) {
        for entry in directory::list(directory.as_fd()).unwrap_or_default() {
            let Ok(found) = statat(directory, &entry.name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            self.add(&found);
            if entry.is_directory && level < MOST_LEVELS {
                if let Ok(below) = enter(directory.as_fd(), &entry.name) {
                    self.descend(&below, level + 1);
                }
            }
        }
    }
}

fn enter(directory: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    directory::open_at(directory, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_with_several_names_count_once_and_links_are_not_followed() {
        let path = std::env::temp_dir().join(format!("oci-build-measure-{}", std::process::id()));
        fs::create_dir_all(path.join("a/b")).unwrap();
        fs::write(path.join("a/file"), vec![1; 100_000]).unwrap();
        let one = measure(&path).unwrap();
        assert!((100_000..200_000).contains(&one.bytes), "{}", one.bytes);
        fs::hard_link(path.join("a/file"), path.join("a/b/again")).unwrap();
        assert_eq!(measure(&path).unwrap().bytes, one.bytes);
        std::os::unix::fs::symlink("/usr", path.join("link")).unwrap();
        assert!(measure(&path).unwrap().bytes < one.bytes + 10_000);
        fs::remove_dir_all(&path).unwrap();
        assert_eq!(measure(&path).unwrap_err().errno.as_deref(), Some("ENOENT"));
    }
}
