#!/bin/sh
# Checks the dependencies: bans, licences, sources, and known weaknesses if their database can be had (it comes from the
# internet). The class "dependencies" of `make check`. `packaging/dependencies.sh list` only lists the crates that are linked
# into the library with all its features.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

# What runs in the compiler alone, and what is under it, is not in the library. A crate that was shown before is marked.
list() {
    "$cargo" tree --locked --package personr --edges normal,no-proc-macro --features redis --prefix none --format '{p}' |
        sed 's/ (\*)$//' | grep -v '^personr ' | sort -u
}

if [ "${1-}" = list ]; then
    list
    exit
fi

"$cargo" deny --locked check bans sources licenses
advisories="advisories: no database here"
if timeout 120 "$cargo" deny fetch db >/dev/null 2>&1; then
    "$cargo" deny --locked check advisories
    advisories="no known weakness"
else
    echo "SKIP advisories: their database cannot be had"
fi
line="$(list | wc -l) crates in the library with all its features: bans, licences and sources ok; $advisories"
echo "$line"
[ -z "${PERSONR_FIGURES-}" ] || printf 'dependencies\t%s\n' "$line" >>"$PERSONR_FIGURES"
