#!/bin/sh
# Builds the library for release: cargo build --release, and no path of this machine in it, so that two folders give
# one result (`make reproducible`). Arguments go to cargo.
set -eu
cd "$(dirname "$0")/.."

# Cargo takes flags that may hold spaces from this variable, separated by this byte, and then looks at no other.
separator=$(printf '\037')
flags=${CARGO_ENCODED_RUSTFLAGS-$(printf %s "${RUSTFLAGS-}" | tr -s ' ' "$separator")}
remap() {
    flags="$flags${flags:+$separator}--remap-path-prefix=$1=$2"
    # ring is partly C, with debug information.
    CFLAGS="${CFLAGS-} '-ffile-prefix-map=$1=$2'"
}
remap "$(pwd -P)" personr
remap "${CARGO_HOME:-$HOME/.cargo}/registry/src" crates
CARGO_ENCODED_RUSTFLAGS=$flags
CC_SHELL_ESCAPED_FLAGS=1
export CARGO_ENCODED_RUSTFLAGS CFLAGS CC_SHELL_ESCAPED_FLAGS
exec "${CARGO:-cargo}" build --release --lib "$@"
