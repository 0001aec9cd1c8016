//! The network of a sandbox: the machine's, or a namespace of its own.
//!
//! The thread that serves a run moves into the namespace and starts the sandbox there, so that neither sandbox needs to
//! know of it. A private network has a way out of it, whose processes end with the run (`way_out`).

pub mod holder;
mod way_out;

use crate::failure::Failure;
use crate::protocol::messages::Network;
use crate::sys::namespaces::{Namespaces, unshare};
use crate::sys::network::bring_up_loopback;
use way_out::WayOut;

/// What must live as long as a process is to have its network.
pub struct Entered {
    _way_out: Option<WayOut>,
}

/// Moves the calling thread, and what it starts from now on, into the network that is asked for.
pub fn enter(network: Network) -> Result<Entered, Failure> {
    let way_out = match network {
        Network::Host => None,
        Network::None => {
            unshare(Namespaces::NEWNET)
                .and_then(|()| bring_up_loopback())
                .map_err(|_| unavailable("network-none-unavailable", "none"))?;
            None
        }
        Network::Private => Some(WayOut::open()?),
    };
    Ok(Entered { _way_out: way_out })
}

fn unavailable(code: &'static str, network: &str) -> Failure {
    Failure::new(code, format!("no network namespace can be made here, which --network={network} needs")).with_hint(
        format!(
            "leave --network={network} out, or allow namespaces: --security-opt seccomp=unconfined for docker and podman"
        ),
    )
}
