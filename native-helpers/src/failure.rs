//! What a request answers when it cannot be done.

use std::fmt::Display;
use std::path::Path;

use serde::Serialize;

/// A failed request: a stable kebab-case code, a lowercase sentence without a full stop, and what helps to act on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub code: &'static str,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The symbolic name of the system error, e.g. `ENOSPC`, so that callers need not read the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno: Option<String>,
}

impl Failure {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, errno: None }
    }

    /// A system call that failed: `verb` and `path` say what was tried, as in `cannot open /x: No such file or directory`.
    pub fn io(verb: &str, path: impl AsRef<Path>, error: impl Into<std::io::Error>) -> Self {
        let error = error.into();
        let errno = error.raw_os_error();
        let room = "free some space, or put the store elsewhere with --root";
        let (code, hint) = match errno {
            Some(libc::ENOSPC) => ("disk-full", Some(room)),
            Some(libc::EDQUOT) => ("quota-exceeded", Some(room)),
            _ => ("io-error", None),
        };
        Self {
            code,
            message: format!("cannot {verb} {}: {}", path.as_ref().display(), describe(&error)),
            hint: hint.map(str::to_owned),
            errno: errno.map(errno_name),
        }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

/// The system's sentence for an error, without Rust's `(os error N)`.
fn describe(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error") {
        Some(at) => text.get(..at).unwrap_or(&text).to_lowercase(),
        None => text,
    }
}

fn errno_name(errno: i32) -> String {
    match errno {
        libc::EPERM => "EPERM",
        libc::ENOENT => "ENOENT",
        libc::EIO => "EIO",
        libc::EACCES => "EACCES",
        libc::EBUSY => "EBUSY",
        libc::EEXIST => "EEXIST",
        libc::EXDEV => "EXDEV",
        libc::ENOTDIR => "ENOTDIR",
        libc::EISDIR => "EISDIR",
        libc::EINVAL => "EINVAL",
        libc::ENOSPC => "ENOSPC",
        libc::EDQUOT => "EDQUOT",
        libc::EROFS => "EROFS",
        libc::ELOOP => "ELOOP",
        libc::ENAMETOOLONG => "ENAMETOOLONG",
        libc::ENOTEMPTY => "ENOTEMPTY",
        libc::ENOTSUP => "ENOTSUP",
        _ => return format!("errno {errno}"),
    }
    .to_owned()
}
