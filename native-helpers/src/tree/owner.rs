//! The owner of `COPY --chown`.

use std::os::fd::BorrowedFd;

use crate::failure::Failure;
pub use crate::ownership::Owner;
use crate::tree::identity::{Accounts, parse_id};

impl Owner {
    /// Resolves `user[:group]` with the user and group files of `root`.
    ///
    /// A number alone names the group, too; a name alone brings its primary group; `name:` means group 0 (the Dockerfile
    /// reference, moby/buildkit#3555). Numbers need no entry, and no files. Fails with `user-unknown`, `group-unknown`.
    pub fn parse(root: BorrowedFd<'_>, spec: &str) -> Result<Self, Failure> {
        let (user, group) = spec.split_once(':').map_or((spec, None), |(user, group)| (user, Some(group)));
        if let (Some(uid), Some(gid)) = (parse_id(user), parse_id(group.unwrap_or(user))) {
            return Ok(Self { uid, gid });
        }
        let accounts = Accounts::read(root)?;
        let uid = accounts.uid(user)?;
        let gid = match group {
            Some("") => 0,
            Some(group) => accounts.gid(group)?,
            None => accounts.primary_group(user),
        };
        Ok(Self { uid, gid })
    }
}
