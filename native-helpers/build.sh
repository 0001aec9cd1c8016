#!/bin/sh
# Builds the helper, static, and puts it where oci-build looks for it in a source checkout: dist/oci-build-helper.
set -eu
cd "$(dirname "$0")"
target=$(rustc -vV | sed -n 's/^host: //p')
cargo build --quiet --release --locked --target "$target"
mkdir -p ../dist
# A rename, so that a running helper is never written to.
cp "${CARGO_TARGET_DIR:-target}/$target/release/oci-build-helper" ../dist/oci-build-helper.new
mv ../dist/oci-build-helper.new ../dist/oci-build-helper
