//! Entering the namespaces in which a session mounts and runs things.

pub mod devices;
pub mod obstacle;
mod program;
mod subids;
mod user;

pub use program::{own_program, replace_program};

use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::geteuid;
use rustix::thread::{CapabilitySet, capabilities};

use crate::ownership;
use crate::protocol::messages::Place;
use crate::sys::namespaces::{Namespaces, unshare};
use obstacle::Obstacle;

/// Where a session is, and what kept it from getting further.
#[derive(Debug, Clone)]
pub struct Entry {
    pub place: Place,
    pub obstacle: Option<Obstacle>,
}

/// Moves this process, which has one thread, into a mount namespace of its own: with real root directly, for anybody
/// else by way of a user namespace. When that cannot be, the process stays where it was, unchanged.
pub fn enter() -> Entry {
    let entered = if may_mount() { private_mounts().map(|()| of_root()) } else { user::enter() };
    match entered {
        Ok(place) => Entry { place, obstacle: None },
        Err(obstacle) => {
            Entry { place: if may_change_root() { Place::Container } else { Place::None }, obstacle: Some(obstacle) }
        }
    }
}

/// Where root is that may mount: perhaps in a user namespace of one id, as `unshare --map-root-user` makes it.
fn of_root() -> Place {
    if ownership::is_recorded() { Place::Single } else { Place::Root }
}

/// Root of an unprivileged container: what Docker leaves it suffices to unpack layers and to run processes in them.
fn may_change_root() -> bool {
    let needed = CapabilitySet::CHOWN | CapabilitySet::DAC_OVERRIDE | CapabilitySet::FOWNER | CapabilitySet::SYS_CHROOT;
    let ids = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    geteuid().is_root()
        && capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
        && subids::identity(&ids).iter().any(|extent| extent.count > 1)
}

/// Real root, or root of a container that leaves it CAP_SYS_ADMIN.
fn may_mount() -> bool {
    geteuid().is_root() && capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_ADMIN))
}

/// A new mount namespace whose mounts neither reach the old one nor hear from it. As this is real root, what is shared with
/// the machine all the same is protected: in a user namespace the machine's devices are nobody's who could change them.
fn private_mounts() -> Result<(), Obstacle> {
    let everywhere = MountPropagationFlags::REC | MountPropagationFlags::PRIVATE;
    unshare(Namespaces::NEWNS).map_err(|error| obstacle::mount_forbidden("make a mount namespace", &error))?;
    mount_change("/", everywhere).map_err(|error| obstacle::mount_forbidden("make mounts private", &error.into()))?;
    devices::protect().map_err(|error| obstacle::mount_forbidden("write-protect devices", &error))
}
