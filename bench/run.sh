#!/bin/sh
# `npm run bench`: see docs/benchmarks.md. Options go behind two dashes: npm run bench -- --rounds 1 --peers buildah
set -eu
cd "$(dirname "$0")/.."
.ci/set-up bench
exec node dist/bench/main.js "$@"
