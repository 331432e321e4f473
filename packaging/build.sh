#!/bin/sh
# Builds the library for release, into the folder `package` of cargo's target directory. Two folders give one result
# (`make reproducible`). Arguments go to cargo.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
. packaging/flags.sh

"${CARGO:-cargo}" build --release --lib "$@"
sh packaging/link.sh "$target/release/libpersonr.a" "$target/package"
