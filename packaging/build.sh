#!/bin/sh
# Builds the library for release, with the cargo features FEATURES, into the folder PACKAGE (`package` in cargo's target
# directory; for TARGET in its folder there). Two folders give one result (`make reproducible`). Arguments go to cargo.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
package=${PACKAGE:-$target/${TARGET:+$TARGET/}package}
. packaging/target.sh
. packaging/flags.sh

[ -f Cargo.lock ] || sh packaging/lock.sh restore
# The static library alone: beside a Rust library, which may be called by anything, link-time optimisation could leave no
# function out, and the C library would be a sixth larger.
# shellcheck disable=SC2086 # a list of words
"${CARGO:-cargo}" rustc --locked --release --lib --crate-type staticlib ${FEATURES:+--features "$FEATURES"} $for_target "$@"
sh packaging/man.sh "$package/man" --locked "$@"
sh packaging/link.sh "$target/$built/libpersonr.a" "$package"
sh packaging/command.sh "$package/libpersonr.so.$(sh packaging/version.sh)" "$package"
# For install.sh, which asks whether this is what is wanted.
printf '%s\n' "${FEATURES-}" >"$package/features"
