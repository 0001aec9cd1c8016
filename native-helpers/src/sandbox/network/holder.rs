//! The process that a private network hangs on: pid 1 of a pid namespace in which the programs of its way out run. When
//! the helper lets go of its end of the control socket, or is killed, this process ends, and the kernel ends them too.

use serde::{Deserialize, Serialize};

use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

use crate::sandbox::assignment::{During, SetupError};
use crate::sandbox::control::Control;
use crate::sys::namespaces::{Namespaces, unshare};
use crate::sys::network::bring_up_loopback;

/// What it says once, with its process id beside it.
#[derive(Debug, Serialize, Deserialize)]
pub enum Word {
    /// The namespace is there, to be found by the process id.
    Ready,
    Failed {
        step: String,
        errno: i32,
    },
}

/// Makes the network namespace and keeps it until the helper is gone. Answers the exit status.
pub fn live(control: &Control) -> i32 {
    let word = match make() {
        Ok(()) => Word::Ready,
        Err(error) => Word::Failed { step: error.step, errno: error.error.raw_os_error().unwrap_or(libc::EIO) },
    };
    if control.send(&word, &[]).is_err() || matches!(word, Word::Failed { .. }) {
        return 1;
    }
    // No message is ever sent: what arrives is the end.
    let _ = control.receive::<()>();
    0
}

fn make() -> Result<(), SetupError> {
    unshare(Namespaces::NEWNET).during("make a network namespace")?;
    bring_up_loopback().during("bring up the loopback interface")?;
    // pasta gives up its power over processes before it looks for the namespace, and may then look at none that has more.
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
        .during("give up capabilities")
}
