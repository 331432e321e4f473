#!/bin/sh
# Runs all tests: `make test`. Fails if a test failed, if cargo did, or if no test ran.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/counted.sh

# With the feature, so that everything is tested, once.
run --workspace --features personr/redis --no-fail-fast
# And what a build without the feature says of it.
run --features test-panic --test interface --no-fail-fast -- panic:: arguments::

close
