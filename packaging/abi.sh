#!/bin/sh
# Guards the interface: packaging/abi.sh check [HEADER], packaging/abi.sh renew.
#
# abi/personr.abi is the dump of a C library with the functions of personr.h and empty bodies: of the library itself, which
# is in Rust, abidiff sees no parameter. abi/personr.constants are the constants, which no library holds. Whatever is not
# an addition to both is a break. `renew` takes additions over, and refuses breaks too, unless PERSONR_BREAK=1: that
# needs another symbol version and SONAME (packaging/link.sh), and before 1.0 another minor version.
set -eu
cd "$(dirname "$0")/.."
action=$1 header=${2:-include/personr.h}
for program in abidw abidiff; do
    command -v "$program" >/dev/null || { echo "abi: $program is missing (Debian: abigail-tools)" >&2 && exit 1; }
done

tools() {
    "${CARGO:-cargo}" run --quiet --package personr-tools -- "$@"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$header" "$work/personr.h"

tools stub "$work/personr.h" >"$work/stub.c"
${CC:-cc} -std=c99 -g -O0 -shared -fPIC -Wl,-soname,libpersonr.so.0 "-ffile-prefix-map=$work=." -I "$work" "$work/stub.c" -o "$work/libpersonr.so"
abidw --no-corpus-path --no-comp-dir-path --no-show-locs "$work/libpersonr.so" >"$work/personr.abi"
tools constants "$work/personr.h" >"$work/personr.constants"
tools symbols "$work/personr.h" >"$work/personr.symbols"

is_broken=0
if [ -f abi/personr.abi ]; then
    # 4: something has changed; the additions of functions are not asked for.
    abidiff --harmless --no-added-syms abi/personr.abi "$work/personr.abi" || is_broken=1
    gone=$(LC_ALL=C comm -23 abi/personr.constants "$work/personr.constants")
    if [ -n "$gone" ]; then
        printf 'constants that are gone or have another value:\n%s\n' "$gone"
        is_broken=1
    fi
fi
functions=$(wc -l <"$work/personr.symbols") constants=$(wc -l <"$work/personr.constants")
if [ "$is_broken" = 1 ] && [ "${PERSONR_BREAK-}" != 1 ]; then
    echo "abi: programs that were compiled with the former header would break" >&2
    exit 1
elif [ "$action" = renew ]; then
    cp "$work/personr.abi" "$work/personr.constants" abi/
else
    echo "abi: $functions functions and $constants constants, none changed"
fi
