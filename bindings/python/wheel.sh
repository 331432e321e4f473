#!/bin/sh
# Makes the wheel that has the library inside, for each Linux with glibc 2.17 or later: bindings/python/wheel.sh [ARCHIVE],
# `make wheel`. ARCHIVE is what `make dist` makes, and is made if it is not given. The wheel goes to target/wheels. The
# compiler for the old glibc is ziglang of PyPI; tools.sh gets the rest.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
glibc=2.17
architecture=$(uname -m)

[ -z "${TARGET-}" ] || {
    echo "wheel: it is made on the machine that it is for, and not by TARGET" >&2
    exit 1
}
command -v python-zig >/dev/null || {
    echo "wheel: python-zig is not installed: pip install ziglang" >&2
    exit 1
}
python=$(sh bindings/python/tools.sh) || {
    echo "wheel: $python" >&2
    exit 1
}
archive=${1:-$(sh packaging/dist.sh | tail -n 1)}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xzf "$archive"
prefix=$(echo "$work"/libpersonr-*)
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
PERSONR_BUNDLE=$(readlink -f "$prefix/lib/libpersonr.so")
PERSONR_PLATFORM=manylinux2014_$architecture
export PKG_CONFIG_PATH PERSONR_BUNDLE PERSONR_PLATFORM

# The module is built as the library was: by a compiler that knows the old glibc alone. Unless told otherwise, zig puts 5 MB
# into it that look for undefined behaviour.
printf '#!/bin/sh\nexec python-zig cc -target %s-linux-gnu.%s "$@"\n' "$architecture" "$glibc" >"$work/cc"
chmod +x "$work/cc"
PYTHON=$python CC=$work/cc LDSHARED="$work/cc -shared -s" CFLAGS="-O2 -g0 -fno-sanitize=undefined" \
    sh bindings/python/build.sh "$work/wheels"

# What the tag promises.
wheel=$(echo "$work"/wheels/*.whl)
mkdir "$work/content"
(cd "$work/content" && "$python" -m zipfile -e "$wheel" .)
for file in "$work"/content/personr/*.so*; do
    newest=$(objdump -T "$file" | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -V | tail -n 1)
    [ "$(printf '%s\n' "$newest" "$glibc" | sort -V | tail -n 1)" = "$glibc" ] || {
        echo "wheel: ${file##*/} needs glibc $newest, and the tag promises $glibc" >&2
        exit 1
    }
done
mkdir -p "$target/wheels"
mv "$wheel" "$target/wheels"
echo "$target/wheels/${wheel##*/}"
