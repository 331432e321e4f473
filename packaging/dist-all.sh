#!/bin/sh
# Makes what a release publishes, in target/dist-all: for x86-64, i686 and aarch64 the archive of `make dist`, and Debian packages of
# the same library. packaging/dist-all.sh [TARGET...], `make dist-all`.
#
# For another machine it takes Rust's standard library (rustup target add TARGET) and the binutils (Debian:
# binutils-aarch64-linux-gnu). What this machine lacks of that is taken from Debian trixie, in a root of its own
# (packaging/in-debian.sh).
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
host=$("${RUSTC:-rustc}" -vV | sed -n 's/^host: //p')
[ $# != 0 ] || set -- x86_64-unknown-linux-gnu i686-unknown-linux-gnu aarch64-unknown-linux-gnu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

can_be_made_here() {
    [ "$1" = "$host" ] ||
        { [ -d "$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/$1/lib" ] && command -v "$(echo "$1" | sed 's/-unknown-/-/')-ld" >/dev/null; }
}

mkdir -p "$target/dist-all"
for triple; do
    if can_be_made_here "$triple"; then
        TARGET=$triple
        [ "$TARGET" != "$host" ] || TARGET=
        TARGET=$TARGET sh packaging/dist.sh deb >"$work/made"
    else
        sh packaging/in-debian.sh "$triple" >"$work/made"
    fi
    grep -E '\.(tar\.gz|deb)$' "$work/made" >"$work/files"
    while read -r file; do
        cp "$file" "$target/dist-all"
        echo "$target/dist-all/${file##*/}"
    done <"$work/files"
done
