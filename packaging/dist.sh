#!/bin/sh
# Makes target/libpersonr-VERSION-linux-ARCHITECTURE.tar.gz: the library for every Linux from 2012 on (glibc 2.17), the
# command, headers, manual, files for pkg-config and CMake, licences, and the list of what is in it. It may be unpacked
# anywhere. Needs the packages ziglang and cargo-zigbuild of PyPI. FEATURES: cargo features, "redis" unless set. TARGET: for
# another machine (aarch64-unknown-linux-gnu, i686-unknown-linux-gnu). With `deb` as its argument, the Debian packages of this
# very library are made too: for every Debian and Ubuntu from 2013 on.
set -eu
# What is in the archive is for all users, whatever the maker's umask is.
umask 022
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
version=$(sh packaging/version.sh)
glibc=2.17
# Its linker is zig; the tools that take objects apart are those of the machine that the library is for.
. packaging/target.sh
architecture=${triple%%-*}
case $triple in
i686-unknown-linux-gnu) zig_architecture=x86 ;;
x86_64-unknown-linux-gnu | aarch64-unknown-linux-gnu) zig_architecture=$architecture ;;
*)
    echo "dist: no archive is made for $triple" >&2
    exit 1
    ;;
esac
name=libpersonr-$version-linux-$architecture

# Before anything is built.
missing() {
    echo "dist: $1 is not installed: $2" >&2
    exit 1
}
for program in cargo-zigbuild python-zig; do
    command -v "$program" >/dev/null || missing "$program" "pip install ziglang cargo-zigbuild"
done
"${CARGO:-cargo}" cyclonedx --version >/dev/null 2>&1 || missing cargo-cyclonedx "cargo install cargo-cyclonedx --locked"
[ -d "$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/$triple/lib" ] ||
    missing "Rust's standard library for $triple" "rustup target add $triple"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#!/bin/sh\nexec python-zig cc -target %s-linux-gnu.%s "$@"\n' "$zig_architecture" "$glibc" >"$work/cc"
# Else cargo-zigbuild asks the first python3 that there is for zig.
printf '#!/bin/sh\nexec python-zig "$@"\n' >"$work/zig"
chmod +x "$work/cc" "$work/zig"
CARGO_ZIGBUILD_ZIG_PATH=$work/zig
export CARGO_ZIGBUILD_ZIG_PATH

# A folder of its own: this is another build of the same names.
out=$target
CARGO_TARGET_DIR=$target/dist
export CARGO_TARGET_DIR
package=$CARGO_TARGET_DIR/${TARGET:+$TARGET/}package
(
    # cargo-zigbuild names its own compiler.
    unset CC TARGET_CC
    . packaging/flags.sh
    [ -f Cargo.lock ] || sh packaging/lock.sh restore
    # The static library alone, as in build.sh.
    cargo-zigbuild rustc --locked --release --lib --crate-type staticlib --features "${FEATURES:-redis}" \
        --target "$triple.$glibc"
)
sh packaging/man.sh "$package/man" --locked
CC=$work/cc sh packaging/link.sh "$CARGO_TARGET_DIR/$triple/release/libpersonr.a" "$package"
# With the library inside: it runs wherever the archive is unpacked.
CC=$work/cc sh packaging/command.sh "$package/libpersonr.a" "$package"

DESTDIR=$work PREFIX=/$name PC_PREFIX='${pcfiledir}/../..' sh packaging/install.sh install
sh packaging/sbom.sh "$work/$name/share/doc/libpersonr/personr.cdx.json"
install -m 644 README.md CHANGELOG.md SECURITY.md "$work/$name/share/doc/libpersonr"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" -C "$work" -cf - "$name" |
    gzip -9n >"$out/$name.tar.gz"
echo "$out/$name.tar.gz"
[ "${1-}" != deb ] || CC=$work/cc sh packaging/deb.sh built
