//! Access control lists that name users or groups which are not mapped: recorded, as owners are.
//!
//! A list is a word (the version) and entries of eight bytes: tag, permissions, id (linux/posix_acl_xattr.h).

use rustix::fs::Mode;

/// The kernel's names of lists, with those of their records.
const RECORDS: [(&str, &str); 2] = [
    ("system.posix_acl_access", "user.oci-build.acl-access"),
    ("system.posix_acl_default", "user.oci-build.acl-default"),
];

const ACCESS: &[u8] = b"system.posix_acl_access";

// Tags of entries.
const OWNER: u16 = 0x01;
const USER: u16 = 0x02;
const OWNING_GROUP: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHERS: u16 = 0x20;

/// The record of the list that the kernel calls `name`.
pub fn record_of(name: &[u8]) -> Option<&'static str> {
    RECORDS.iter().find(|(list, _)| list.as_bytes() == name).map(|(_, record)| *record)
}

/// The list that `record` is of.
pub fn list_of(record: &[u8]) -> Option<&'static str> {
    RECORDS.iter().find(|(_, name)| name.as_bytes() == record).map(|(list, _)| *list)
}

/// Whether `list` names anybody but root.
pub fn names_others(list: &[u8]) -> bool {
    entries(list).any(|(tag, _, id)| matches!(tag, USER | GROUP) && id != 0)
}

/// The permissions that a file has by `list`, which the kernel calls `name`; lists for what will be made give none.
pub fn permissions(name: &[u8], list: &[u8]) -> Option<Mode> {
    let of = |wanted: u16| {
        entries(list).find(|(tag, ..)| *tag == wanted).map(|(_, permissions, _)| u32::from(permissions) & 7)
    };
    let bits = of(OWNER)? << 6 | of(MASK).or_else(|| of(OWNING_GROUP))? << 3 | of(OTHERS)?;
    (name == ACCESS).then_some(Mode::from_raw_mode(bits))
}

fn entries(list: &[u8]) -> impl Iterator<Item = (u16, u16, u32)> {
    list.get(4..).unwrap_or_default().chunks_exact(8).filter_map(|entry| match *entry {
        [a, b, c, d, e, f, g, h] => {
            Some((u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]), u32::from_le_bytes([e, f, g, h])))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let bytes = |&(tag, permissions, id): &(u16, u16, u32)| {
            [&tag.to_le_bytes()[..], &permissions.to_le_bytes()[..], &id.to_le_bytes()[..]].concat()
        };
        [2_u32.to_le_bytes().to_vec(), entries.iter().flat_map(bytes).collect()].concat()
    }

    #[test]
    fn the_mask_is_what_a_group_may() {
        const NOBODY: u32 = u32::MAX;
        let plain = list(&[(OWNER, 7, NOBODY), (OWNING_GROUP, 5, NOBODY), (OTHERS, 0, NOBODY)]);
        let named =
            [(OWNER, 6, NOBODY), (OWNING_GROUP, 4, NOBODY), (GROUP, 6, 4), (MASK, 6, NOBODY), (OTHERS, 4, NOBODY)];
        assert_eq!(permissions(ACCESS, &plain), Some(Mode::from_raw_mode(0o750)));
        assert_eq!(permissions(ACCESS, &list(&named)), Some(Mode::from_raw_mode(0o664)));
        assert_eq!(permissions(b"system.posix_acl_default", &plain), None);
        assert_eq!(permissions(ACCESS, b"\x02"), None);
        assert!(names_others(&list(&named)) && !names_others(&plain) && !names_others(&list(&[(USER, 7, 0)])));
    }
}
