#!/bin/sh
# Writes the page on what is tested: tests/page.sh FIGURES PAGE. FIGURES has a line for each figure, class and text with
# a tab between, as the tests write it. A class of `tests/classes` without one is an error, unless a skipped test may be
# why, on a machine that lacks something; the page then says so. CI has everything.
set -eu
cd "$(dirname "$0")/.."
figures=$1 page=$2

mkdir -p "$(dirname "$page")"
{
    cat <<END
<!-- Written by \`make check\`. -->
# What is tested

\`make test\` runs every test, the long ones on samples, in a few minutes. \`make check\` takes the time for the whole of
them, and writes this page: each class of attacks and faults, and what its last run counted. Nothing of it needs the
internet. How to read a class's tests: they stand in \`tests/\`, and begin with what they show.

Last run: $(date -u +%Y-%m-%d), version $(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1), $(uname -sm), $(getconf _NPROCESSORS_ONLN) processors, $(rustc --version | cut -d' ' -f1,2).

| class | what is tried | passes when | last run |
|---|---|---|---|
END
    awk -F '\t' '
        FILENAME == ARGV[1] { if (!seen[$0]++) said[$1] = said[$1] (said[$1] == "" ? "" : "<br>") $2; next }
        { printf "| **%s** | %s | %s | %s |\n", $2, $3, $4, said[$1] == "" ? "not run here" : said[$1] }
    ' "$figures" tests/classes
} >"$page.new"
mv "$page.new" "$page"
echo "$page is written"

missing=$(awk -F '\t' 'FILENAME == ARGV[1] { said[$1] = 1; next } !($1 in said) { print "no figures of the class " $1 }' "$figures" tests/classes)
if [ -n "$missing" ]; then
    printf '%s\n' "$missing" >&2
    [ "${CI-}" != true ] && [ -s "${PERSONR_SKIPS-}" ]
fi
