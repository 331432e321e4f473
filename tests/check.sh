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
whole --test tls --test broken_http --test faults --test cuts --test secrets --test log_output --test signals \
    --test stacks --test out_of_memory --test residue --test core_dump --test cpp
# What `make test` leaves out altogether.
# shellcheck disable=SC2046 # a list of words
whole $(grep -l '^#\[ignore = "run by make check"\]' tests/*.rs | sed 's|^tests/\(.*\)\.rs$|--test \1|') -- --include-ignored
step sh fuzz/run.sh all 20
step sh packaging/dependencies.sh
step sh packaging/abi.sh check
step sh packaging/reproducible.sh
step sh tests/msrv.sh
step sh tests/page.sh "$PERSONR_FIGURES" docs/testing.md

close
