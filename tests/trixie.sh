#!/bin/sh
# The root folder of Debian trixie, which has the compilers that the tests promise to work with: tests/trixie.sh [PACKAGE...]
# installs the packages in it, and prints its path. It ends with 77 where it cannot be had.
exec sh "$(dirname "$0")/debian.sh" trixie "$@"
