//! Device nodes where the kernel makes none: in a user namespace, and without CAP_MKNOD. There an empty file stands for
//! the device, with its owner, mode and time, and an extended attribute says which device it is. What a process sees is an
//! empty file; a layer that is packed has the device, so that it is the same layer wherever it was made.
//!
//! The attributes `user.oci-build.*` are ours alone: they are dropped from what a layer or an archive brings, never
//! packed, and dropped where a RUN put them (`commit`).

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{
    FileType, Mode, OFlags, Stat, XattrFlags, fgetxattr, fremovexattr, fsetxattr, getxattr, major, makedev, minor,
    mknodat, openat,
};
use rustix::io::Errno;
use rustix::path::Arg;

const RECORD: &str = "user.oci-build.device";

/// Attributes with this prefix are records of ours.
pub const PREFIX: &[u8] = b"user.oci-build.";

/// Longer than `b 4095:1048575`, the longest record.
const LONGEST: usize = 32;

/// Makes the device or FIFO `name`, or where that is forbidden the file that stands for a device. Fails with `EEXIST` when
/// the name is taken.
pub fn make(parent: impl AsFd, name: &[u8], kind: FileType, number: u64) -> Result<(), Errno> {
    let mode = Mode::RUSR | Mode::WUSR;
    match mknodat(&parent, name, kind, mode, number) {
        Err(Errno::PERM) if kind != FileType::Fifo => {}
        done => return done,
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(&parent, name, flags, mode)?;
    fsetxattr(&file, RECORD, record(kind, number).as_bytes(), XattrFlags::empty())
}

/// What an image has at `name`, of which `stat` tells: an empty file with a record is a device.
pub fn seen(parent: impl AsFd, name: impl Arg, stat: Stat) -> Result<Stat, Errno> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_size != 0 {
        return Ok(stat);
    }
    // Whoever needs a file that cannot be opened says so better.
    let Ok(file) = open(parent, name) else { return Ok(stat) };
    recorded(stat, |text| fgetxattr(&file, RECORD, text))
}

/// As `seen`, of what is held with `O_PATH`.
pub fn seen_held(file: impl AsFd, stat: Stat) -> Result<Stat, Errno> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_size != 0 {
        return Ok(stat);
    }
    let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    recorded(stat, |text| getxattr(&path, RECORD, text))
}

fn recorded(stat: Stat, read: impl Fn(&mut [u8]) -> Result<usize, Errno>) -> Result<Stat, Errno> {
    let mut text = [0; LONGEST];
    let length = match read(&mut text) {
        Ok(length) => length,
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::RANGE) => return Ok(stat),
        Err(error) => return Err(error),
    };
    let mut seen = stat;
    if let Some((kind, number)) = parse(text.get(..length).unwrap_or_default()) {
        seen.st_mode = kind.as_raw_mode() | (stat.st_mode & 0o7777);
        seen.st_rdev = number;
    }
    Ok(seen)
}

/// Gives the file `to` the record of the file `from`, and answers whether there is one.
pub fn copy_record(from: impl AsFd, to: impl AsFd) -> Result<bool, Errno> {
    let mut text = [0; LONGEST];
    match fgetxattr(from, RECORD, &mut text) {
        Ok(length) => fsetxattr(to, RECORD, text.get(..length).unwrap_or_default(), XattrFlags::empty()).map(|()| true),
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::RANGE) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes the record off a file.
pub fn forget(parent: impl AsFd, name: impl Arg) -> Result<(), Errno> {
    fremovexattr(open(parent, name)?, RECORD)
}

fn open(parent: impl AsFd, name: impl Arg) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}

/// `c 1:3`: letter, major and minor number.
fn record(kind: FileType, number: u64) -> String {
    let letter = if kind == FileType::BlockDevice { 'b' } else { 'c' };
    format!("{letter} {}:{}", major(number), minor(number))
}

/// A record's kind and number. 0:0 is no device but overlayfs's whiteout.
fn parse(record: &[u8]) -> Option<(FileType, u64)> {
    let (letter, numbers) = std::str::from_utf8(record).ok()?.split_once(' ')?;
    let kind = match letter {
        "b" => FileType::BlockDevice,
        "c" => FileType::CharacterDevice,
        _ => return None,
    };
    let (major, minor) = numbers.split_once(':')?;
    let number = makedev(major.parse().ok()?, minor.parse().ok()?);
    (number != 0).then_some((kind, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_which_device_it_is_and_is_never_a_whiteout() {
        for (kind, number) in [
            (FileType::CharacterDevice, makedev(1, 3)),
            (FileType::BlockDevice, makedev(8, 0)),
            (FileType::BlockDevice, makedev(4095, 1_048_575)),
        ] {
            let text = record(kind, number);
            assert!(text.len() <= LONGEST);
            assert_eq!(parse(text.as_bytes()), Some((kind, number)), "{text}");
        }
        for text in ["", "c", "c 1", "c 1:", "c :3", "d 1:3", "c 0:0", "c -1:3", "c 1:3 ", "c 1:99999999999"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
