#!/bin/sh
# Builds the library in two folders, and compares: `make reproducible`.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The same versions in both, and on every day.
[ -f Cargo.lock ] || sh packaging/lock.sh restore
build() {
    mkdir -p "$1"
    # What a commit would hold, if this is a repository; else all but what was built.
    { git ls-files --cached --others --exclude-standard 2>/dev/null || find . -path ./target -prune -o -type f -print; } |
        tar -cf - -T - Cargo.lock | tar -xf - -C "$1"
    (cd "$1" && unset CARGO_TARGET_DIR && sh packaging/build.sh --quiet)
}
a="$folder/a" b="$folder/another folder, whose name is longer"
build "$a"
build "$b"

same=0
for library in "libpersonr.so.$(sh packaging/version.sh)" libpersonr.a personr; do
    sum=$(sha256sum <"$a/target/package/$library" | cut -d' ' -f1)
    if cmp "$a/target/package/$library" "$b/target/package/$library"; then
        echo "$library: two folders, one hash: $sum"
    else
        same=1
    fi
    # What names a folder of this machine differs on another.
    for path in "$folder" "$root" "${CARGO_HOME:-$HOME/.cargo}" "$HOME/"; do
        if grep -qaF -- "$path" "$a/target/package/$library"; then
            echo "$library: holds the path $path" >&2
            same=1
        fi
    done
done
[ $same = 0 ] || exit 1
[ -z "${PERSONR_FIGURES-}" ] ||
    printf 'reproducible\tlibpersonr.so and libpersonr.a from two folders: the same bytes\n' >>"$PERSONR_FIGURES"
