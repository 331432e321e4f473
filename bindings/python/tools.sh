#!/bin/sh
# Prints an interpreter that has all that builds and tests the package. It is made once, in a folder of its own, from PYTHON
# (python3) and PyPI. If it cannot be had, this says why instead, and fails.
set -u
python=${PYTHON:-python3}
# To build, and to test.
packages='setuptools>=77 cffi>=1.17 requests httpx mypy types-requests'

die() {
    echo "$*"
    exit 1
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null || die "Python 3.9 or later is not installed"
include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
[ -f "$include/Python.h" ] || die "Python.h is not installed (Debian: python3-dev)"

version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
folder=${XDG_CACHE_HOME:-$HOME/.cache}/libpersonr-tools/python-$version
is_complete() {
    "$folder/bin/python" -c 'import setuptools, cffi, requests, httpx, mypy
assert int(setuptools.__version__.split(".")[0]) >= 77' 2>/dev/null
}
is_complete || {
    rm -rf "$folder"
    # shellcheck disable=SC2086 # a list of names
    "$python" -m venv "$folder" >/dev/null &&
        "$folder/bin/pip" --disable-pip-version-check install --quiet $packages >&2
    is_complete || die "not to be had from PyPI: $packages"
}
echo "$folder/bin/python"
