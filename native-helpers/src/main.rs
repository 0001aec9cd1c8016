//! `oci-build-helper`: what Node cannot do, or cannot do fast, for oci-build.

mod failure;
mod layer;
mod namespace;
mod protocol;
mod sandbox;
mod tree;

fn main() {}
