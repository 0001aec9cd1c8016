//! The system interfaces that no safe crate covers, one small module each.

pub mod descriptors;
pub mod exec;
pub mod fork;
pub mod limits;
pub mod mounts;
pub mod namespaces;
pub mod network;
pub mod notify;
pub mod seccomp;
pub mod signals;
