#!/bin/sh
# Compiles everything with the oldest Rust that Cargo.toml promises (`rust-version`), and runs the unit tests: `make msrv`, a
# step of `make check`.
#
# That Rust is the one of Debian trixie, in the root of tests/trixie.sh. The tree, the crates of the list of versions and what
# is built lie in target/msrv, which is mounted into the root: nothing there needs a network. Where this cannot be had, it is
# skipped with a word.
set -eu
cd "$(dirname "$0")/.."

skip() {
    echo "SKIP the oldest Rust: $1"
    [ -z "${PERSONR_SKIPS-}" ] || echo "SKIP the oldest Rust: $1" >>"$PERSONR_SKIPS"
    exit 0
}

place=${CARGO_TARGET_DIR:-target}/msrv
mkdir -p "$place"
place=$(cd "$place" && pwd)

status=0
root=$(sh tests/trixie.sh cargo gcc libc6-dev 2>"$place/trixie.log") || status=$?
case $status in
0) ;;
77) skip "$(tail -n 1 "$place/trixie.log")" ;;
*) cat "$place/trixie.log" >&2 && exit "$status" ;;
esac

promised=$(sed -n '0,/^rust-version = /s/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
had=$(chroot "$root" rustc --version | cut -d' ' -f2)
case $had in
"$promised" | "$promised".*) ;;
*) skip "Debian trixie has Rust $had, and Cargo.toml promises $promised" ;;
esac

sh tests/stage.sh "$place"

# A hundred thousand histories of the session, on which no compiler has a say, would take half of the time.
sh tests/in-root.sh "$root" "$place" CARGO_TARGET_DIR=/mnt/target sh -euc '
    cd /mnt/tree
    rustc --version
    cargo check --locked --offline --quiet --workspace --all-targets --features personr/redis
    cargo test --locked --offline --quiet --lib --features redis -- --skip a_hundred_thousand_histories
'
