#!/bin/sh
# Makes the reference of both headers as pages: packaging/docs.sh [FOLDER]. Unless it is said, the folder is target/docs.
# A warning of Doxygen's is an error.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-${CARGO_TARGET_DIR:-target}/docs}
command -v doxygen >/dev/null || {
    echo "docs: doxygen is not installed (Debian: doxygen)" >&2
    exit 1
}
rm -rf "$folder"
mkdir -p "$folder"
{
    cat packaging/Doxyfile
    echo "INPUT = include/personr.h include/personr.hpp"
    echo "PROJECT_NUMBER = $(sh packaging/version.sh)"
    echo "OUTPUT_DIRECTORY = \"$folder\""
} | doxygen -
echo "$folder/index.html"
