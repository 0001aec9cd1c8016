//! The conversation with oci-build: frames on a socket, messages as JSON.

pub mod messages;
