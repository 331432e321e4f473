#!/bin/sh
# Runs inside the root: builds the library for a target as it is installed and as Debian packages, runs the unit tests, and compiles
# `machine.c` against the libraries: tests/machines/build.sh TARGET. What each step found goes into /mnt/facts/TARGET.
set -eu
target=$1
cd /mnt/tree
. tests/machines/tools.sh
prefix=/mnt/prefix/$target
facts=/mnt/facts/$target
mkdir -p /mnt/facts
: >"$facts"

# fact COLUMN TEXT
fact() {
    printf '%s\t%s\n' "$1" "$2" >>"$facts"
    echo "$target: $1: $2 ($(($(date +%s) - began)) s)"
}
began=$(date +%s)

# With a feature more than what is shipped: an email that panics. Without link-time optimisation: with it, each machine would take
# twice the time.
FEATURES=redis,test-panic
CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
export FEATURES CARGO_PROFILE_RELEASE_LTO CARGO_PROFILE_RELEASE_CODEGEN_UNITS
if [ "$target" = "$MUSL" ]; then
    # The pages of the manual are made by a program for this machine, with the standard library that is there.
    CARGO=/mnt/bin/cargo-for-musl
    export CARGO
    # shellcheck disable=SC2016 # for the script
    printf '#!/bin/sh\ncase "$*" in *--target*) exec /mnt/bin/cargo-with-std "$@" ;; esac\nexec cargo "$@"\n' >"$CARGO"
    chmod +x "$CARGO"
fi
make --silent install "TARGET=$target" "PREFIX=$prefix"
library=$(readlink -f "$prefix/lib/libpersonr.so")
fact build "$(($(wc -c <"$library") / 1024)) KiB"

# Each of them by the flags that a user would take.
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH
flags="-std=c11 -O1 -Wall -Wextra -Werror tests/machines/machine.c -pthread"
# shellcheck disable=SC2046,SC2086 # lists of words
{
    $CC $flags $(pkg-config --cflags --libs personr) "-Wl,-rpath,$prefix/lib" -o "$prefix/machine-shared"
    # -lgcc_s: zig's name for its unwinder.
    case $target in
    "$MUSL") $CC -static $flags -I "$prefix/include" "$prefix/lib/libpersonr.a" -lgcc_s -o "$prefix/machine-static" ;;
    *) $CC $flags -I "$prefix/include" "$prefix/lib/libpersonr.a" -lpthread -ldl -lm -o "$prefix/machine-static" ;;
    esac
}
# What the Debian packages of that machine unpack to.
if [ "$target" != "$MUSL" ]; then
    debs=$CARGO_TARGET_DIR/$target/deb
    TARGET=$target sh packaging/deb.sh >/dev/null
    rm -rf "$prefix/deb"
    for package in "$debs"/*.deb; do
        dpkg-deb --extract "$package" "$prefix/deb"
    done
    libraries=$prefix/deb/usr/lib/$($CC -print-multiarch)
    # shellcheck disable=SC2086 # a list of words
    $CC $flags -I "$prefix/deb/usr/include" -L "$libraries" -lpersonr "-Wl,-rpath,$libraries" -o "$prefix/machine-packaged"
    fact packages "$(dpkg-deb --field "$debs"/libpersonr0_*.deb Architecture)"
fi
fact link "shared, static"

# In the profile of the product and with its flags: its crates are compiled already. Left out is what an emulator has no say on or
# is too slow for: `skipped` says why.
log=/mnt/facts/$target.log
# With musl's linker a program also gets zig's malloc, whose lock a forked child inherits as it is: it hangs if another thread has
# it just then. So only one test runs at a time.
case $target in
"$MUSL") threads=--test-threads=1 ;;
*) threads= ;;
esac
(
    export "TARGET=$target"
    . packaging/target.sh
    . packaging/flags.sh
    # shellcheck disable=SC2046,SC2086 # lists of words
    "$cargo" test --quiet --release --lib --features "$FEATURES" --target "$target" -- $threads \
        $(sed -n '/^[a-z]/s/^\([a-z_]*\).*/--skip \1/p' tests/machines/skipped)
) >"$log" 2>&1 || { tail -n 60 "$log" >&2 && exit 1; }
fact units "$(sed -n 's/^test result: ok. \([0-9]*\) passed; 0 failed.*/\1 passed/p' "$log")"
