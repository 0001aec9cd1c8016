//! What the helper tells a sandbox, and what it hears from it.

use serde::{Deserialize, Serialize};

use crate::protocol::messages::{FileMount, Outcome};

/// The first message on a sandbox's control socket. Descriptors 0, 1 and 2 of the process come with it, unless it gets a
/// terminal.
#[derive(Debug, Serialize, Deserialize)]
pub struct Assignment {
    /// Absent under bwrap, which has made the view by the time `init` runs.
    pub view: Option<View>,
    pub process: Process,
}

/// What a sandboxed process sees of the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The root file system, as a path outside the sandbox.
    pub root: String,
    /// No namespaces: the root is entered as it is, with everything that belongs into the view placed in it.
    pub bare: bool,
    pub hostname: String,
    /// Generated files; their paths are resolved, exist in `root` and lead through no symbolic link.
    pub files: Vec<FileMount>,
}

/// The process to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    pub argv: Vec<String>,
    pub env: Vec<String>,
    pub cwd: String,
    /// A Dockerfile USER, looked up inside the root.
    pub user: String,
    /// Give it a terminal of this size; the master side comes back with `Report::Started`.
    pub terminal: Option<Size>,
    /// Report that the view stands, and start only on `Order::Start`: mounts are still to come.
    pub wait: bool,
    /// There is no CAP_SYS_ADMIN over the namespaces it runs in, for they are not the sandbox's.
    pub bare: bool,
}

/// The size of a terminal in characters; zeros where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Size {
    pub rows: u16,
    pub columns: u16,
}

/// From the helper to a running sandbox.
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    Start,
    Signal { number: i32 },
}

/// From the sandbox to the helper.
#[derive(Debug, Serialize, Deserialize)]
pub enum Report {
    /// A step of the set-up failed; `errno` is 0 where there is none.
    SetupFailed { step: String, errno: i32 },
    /// The view stands and the program is to be ordered. Sent by pid 1 of the sandbox.
    Ready,
    /// The program runs; it forgets owners where nobody can answer its calls. Sent by pid 1 of the sandbox.
    Started { forgets: bool },
    /// The program ended or could not be started. The last message.
    Ended { outcome: Outcome },
}

/// A step of the set-up that failed.
#[derive(Debug)]
pub struct SetupError {
    pub step: String,
    pub error: std::io::Error,
}

impl SetupError {
    pub fn report(&self) -> Report {
        Report::SetupFailed { step: self.step.clone(), errno: self.error.raw_os_error().unwrap_or(0) }
    }
}

/// Names the step in which an error happened.
pub trait During<T> {
    fn during(self, step: impl Into<String>) -> Result<T, SetupError>;
}

impl<T, E: Into<std::io::Error>> During<T> for Result<T, E> {
    fn during(self, step: impl Into<String>) -> Result<T, SetupError> {
        self.map_err(|error| SetupError { step: step.into(), error: error.into() })
    }
}
