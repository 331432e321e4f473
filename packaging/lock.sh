#!/bin/sh
# Keeps the list of the versions that are built: packaging/lock.sh restore|extend|renew.
#
# A Cargo.lock names the registry that it was made with, and mirrors have other names. So the repository has it without
# the lines that do: packaging/Cargo.lock.in for the workspace, fuzz/Cargo.lock.in for the fuzzing.
#
#   restore  writes each Cargo.lock from its list, with the registry that the cargo of this machine names. `make` does so
#            before it builds. A Cargo.lock that says the same stays as it is, and then no cargo is needed.
#   extend   takes over a change of Cargo.toml into the lists; all else keeps its version: `make lock`.
#   renew    lists the newest versions that Cargo.toml allows: `make update`.
set -eu
cd "$(dirname "$0")/.."
action=$1
cargo=${CARGO:-cargo}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
    echo "lock: $*" >&2
    exit 1
}

without_source() {
    grep -v '^source = ' "$1"
}

# The line by which the cargo of this machine names its registry. A crate with one dependency has it in its lock file.
# What cargo has at hand will do; else it asks the registry.
learn_source() {
    mkdir -p "$work/probe/src"
    : >"$work/probe/src/lib.rs"
    printf '[package]\nname = "probe"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n\n[dependencies]\nlibc = "*"\n' \
        >"$work/probe/Cargo.toml"
    probe() {
        "$cargo" generate-lockfile --quiet --manifest-path "$work/probe/Cargo.toml" "$@"
    }
    probe --offline 2>/dev/null || probe || die "the registry of this machine cannot be asked for its name"
    source=$(grep '^source = ' "$work/probe/Cargo.lock") || die "cargo names no registry"
}

# restore FOLDER LIST
restore() {
    if [ -f "$1/Cargo.lock" ] && without_source "$1/Cargo.lock" | cmp -s - "$2"; then
        return
    fi
    [ -n "${source-}" ] || learn_source
    # Text for the right side of an s command of sed, between bars.
    line=$(printf %s "$source" | sed 's/[&|\\]/\\&/g')
    sed "s|^checksum = |$line\\n&|" "$2" >"$1/Cargo.lock.new"
    mv -f "$1/Cargo.lock.new" "$1/Cargo.lock"
}

# keep FOLDER LIST: the list is made from the Cargo.lock.
keep() {
    if [ "$(grep '^source = ' "$1/Cargo.lock" | sort -u | wc -l)" != 1 ] ||
        [ "$(grep -c '^source = ' "$1/Cargo.lock")" != "$(grep -c '^checksum = ' "$1/Cargo.lock")" ]; then
        die "$1/Cargo.lock has packages of more than one registry, or of none"
    fi
    without_source "$1/Cargo.lock" >"$2"
    echo "$2: $(grep -c '^checksum = ' "$2") packages"
}

each() {
    "$1" . packaging/Cargo.lock.in
    "$1" fuzz fuzz/Cargo.lock.in
}

case $action in
restore) each restore ;;
extend)
    each restore
    "$cargo" update --quiet --workspace
    "$cargo" update --quiet --workspace --manifest-path fuzz/Cargo.toml
    each keep
    ;;
renew)
    "$cargo" update --quiet
    "$cargo" update --quiet --manifest-path fuzz/Cargo.toml
    each keep
    ;;
*) die "restore, extend or renew?" ;;
esac
