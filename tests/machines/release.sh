#!/bin/sh
# Compiles `machine.c` against the unpacked archive and Debian packages of `make dist-all`: tests/machines/release.sh PREFIX FACTS.
# CC is the compiler. Which glibc they ask for is added to the file FACTS.
set -eu
prefix=$1 facts=$2
cd "$(dirname "$0")"

for kind in archive released; do
    libraries=$(dirname "$(find "$prefix/$kind" -name libpersonr.so)")
    $CC -std=c11 machine.c -pthread -I "$(dirname "$(find "$prefix/$kind" -name personr.h)")" -L "$libraries" -lpersonr \
        "-Wl,-rpath,$libraries" -o "$prefix/machine-$kind"
done
glibc=$(readelf -W --dyn-syms "$prefix/archive/lib/libpersonr.so" | sed -n 's/.*@GLIBC_\([0-9.]*\).*/\1/p' | sort -Vu | tail -n 1)
printf 'archive\tglibc %s\n' "$glibc" >>"$facts"
echo "${prefix##*/}: archive: glibc $glibc"
[ "$(printf '%s\n' "$glibc" 2.17 | sort -V | tail -n 1)" = 2.17 ] # what the archive promises
