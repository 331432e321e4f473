#!/bin/sh
# Makes the archive and the Debian packages for another machine, where this one has no tools for that: packaging/in-debian.sh TARGET,
# for `make dist-all`. Prints what it has made.
#
# The compiler, Rust's standard library and the binutils are those of Debian trixie, in a root of its own (tests/trixie.sh), which takes
# root and a mirror. zig, cargo-zigbuild and cargo-cyclonedx are this machine's: PyPI's zig runs everywhere, and the other two on any
# Debian that is not older.
set -eu
triple=$1
cd "$(dirname "$0")/.."
mkdir -p "${CARGO_TARGET_DIR:-target}/in-debian"
place=$(cd "${CARGO_TARGET_DIR:-target}/in-debian" && pwd)

fail() {
    echo "dist: $1" >&2
    exit 1
}

case $triple in
i686-*) architecture=i386 ;;
aarch64-*) architecture=arm64 ;;
*) fail "no archive is made for $triple" ;;
esac
# One at a time: the folder is made anew by each.
exec 8>"$place/lock"
flock 8

# Those of this machine.
mkdir -p "$place/bin"
for program in cargo-zigbuild cargo-cyclonedx; do
    found=$(command -v "$program") || fail "$program is not installed"
    cp "$found" "$place/bin"
done
zig=$(python-zig env 2>/dev/null | sed -n 's/.*zig_exe"\{0,1\}[ :=]*"\([^"]*\)".*/\1/p')
[ -n "$zig" ] || fail "python-zig is not installed: pip install ziglang"
printf '#!/bin/sh\nexec /mnt/tools/zig "$@"\n' >"$place/bin/python-zig"
chmod +x "$place/bin/python-zig"

# Those of Debian.
root=$(sh tests/trixie.sh cargo gcc libc6-dev "binutils-${triple%%-*}-linux-gnu" 2>"$place/log") || fail "$(tail -n 1 "$place/log")"
sh tests/machines/std.sh "$root" "$architecture" "$triple" 2>"$place/log" || fail "$(tail -n 1 "$place/log")"
sh tests/stage.sh "$place"

rm -rf "$place/out/dist/$triple/deb"
PERSONALITY='' TOOLS=${zig%/*} sh tests/in-root.sh "$root" "$place" "PATH=/mnt/bin:/usr/bin:/bin" CARGO_NET_OFFLINE=true CARGO_TARGET_DIR=/mnt/out \
    ZIG_GLOBAL_CACHE_DIR=/mnt/zig-cache "TARGET=$triple" "FEATURES=${FEATURES-}" "SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH-0}" \
    "DEBFULLNAME=${DEBFULLNAME-}" "DEBEMAIL=${DEBEMAIL-}" sh /mnt/tree/packaging/dist.sh deb >"$place/made"
grep -E '\.(tar\.gz|deb)$' "$place/made" | sed "s|^/mnt|$place|"
