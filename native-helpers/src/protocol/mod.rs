//! The conversation with oci-build: frames on a socket, messages as JSON. PROTOCOL.md describes both.

pub mod channel;
pub mod frame;
pub mod messages;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod mutations;
