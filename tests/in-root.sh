#!/bin/sh
# Runs a command in the root of another Debian: tests/in-root.sh ROOT FOLDER COMMAND... FOLDER, which tests/stage.sh has filled, is
# mounted at /mnt, with what TOOLS names (a folder, at /mnt/tools), /tmp and /run empty, and no variable of the environment.
#
# All mounts are in a namespace of the command's own, and end with it.
set -eu
ROOT=$1 FOLDER=$2
shift 2
export ROOT FOLDER
# shellcheck disable=SC2016,SC2086 # for the shell in it; no word or one
exec ${PERSONALITY-} unshare --mount sh -euc '
    mount --bind "$ROOT" "$ROOT"
    mount --bind "$FOLDER" "$ROOT/mnt"
    if [ -n "${TOOLS-}" ]; then
        mkdir -p "$ROOT/mnt/tools"
        mount --bind "$TOOLS" "$ROOT/mnt/tools"
    fi
    mount -t proc proc "$ROOT/proc"
    mount --rbind /dev "$ROOT/dev"
    mount -t tmpfs tmpfs "$ROOT/tmp"
    mount -t tmpfs tmpfs "$ROOT/run"
    # By chroot alone, a test with mounts of its own could not make them private, and would not find its own program.
    cd "$ROOT"
    mkdir run/outside
    pivot_root . run/outside
    umount -l /run/outside
    rmdir /run/outside
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CARGO_HOME=/mnt/home "$@"
' sh "$@"
