#!/bin/sh
# Makes the archive of `make dist` and the Debian packages of `make deb` for x86-64, i686 and aarch64: `make dist-all`. For each of
# them it needs Rust's standard library (rustup target add ...) and a cross compiler (Debian: gcc-aarch64-linux-gnu).
set -eu
cd "$(dirname "$0")/.."
host=$("${RUSTC:-rustc}" -vV | sed -n 's/^host: //p')

for TARGET in x86_64-unknown-linux-gnu i686-unknown-linux-gnu aarch64-unknown-linux-gnu; do
    [ "$TARGET" != "$host" ] || TARGET=
    export TARGET
    sh packaging/dist.sh
    sh packaging/deb.sh
done
