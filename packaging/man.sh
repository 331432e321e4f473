#!/bin/sh
# Makes the manual pages from include/personr.h: packaging/man.sh FOLDER. When the library is built, and not when it is
# installed: that takes no toolchain. Further arguments go to cargo.
set -eu
folder=$1
shift
cd "$(dirname "$0")/.."
"${CARGO:-cargo}" run "$@" --package personr-tools -- man include/personr.h "$folder"
