#!/bin/sh
# Checks what needs no test to run: `make lint`. What a machine has no program for is skipped with a word; CI has them all.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

run() {
    echo "$*"
    "$@"
}

# has PROGRAM HOW-TO-GET-IT
has() {
    # "cargo deny" is a program too.
    # shellcheck disable=SC2086
    ! $1 --version >/dev/null 2>&1 || return 0
    if [ "${CI-}" = true ]; then
        echo "lint: $1 is not installed: $2" >&2
        exit 1
    fi
    echo "SKIP $1: it is not installed ($2)"
    return 1
}

# Files that git knows, or of an unpacked archive all but what was built.
files() {
    git ls-files --cached --others --exclude-standard -- "$@" 2>/dev/null || {
        for pattern; do find . -name target -prune -o -type f -name "$pattern" -print; done
    }
}

run "$cargo" fmt --all --check
run "$cargo" clippy --locked --workspace --all-targets -- -D warnings
run "$cargo" clippy --locked --no-default-features -- -D warnings
run "$cargo" clippy --locked --all-targets --features redis,test-panic -- -D warnings

(
    RUSTDOCFLAGS="${RUSTDOCFLAGS-} -D warnings"
    export RUSTDOCFLAGS
    run "$cargo" doc --locked --quiet --workspace --no-deps --features personr/redis
    run "$cargo" doc --locked --quiet --workspace --no-deps --features personr/redis --document-private-items
)

if has "$cargo deny" "cargo install cargo-deny --locked"; then
    run "$cargo" deny --locked check bans sources licenses
fi
if has shellcheck "Debian: shellcheck"; then
    echo shellcheck
    # shellcheck disable=SC2046 # names without spaces
    shellcheck $(files '*.sh') .ci/run
fi
if has clang-format "Debian: clang-format"; then
    echo clang-format
    # What is in include/ is generated, or has qualifiers behind a `&` that clang-format glues to it.
    # shellcheck disable=SC2046
    clang-format --dry-run -Werror $(files '*.c' '*.h' '*.cpp' '*.hpp' | grep -v '^\(\./\)\{0,1\}include/')
fi
run sh tests/map.sh check
run sh tests/links.sh
if has doxygen "Debian: doxygen"; then
    sh packaging/docs.sh
fi
run "$cargo" test --locked --quiet --test interface --test packaging -- header:: lock:: third_party::
