//! Who owns the entries of an image where only one id is mapped: on disk all belong to whoever builds, and a record beside
//! each inode says who owns it in the image. Everything that asks for an owner or gives one goes through here; where many
//! ids are mapped, that is what the kernel says and does.
//!
//! Records are kept as extended attributes, so that they go where the inode goes: along with renames, links and the
//! copies that overlayfs makes. No layer brings them, none carries them, and what runs in a sandbox can neither see nor
//! write them.

pub mod acl;
mod record;

use std::os::fd::AsFd;
use std::sync::OnceLock;

use rustix::fs::{AtFlags, Gid, Stat, Uid, chownat, fchown, fstat, listxattr, llistxattr};
use rustix::io::Errno;
use rustix::path::Arg;
use rustix::process::geteuid;

use crate::layer::device;

use record::Place;

/// Who owns an entry, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}

impl Owner {
    pub const ROOT: Self = Self { uid: 0, gid: 0 };
}

/// Whether owners are recorded here, since this process is root of a user namespace that maps one id alone.
pub fn is_recorded() -> bool {
    static RECORDED: OnceLock<bool> = OnceLock::new();
    *RECORDED.get_or_init(|| {
        let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        geteuid().is_root() && maps_one_id(&map)
    })
}

fn maps_one_id(map: &str) -> bool {
    map.split_whitespace().skip(2).eq(["1"])
}

/// Gives an open file or directory to `owner`.
pub fn give(file: impl AsFd, owner: Owner) -> Result<(), Errno> {
    if is_recorded() {
        return record::write(Place::Open(file.as_fd()), owner);
    }
    fchown(file, Some(Uid::from_raw(owner.uid)), Some(Gid::from_raw(owner.gid)))
}

/// Gives `name` in `parent` to `owner`; of a link the link itself.
pub fn give_at(parent: impl AsFd, name: impl Arg, owner: Owner) -> Result<(), Errno> {
    let (uid, gid) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
    name.into_with_c_str(|name| {
        if is_recorded() {
            return record::write(Place::In(parent.as_fd(), name), owner);
        }
        chownat(&parent, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
    })
}

/// What an image has of an open file or directory, of which `stat` tells.
pub fn seen(file: impl AsFd, stat: Stat) -> Result<Stat, Errno> {
    if is_recorded() { with_record(Place::Open(file.as_fd()), stat) } else { Ok(stat) }
}

/// What an image has at `name` in `parent`, of which `stat` tells as the kernel does: devices are seen after this.
pub fn seen_at(parent: impl AsFd, name: impl Arg, stat: Stat) -> Result<Stat, Errno> {
    if !is_recorded() {
        return Ok(stat);
    }
    name.into_with_c_str(|name| with_record(Place::In(parent.as_fd(), name), stat))
}

/// As `seen`, of what is held with `O_PATH`; devices are seen, too.
pub fn seen_held(file: impl AsFd, stat: Stat) -> Result<Stat, Errno> {
    let stat = with_record(Place::Held(file.as_fd()), stat)?;
    device::seen_held(file, stat)
}

/// Who owns what is held, as far as there is a record.
pub fn of_held(file: impl AsFd) -> Result<Owner, Errno> {
    let stat = with_record(Place::Held(file.as_fd()), fstat(&file)?)?;
    Ok(Owner { uid: stat.st_uid, gid: stat.st_gid })
}

/// Records who owns what is held.
pub fn record_held(file: impl AsFd, owner: Owner) -> Result<(), Errno> {
    record::write(Place::Held(file.as_fd()), owner)
}

/// Whether the record of what is held is its capability.
pub fn is_in_words(file: impl AsFd) -> Result<bool, Errno> {
    fstat(file).map(|stat| record::is_in_words(stat.st_mode))
}

/// Whether there can be a record of what `path` leads to, or of a link itself; one look that is cheaper than holding it.
pub fn may_have_record(path: &[u8], follows: bool) -> bool {
    let mut names = [0_u8; 256];
    let listed = if follows { listxattr(path, &mut names) } else { llistxattr(path, &mut names) };
    match listed {
        Ok(0) => false,
        Ok(length) => record::may_be_among(names.get(..length).unwrap_or_default()),
        Err(error) => error == Errno::RANGE,
    }
}

fn with_record(place: Place<'_>, mut stat: Stat) -> Result<Stat, Errno> {
    if let Some(owner) = record::read(place, stat.st_mode)? {
        (stat.st_uid, stat.st_gid) = (owner.uid, owner.gid);
    }
    Ok(stat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_recorded_where_one_id_is_mapped() {
        assert!(maps_one_id("         0       1000          1\n"));
        for map in ["", "0 0 4294967295\n", "0 1000 1\n1 100000 65536\n", "0 1000 10\n"] {
            assert!(!maps_one_id(map), "{map}");
        }
    }
}
