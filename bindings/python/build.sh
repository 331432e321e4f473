#!/bin/sh
# Builds the wheel, into a folder: bindings/python/build.sh FOLDER. The library is the one that pkg-config finds.
#
# PYTHON (python3) is an interpreter with pip, setuptools and cffi. PERSONR_BUNDLE names a shared library to put inside:
# without it the system's is used. PERSONR_PLATFORM is the wheel's platform tag, if not the machine's own.
set -eu
python=${PYTHON:-python3}
mkdir -p "$1"
out=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
cd "$here"

# In a copy: setuptools writes beside the sources.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src/personr"
cp pyproject.toml setup.py native_build.py README.md ../../LICENSE-APACHE ../../LICENSE-MIT "$work"
cp src/personr/*.py src/personr/*.pyi src/personr/py.typed "$work/src/personr"
if [ -n "${PERSONR_BUNDLE-}" ]; then
    # By the name that the loader asks for. Its parts by others have licences of their own.
    soname=$(objdump -p "$PERSONR_BUNDLE" | awk '$1 == "SONAME" { print $2 }')
    cp "$PERSONR_BUNDLE" "$work/src/personr/$soname"
    cp ../../THIRD-PARTY.md "$work"
fi

"$python" -m pip --disable-pip-version-check wheel --quiet --no-deps --no-index --no-build-isolation \
    --wheel-dir "$out" "$work"
