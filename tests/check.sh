#!/bin/sh
# `make check`: what takes too long for `make test`, which tries samples of it. Every class of `tests/classes` ends in
# figures, and `docs/testing.md` is written from them. Fails as `tests/run.sh` does.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/counted.sh

PERSONR_CHECK=1
PERSONR_FIGURES=$folder/figures
export PERSONR_CHECK PERSONR_FIGURES
: >"$PERSONR_FIGURES"

whole() {
    run --features redis --no-fail-fast "$@"
}
whole --test network --test embedding --test interface --test operations -- tls:: broken_http:: faults:: cuts:: \
    secrets:: log_output:: signals:: stacks:: out_of_memory:: residue:: core_dump:: cpp:: random_cancels:: races::
# What `make test` leaves out altogether: the modules that have such a test.
modules=$(grep -l '^#\[ignore = "run by make check"\]' tests/*/*.rs)
# shellcheck disable=SC2046 # lists of words
whole $(echo "$modules" | sed 's|^tests/\(.*\)/.*|--test \1|' | sort -u) -- \
    --include-ignored $(echo "$modules" | sed 's|.*/\(.*\)\.rs$|\1::|')
step sh fuzz/run.sh all 20
step sh packaging/dependencies.sh
step sh packaging/abi.sh check
step sh packaging/reproducible.sh
step sh tests/msrv.sh
step sh tests/page.sh "$PERSONR_FIGURES" docs/testing.md

close
