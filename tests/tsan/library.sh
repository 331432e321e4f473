#!/bin/sh
# Runs inside the root: builds the shared library for ThreadSanitizer, and the standard library with it, in /mnt.
#
# Its runtime is linked into the program, so that a process has one. ring's C code is instrumented, and its assembly is not: what
# that reads and writes is not seen. It orders no threads, so no report is false for want of it.
set -eu
cd /mnt/tree
target=$(rustc -vV | sed -n 's/^host: //p')
name=$(echo "$target" | tr - _)
setting=CARGO_TARGET_$(echo "$target" | tr 'a-z-' 'A-Z_')

export "CC_$name=clang-19" "CFLAGS_$name=-fsanitize=thread -fno-omit-frame-pointer"
export "${setting}_LINKER=clang-19" "${setting}_RUSTFLAGS=-Zsanitizer=thread -Zexternal-clangrt"
# The flags for the sanitizer and for the standard library are a nightly's.
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=/mnt/target CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_OPT_LEVEL=1
# Not optimised is our own crate: of two accesses to one place an optimiser may leave one. In the others each call would be
# made, and soon a thread would be so many calls further that the place of its access, and so the report, is lost.
cargo rustc --locked --offline --quiet --lib --crate-type cdylib --features redis --target "$target" \
    -Zbuild-std=std,panic_unwind --config profile.dev.package.personr.opt-level=0

rm -rf /mnt/programs
mkdir -p /mnt/lib /mnt/programs
cp "/mnt/target/$target/debug/libpersonr.so" /mnt/lib
ln -sfn "target/$target/debug/deps" /mnt/crates
ln -sf libpersonr.so "/mnt/lib/$(readelf -d /mnt/lib/libpersonr.so | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')"
