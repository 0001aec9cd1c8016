//! The record of one inode's owner. Root's need none.
//!
//! Files and directories have it as text in an attribute of ours. Links, FIFOs and sockets may have no `user.*` attributes;
//! what the kernel lets root of a user namespace set on them is `security.capability`, of which it checks the first word
//! only and which says nothing of what cannot be executed: the four words that follow hold the owner and a mark.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::fs::{
    AtFlags, FileType, XattrFlags, fgetxattr, fremovexattr, fsetxattr, fstat, getxattr, lgetxattr, lremovexattr,
    lsetxattr, removexattr, setxattr, statat,
};
use rustix::io::Errno;

use super::Owner;
use crate::layer::device;

/// The attribute of files and directories: `UID:GID`.
const ATTRIBUTE: &str = "user.oci-build.owner";

/// The attribute of what may have no other, in the form of a `vfs_cap_data` (linux/capability.h).
const CAPABILITY: &str = "security.capability";
const REVISION_2: u32 = 0x0200_0000;
const MARK: [u32; 2] = [0x2d69_636f, 0x646c_6975];

/// Longer than `4294967295:4294967295`, and than five words.
const LONGEST: usize = 32;

/// Where an inode is found.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// A file or directory that is open for reading or writing; for reading of its record, anything that is held.
    Open(BorrowedFd<'a>),
    /// A name in a directory, or an absolute path; a link itself.
    In(BorrowedFd<'a>, &'a CStr),
    /// Anything that is held without being open (`O_PATH`).
    Held(BorrowedFd<'a>),
}

/// The recorded owner of what is at `place` and has the mode `mode`.
pub fn read(place: Place<'_>, mode: u32) -> Result<Option<Owner>, Errno> {
    let form = Form::of(mode);
    let mut value = [0; LONGEST];
    match place.get(form.attribute(), &mut value) {
        Ok(length) => Ok(form.parse(value.get(..length).unwrap_or_default())),
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::RANGE) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Records who owns what is at `place`.
pub fn write(place: Place<'_>, owner: Owner) -> Result<(), Errno> {
    let form = Form::of(place.mode()?);
    if owner != Owner::ROOT {
        return place.set(form.attribute(), &form.value(owner));
    }
    match place.remove(form.attribute()) {
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(()),
        done => done,
    }
}

/// Whether a list of attributes has one that can be a record, of an owner or of a device.
pub fn may_be_among(names: &[u8]) -> bool {
    let is_record = |name: &[u8]| name.starts_with(device::PREFIX) || name == CAPABILITY.as_bytes();
    names.split(|byte| *byte == 0).any(is_record)
}

/// Whether the record of what has the mode `mode` is its capability.
pub fn is_in_words(mode: u32) -> bool {
    Form::of(mode) == Form::Words
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Words,
}

impl Form {
    fn of(mode: u32) -> Self {
        match FileType::from_raw_mode(mode) {
            FileType::RegularFile | FileType::Directory => Self::Text,
            _ => Self::Words,
        }
    }

    fn attribute(self) -> &'static str {
        match self {
            Self::Text => ATTRIBUTE,
            Self::Words => CAPABILITY,
        }
    }

    fn value(self, Owner { uid, gid }: Owner) -> Vec<u8> {
        match self {
            Self::Text => format!("{uid}:{gid}").into_bytes(),
            Self::Words => [REVISION_2, uid, gid, MARK[0], MARK[1]].map(u32::to_le_bytes).concat(),
        }
    }

    fn parse(self, value: &[u8]) -> Option<Owner> {
        match self {
            Self::Text => {
                let (uid, gid) = std::str::from_utf8(value).ok()?.split_once(':')?;
                Some(Owner { uid: uid.parse().ok()?, gid: gid.parse().ok()? })
            }
            Self::Words => {
                let mut words =
                    value.chunks_exact(4).filter_map(|word| Some(u32::from_le_bytes(word.try_into().ok()?)));
                let [_, uid, gid, first, second] = std::array::from_fn(|_| words.next());
                ([first?, second?] == MARK).then_some(Owner { uid: uid?, gid: gid? })
            }
        }
    }
}

impl Place<'_> {
    fn mode(self) -> Result<u32, Errno> {
        match self {
            Self::Open(file) | Self::Held(file) => fstat(file).map(|stat| stat.st_mode),
            Self::In(parent, name) => statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).map(|stat| stat.st_mode),
        }
    }

    fn get(self, attribute: &str, value: &mut [u8]) -> Result<usize, Errno> {
        match self {
            Self::Open(file) => match fgetxattr(file, attribute, &mut *value) {
                // It is held only.
                Err(Errno::BADF) => Self::Held(file).get(attribute, value),
                done => done,
            },
            Self::In(parent, name) => lgetxattr(path_in(parent, name), attribute, value),
            Self::Held(file) => getxattr(path_of(file), attribute, value),
        }
    }

    fn set(self, attribute: &str, value: &[u8]) -> Result<(), Errno> {
        let flags = XattrFlags::empty();
        match self {
            Self::Open(file) => fsetxattr(file, attribute, value, flags),
            Self::In(parent, name) => lsetxattr(path_in(parent, name), attribute, value, flags),
            Self::Held(file) => setxattr(path_of(file), attribute, value, flags),
        }
    }

    fn remove(self, attribute: &str) -> Result<(), Errno> {
        match self {
            Self::Open(file) => fremovexattr(file, attribute),
            Self::In(parent, name) => lremovexattr(path_in(parent, name), attribute),
            Self::Held(file) => removexattr(path_of(file), attribute),
        }
    }
}

/// Attributes have no calls that take a directory's descriptor before Linux 6.13; /proc has paths for descriptors.
fn path_of(file: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

fn path_in(parent: BorrowedFd<'_>, name: &CStr) -> Vec<u8> {
    let name = name.to_bytes();
    if name.starts_with(b"/") { name.to_vec() } else { [path_of(parent).as_bytes(), b"/", name].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for form in [Form::Text, Form::Words] {
            for owner in [Owner { uid: 33, gid: 0 }, Owner { uid: u32::MAX - 1, gid: 65_534 }] {
                let value = form.value(owner);
                assert!(value.len() <= LONGEST);
                assert_eq!(form.parse(&value), Some(owner));
            }
        }
    }

    #[test]
    fn what_is_no_record_of_ours_says_nothing() {
        for text in ["", ":", "1", "1:", "a:b", "-1:0", "1:4294967296", "1:2:3"] {
            assert_eq!(Form::Text.parse(text.as_bytes()), None, "{text}");
        }
        let capability = [REVISION_2 | 1, 0x2000, 0, 0, 0].map(u32::to_le_bytes).concat();
        assert_eq!(Form::Words.parse(&capability), None);
        assert_eq!(Form::Words.parse(capability.get(..19).unwrap()), None);
    }
}
