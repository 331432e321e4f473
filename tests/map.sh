#!/bin/sh
# Writes tests/README.md from the heads of the files: tests/map.sh [check]. With check it says by its exit status whether
# that is done.
set -eu
cd "$(dirname "$0")/.."

# The first paragraph of a file's head.
head_of() {
    awk '!/^\/\/!/ || /^\/\/! *$/ { exit } { sub(/^\/\/! */, ""); printf "%s%s", gap, $0; gap = " " }' "$1"
}

# rows SHOWN-FROM FILE...: a row for each file.
rows() {
    from=$1
    shift
    for file; do
        name=$(basename "${file%/mod.rs}" .rs)
        printf '| [%s](%s) | %s |\n' "$name" "$from${file#tests/}" "$(head_of "$file")"
    done
}

map() {
    cat <<'END'
<!-- Written by tests/map.sh. -->
# The tests

- `make test` runs all of them (`tests/run.sh`), the long ones on samples. `make check` (`tests/check.sh`) takes the time for
  the whole, runs what is `#[ignore]`d as "run by make check", and writes [docs/testing.md](../docs/testing.md) from what it
  counted; `classes` says what counts. `make lint` (`lint.sh`) checks what needs no run. `make check-machines` (`machines.sh`,
  with `machines/`) builds and tries the library for other machines, and writes [docs/platforms.md](../docs/platforms.md).
- Each group below is one test program. All of it: `cargo test --test GROUP`. One file of it: `cargo test --test GROUP FILE::`.
  What stands beside pure code in `src/` is run by `cargo test --lib`.
- A test that changes its process, forks it, or counts what it has begins with `run_alone!()`: it runs in a process of its own.
  A test that is `#[ignore]`d as "run by ..." is such a process of another test's (`subprocess` in `testkit`).
- A test that lacks a program or a right skips itself with a line that begins with SKIP, and counts as skipped.
- `c/`, `cpp/` and the programs of `examples-c/`, `examples-cpp/` are compiled against the library and run under sanitizers and
  valgrind as well; `seeded/` has defects that these must find. `tsan.sh`, with `tsan/`, builds them and the library for
  ThreadSanitizer. `consumers/` are the projects that docs/linking.md quotes.
- A folder with the name of a file has its parts.
END
    for main in tests/*/main.rs; do
        group=$(basename "$(dirname "$main")")
        printf '\n## %s\n\n%s\n\n| file | what it shows |\n|---|---|\n' "$group" "$(head_of "$main")"
        for file in tests/"$group"/*.rs; do
            [ "$file" = "$main" ] || rows '' "$file"
        done
    done
    printf '\n## testkit\n\n%s\n\n| module | what it has |\n|---|---|\n' "$(head_of testkit/src/lib.rs)"
    for file in testkit/src/*.rs testkit/src/*/mod.rs; do
        [ "$file" = testkit/src/lib.rs ] || rows ../ "$file"
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
