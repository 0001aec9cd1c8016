//! Users and groups as an image's own files define them, never as the host's libraries would.

use std::os::fd::BorrowedFd;

use rustix::fs::{FileType, Mode, OFlags};

use crate::failure::Failure;
use crate::tree::directory;
use crate::tree::resolve::{Resolution, Rest, resolve};

/// Whom a process runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub uid: u32,
    pub gid: u32,
    /// Supplementary groups. The primary one is among them, as BuildKit and containerd have it.
    pub groups: Vec<u32>,
    /// From the passwd file; `/` when the user is not listed there.
    pub home: String,
}

/// The user and group files of a root directory.
#[derive(Debug, Default)]
pub struct Accounts {
    users: Vec<User>,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct User {
    name: String,
    uid: u32,
    gid: u32,
    home: String,
}

#[derive(Debug)]
struct Group {
    name: String,
    gid: u32,
    members: Vec<String>,
}

/// A passwd or group file above this size is refused rather than read: it comes from an image, which is not trusted.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The greatest id that may be named, as in runc: what follows is negative where ids are signed.
const MAX_ID: u32 = i32::MAX as u32;

/// Resolves a Dockerfile USER (`name`, `uid`, `user:group`, empty for root) in the root directory `root`.
///
/// As docker and runc do: a numeric user takes the group, groups and home of its passwd entry, or group 0, no other groups
/// and `/` when it has none; naming a group leaves no groups but that one; the first entry that matches counts.
/// `root` is known even where there is no passwd file.
///
/// Fails with `user-unknown`, `group-unknown`, or with why a file cannot be read.
pub fn resolve_user(root: BorrowedFd<'_>, user: &str) -> Result<Identity, Failure> {
    let accounts = Accounts::read(root)?;
    let (user, group) = user.split_once(':').map_or((user, ""), |(user, group)| (user, group));
    let found = match parse_id(user) {
        _ if user.is_empty() => accounts.users.iter().find(|entry| entry.uid == 0),
        Some(uid) => accounts.users.iter().find(|entry| entry.uid == uid),
        None => accounts.user(user),
    };
    let mut identity = match found {
        Some(entry) => Identity {
            uid: entry.uid,
            gid: entry.gid,
            groups: accounts.groups_of(&entry.name),
            home: if entry.home.is_empty() { "/".to_owned() } else { entry.home.clone() },
        },
        None => {
            let groups = if matches!(user, "" | "root") { accounts.groups_of("root") } else { Vec::new() };
            Identity { uid: accounts.uid(user)?, gid: 0, groups, home: "/".to_owned() }
        }
    };
    if !group.is_empty() {
        identity.gid = accounts.gid(group)?;
        identity.groups.clear();
    }
    if !identity.groups.contains(&identity.gid) {
        identity.groups.insert(0, identity.gid);
    }
    Ok(identity)
}

impl Accounts {
    /// Reads `/etc/passwd` and `/etc/group` of `root`. A missing file is empty.
    ///
    /// An image may hold anything in their place (a link out of the root, a FIFO, a device): links are resolved inside
    /// the root, and only regular files of at most 4 MiB are read.
    pub fn read(root: BorrowedFd<'_>) -> Result<Self, Failure> {
        let users = read_file(root, "etc/passwd")?;
        let groups = read_file(root, "etc/group")?;
        Ok(Self {
            users: users.lines().filter_map(parse_user).collect(),
            groups: groups.lines().filter_map(parse_group).collect(),
        })
    }

    /// The number of the user that `user` names or is. Fails with `user-unknown`.
    pub fn uid(&self, user: &str) -> Result<u32, Failure> {
        if let Some(uid) = parse_id(user) {
            return Ok(uid);
        }
        match (self.user(user), user) {
            (Some(entry), _) => Ok(entry.uid),
            (None, "" | "root") => Ok(0),
            (None, _) => Err(Failure::new("user-unknown", format!("unknown user {user:?}"))
                .with_hint("add the user in an earlier RUN, correct the name, or give a number")),
        }
    }

    /// The number of the group that `group` names or is. Fails with `group-unknown`.
    pub fn gid(&self, group: &str) -> Result<u32, Failure> {
        if let Some(gid) = parse_id(group) {
            return Ok(gid);
        }
        match (self.groups.iter().find(|entry| entry.name == group), group) {
            (Some(entry), _) => Ok(entry.gid),
            (None, "root") => Ok(0),
            (None, _) => Err(Failure::new("group-unknown", format!("unknown group {group:?}"))
                .with_hint("add the group in an earlier RUN, correct the name, or give a number")),
        }
    }

    /// The primary group of a user by name; 0 when the user is not listed.
    pub fn primary_group(&self, user: &str) -> u32 {
        self.user(user).map_or(0, |entry| entry.gid)
    }

    fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|entry| entry.name == name)
    }

    fn groups_of(&self, user: &str) -> Vec<u32> {
        let mine = self.groups.iter().filter(|group| group.members.iter().any(|member| member == user));
        mine.map(|group| group.gid).collect()
    }
}

/// A numeric user or group. Numbers out of range count as names, which no file lists.
pub fn parse_id(text: &str) -> Option<u32> {
    let numeric = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|id| numeric && *id <= MAX_ID)
}

fn parse_user(line: &str) -> Option<User> {
    let mut fields = line.split(':');
    let name = account_name(fields.next()?)?;
    let (uid, gid) = (parse_id(fields.nth(1)?)?, parse_id(fields.next()?)?);
    Some(User { name, uid, gid, home: fields.nth(1).unwrap_or("").to_owned() })
}

fn parse_group(line: &str) -> Option<Group> {
    let mut fields = line.split(':');
    let name = account_name(fields.next()?)?;
    let gid = parse_id(fields.nth(1)?)?;
    let members = fields.next().unwrap_or("").split(',').filter(|member| !member.is_empty());
    Some(Group { name, gid, members: members.map(str::to_owned).collect() })
}

/// Lines without a name, comments and the `+` lines of NIS name nobody.
fn account_name(field: &str) -> Option<String> {
    let name = field.trim();
    (!name.is_empty() && !name.starts_with(['#', '+', '-'])).then(|| name.to_owned())
}

fn read_file(root: BorrowedFd<'_>, path: &str) -> Result<String, Failure> {
    let Resolution { directory, rest: Rest::Leaf { name, meta }, .. } = resolve(root, path.as_bytes())? else {
        return Ok(String::new());
    };
    let shown = format!("/{path}");
    if meta.kind != FileType::RegularFile {
        return Err(Failure::new("account-file-invalid", format!("{shown} in the image is not a regular file")));
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&directory, &name, flags, Mode::empty())
        .map_err(|error| Failure::io("open", &shown, error))?;
    // Asked again of the open file, so that nothing can be put in its place.
    let meta = directory::meta(&file).map_err(|error| Failure::io("read", &shown, error))?;
    let mut bytes = Vec::new();
    if meta.kind == FileType::RegularFile {
        let mut reader = std::io::Read::take(std::fs::File::from(file), MAX_FILE + 1);
        std::io::Read::read_to_end(&mut reader, &mut bytes).map_err(|error| Failure::io("read", &shown, error))?;
    }
    if bytes.len() as u64 > MAX_FILE {
        return Err(Failure::new("account-file-invalid", format!("{shown} in the image is larger than 4 MiB")));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
