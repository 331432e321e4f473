#!/bin/sh
# Checks the dependencies: bans, licences, sources, and known weaknesses if their database can be had (it comes from the
# internet). The class "dependencies" of `make check`.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

"$cargo" deny check bans sources licenses
advisories="advisories: no database here"
if timeout 120 "$cargo" deny fetch db >/dev/null 2>&1; then
    "$cargo" deny check advisories
    advisories="no known weakness"
else
    echo "SKIP advisories: their database cannot be had"
fi
crates=$("$cargo" tree --edges normal --features redis --prefix none --format '{p}' | sort -u | wc -l)
line="$((crates - 1)) crates in the library with all its features: bans, licences and sources ok; $advisories"
echo "$line"
[ -z "${PERSONR_FIGURES-}" ] || printf 'dependencies\t%s\n' "$line" >>"$PERSONR_FIGURES"
