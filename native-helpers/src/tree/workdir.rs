//! WORKDIR: a directory inside a root, made when it is missing.

use std::os::fd::AsFd;
use std::path::Path;

use crate::failure::Failure;
use crate::protocol::messages::{MakeDirectoryParams, MakeDirectoryResult};
use crate::tree::directory;
use crate::tree::identity::resolve_user;
use crate::tree::make::{self, Manner};
use crate::tree::owner::Owner;
use crate::tree::resolve::{Resolution, Rest, in_root, resolve};

/// Makes `path` and its missing parents, mode 0755 unless told, all owned by the user; what exists is left alone. Symbolic links are
/// followed inside the root, even those that lead to nothing yet. The user is looked up only when something is made.
///
/// Fails with `not-a-directory` when something else stands in the way.
pub fn make(params: &MakeDirectoryParams) -> Result<MakeDirectoryResult, Failure> {
    let root = directory::open(Path::new(&params.root))?;
    let Resolution { directory, rest, .. } = resolve(root.as_fd(), params.path.as_bytes())?;
    let blocked = |path: &str| {
        Failure::new("not-a-directory", format!("cannot make the directory {}: {path} is not a directory", params.path))
            .with_hint("choose another WORKDIR, or remove what is there in an earlier RUN")
    };
    match rest {
        Rest::Nothing => Ok(MakeDirectoryResult { created: false }),
        Rest::Leaf { .. } => Err(blocked(&params.path)),
        Rest::Blocked(path) => Err(blocked(&in_root(&path))),
        Rest::Missing(names) => {
            let user = resolve_user(root.as_fd(), &params.user)?;
            let owner = Owner { uid: user.uid, gid: user.gid };
            make::directories(directory, &names, Manner { owner, mode: params.mode.unwrap_or(0o755) }, &params.path)?;
            Ok(MakeDirectoryResult { created: true })
        }
    }
}
