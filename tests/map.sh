#!/bin/sh
# Writes tests/README.md from the heads of the files: tests/map.sh [check]. With check it says by its exit status whether
# that is done.
set -eu
cd "$(dirname "$0")/.."

# The first paragraph of a file's head.
head_of() {
    awk '!/^\/\/!/ || /^\/\/! *$/ { exit } { sub(/^\/\/! */, ""); printf "%s%s", gap, $0; gap = " " }' "$1"
}

map() {
    cat <<'END'
<!-- Written by tests/map.sh. -->
# The tests

- `make test` runs all of them (`tests/run.sh`), the long ones on samples. `make check` (`tests/check.sh`) takes the time for
  the whole, runs what is `#[ignore]`d as "run by make check", and writes [docs/testing.md](../docs/testing.md) from what it
  counted; `classes` says what counts. `make lint` (`lint.sh`) checks what needs no run.
- One file: `cargo test --test NAME`. What stands beside pure code in `src/` is run by `cargo test --lib`.
- A test that lacks a program or a right skips itself with a line that begins with SKIP, and counts as skipped.
- `c/`, `cpp/` and the programs of `examples-c/`, `examples-cpp/` are compiled against the library and run under sanitizers and
  valgrind as well; `seeded/` has defects that these must find. `consumers/` are the projects that docs/linking.md quotes.
- A folder with the name of a file has its parts. The last table has the folders that several files share.

| file | what it shows |
|---|---|
END
    for file in tests/*.rs; do
        printf '| [%s](%s) | %s |\n' "$(basename "$file" .rs)" "${file#tests/}" "$(head_of "$file")"
    done
    printf '\n| shared | what it has |\n|---|---|\n'
    for file in tests/*/mod.rs; do
        folder=${file%/mod.rs}
        printf '| [%s](%s) | %s |\n' "${folder#tests/}" "${file#tests/}" "$(head_of "$file")"
    done
}

if [ "${1-}" = check ]; then
    map | diff tests/README.md - || {
        echo "tests/README.md is old: run sh tests/map.sh" >&2
        exit 1
    }
else
    map >tests/README.md
fi
