#!/bin/sh
# Lays Rust's standard library for another architecture of Debian into a root, beside its own: tests/machines/std.sh ROOT
# ARCHITECTURE TARGET. Without that architecture's C library and what it would bring. Ends with 77 if it cannot be had.
set -eu
root=$1 architecture=$2 target=$3
exec 9>"$root.lock"
flock 9
[ ! -d "$root/usr/lib/rustlib/$target" ] || exit 0

# Lists and files of its own: the root's apt knows one architecture.
# shellcheck disable=SC2016 # for the shell in it
if ! ROOT=$root ARCHITECTURE=$architecture unshare --mount sh -euc '
    mount -t proc proc "$ROOT/proc"
    mount --rbind /dev "$ROOT/dev"
    mount -t tmpfs tmpfs "$ROOT/tmp"
    exec chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "ARCHITECTURE=$ARCHITECTURE" sh -euc "
        mkdir -p /tmp/lists/partial /tmp/archives/partial
        cd /tmp
        set -- -q -o Dir::State::lists=/tmp/lists -o Dir::Cache=/tmp -o APT::Sandbox::User=root -o APT::Architecture=\$ARCHITECTURE \
            -o APT::Architectures::=\$ARCHITECTURE -o Acquire::Languages=none
        apt-get \"\$@\" update
        apt-get \"\$@\" download libstd-rust-dev:\$ARCHITECTURE
        dpkg -x libstd-rust-dev_*.deb /
    "
' >"$root.log" 2>&1; then
    tail -n 3 "$root.log" >&2
    echo "Debian's Rust for $architecture cannot be had" >&2
    exit 77
fi
