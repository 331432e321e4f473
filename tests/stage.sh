#!/bin/sh
# Lays this tree and all crates of its list of versions into a folder, for a root that has no network: tests/stage.sh FOLDER
# [WORKSPACE...]. The crates of further workspaces, named by their Cargo.toml, are laid beside them.
#
# FOLDER/tree is the tree, FOLDER/vendor the crates, and FOLDER/home a CARGO_HOME that finds them where FOLDER is mounted: at /mnt.
set -eu
folder=$1
shift
cd "$(dirname "$0")/.."
[ -f Cargo.lock ] || sh packaging/lock.sh restore

rm -rf "$folder/tree"
mkdir -p "$folder/tree" "$folder/home"
for workspace; do
    shift
    set -- "$@" --sync "$workspace"
done
# The standard library's workspace uses what only a nightly cargo reads.
if ! RUSTC_BOOTSTRAP=1 "${CARGO:-cargo}" vendor --locked --versioned-dirs "$@" "$folder/vendor" \
    >"$folder/vendor.toml" 2>"$folder/vendor.log"; then
    tail -n 5 "$folder/vendor.log" >&2
    exit 1
fi
sed 's|^directory = .*|directory = "/mnt/vendor"|' "$folder/vendor.toml" >"$folder/home/config.toml"
{ git ls-files --cached --others --exclude-standard 2>/dev/null || find . -path ./target -prune -o -type f -print; } |
    while read -r file; do [ ! -e "$file" ] || echo "$file"; done |
    tar -cf - -T - Cargo.lock | tar -xf - -C "$folder/tree"
