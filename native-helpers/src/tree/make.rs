//! Directories that a COPY or a WORKDIR needs and that do not exist yet.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use rustix::fs::Mode;
use rustix::io::Errno;

use crate::failure::Failure;
use crate::ownership;
use crate::tree::directory;
use crate::tree::owner::Owner;

/// What directories are made like.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    pub owner: Owner,
    /// Permission bits, whatever the umask.
    pub mode: u32,
}

/// Makes `names` one inside the other, the first inside `above`, and answers the last one. `shown` is the whole path, for
/// messages.
pub fn directories(above: OwnedFd, names: &[CString], manner: Manner, shown: &str) -> Result<OwnedFd, Failure> {
    names.iter().try_fold(above, |above, name| {
        let failed = |error| Failure::io("make the directory", shown, error);
        rustix::fs::mkdirat(&above, name, Mode::RWXU).map_err(failed)?;
        let made = directory::open_at(&above, name).map_err(failed)?;
        ownership::give(&made, manner.owner).map_err(|error| not_owned(shown, manner.owner, error))?;
        rustix::fs::fchmod(&made, Mode::from_raw_mode(manner.mode)).map_err(failed)?;
        Ok(made)
    })
}

/// Why an entry cannot be given to its owner.
pub fn not_owned(shown: &str, owner: Owner, error: Errno) -> Failure {
    let Owner { uid, gid } = owner;
    let failure = Failure::io(&format!("make {uid}:{gid} the owner of"), shown, error);
    match error {
        // What the kernel answers for an id that the user namespace does not map.
        Errno::INVAL => Failure { code: "owner-not-mapped", ..failure }.with_hint(
            "the user namespace has no such id: give the account a larger range in /etc/subuid and /etc/subgid",
        ),
        Errno::PERM => failure.with_hint("only root gives files away: build where user namespaces are allowed"),
        _ => failure,
    }
}
