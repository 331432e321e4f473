#!/bin/sh
# Runs inside the root: compiles the library and the standard library for a system that cannot be run here, and links nothing:
# tests/machines/check.sh TARGET.
set -eu
target=$1
cd /mnt/tree
. tests/machines/tools.sh
# Else the crate cc looks for Apple's own tools.
SDKROOT=/
export SDKROOT
"$cargo" check --quiet --lib --features redis --target "$target"
printf 'check\tcompiles\n' >"/mnt/facts/$target"
echo "$target: it compiles"
