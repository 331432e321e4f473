#!/bin/sh
# Builds the library for ThreadSanitizer, and the standard library in it: tests/tsan.sh FOLDER. Prints the root that it was built
# in; FOLDER/lib has the library, and tests/tsan/program.sh compiles programs for it.
#
# Without the standard library each of its locks would look like a race. Debian trixie has the source of it and a compiler of the
# same LLVM as its Rust, whose runtime of ThreadSanitizer knows what that Rust emits. Where this cannot be had it says why, and
# ends with 77. Programs run outside the root, with its C library.
set -eu
mkdir -p "$1"
place=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

root=$(sh tests/trixie.sh cargo gcc libc6-dev rust-src clang-19 libclang-rt-19-dev)
# The crates of the standard library are no part of our list.
if ! sh tests/stage.sh "$place" "$(echo "$root"/usr/src/rustc-*/library/Cargo.toml)"; then
    [ "${CI-}" != true ] || exit 1
    echo "the crates of the standard library cannot be had" >&2
    exit 77
fi
sh tests/in-root.sh "$root" "$place" sh /mnt/tree/tests/tsan/library.sh >&2
echo "$root"
