//! Drives the built helper over its socket, as oci-build does: as root and as an ordinary user with sub-ids, in both
//! sandboxes.
//!
//! Run as root, the tests become an ordinary user where they need one (they take one that /etc/subuid names, else make
//! `oci-build-test`). Run as an ordinary user, they leave root's half to those who are root, and say so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop where something is wrong"
)]

mod client;
mod conversation;
mod machine;
mod rootfs;
mod run_mounts;

mod isolation;
mod lifetime;
mod mounts;
mod places;
mod processes;
mod store;
mod terminal;
