#!/bin/sh
# Installs what `make build` has made, or removes exactly that: packaging/install.sh install|uninstall. With is-current it
# says by its exit status whether that was made from these sources, and with the cargo features FEATURES, if any are named.
# PREFIX (/usr/local), BINDIR (PREFIX/bin), LIBDIR (PREFIX/lib), INCLUDEDIR (PREFIX/include), MANDIR (PREFIX/share/man),
# DOCDIR (PREFIX/share/doc/libpersonr); DESTDIR is put before them for a package, and is no part of what is written into the
# files. PC_PREFIX is the prefix that personr.pc names instead: '${pcfiledir}/../..' for a folder that may be moved. TARGET:
# what `make build TARGET=...` has made for another machine.
set -eu
# What is installed is for all users, whatever the caller's umask is.
umask 022
cd "$(dirname "$0")/.."
action=$1
package=${CARGO_TARGET_DIR:-target}/${TARGET:+$TARGET/}package
prefix=${PREFIX:-/usr/local}
bindir=${BINDIR:-$prefix/bin}
libdir=${LIBDIR:-$prefix/lib}
includedir=${INCLUDEDIR:-$prefix/include}
mandir=${MANDIR:-$prefix/share/man}
docdir=${DOCDIR:-$prefix/share/doc/libpersonr}
version=$(sh packaging/version.sh)
major=${version%%.*}
interface=$major
[ "$major" != 0 ] || interface=${version%.*}

case $prefix$bindir$libdir$includedir$mandir in
*[[:space:]\"\'\`\$\\\#]*)
    echo "install: a prefix with spaces, quotes or one of \\ \$ # cannot stand in a .pc file" >&2
    exit 1
    ;;
esac
library=$package/libpersonr.so.$version
[ "$action" = uninstall ] || [ -f "$library" ] || exit 1
if [ "$action" = is-current ]; then
    [ -z "$(find src abi include cli packaging tools/src tools/Cargo.toml Cargo.toml build.rs -newer "$library")" ] || exit 1
    [ -z "${FEATURES-}" ] || [ "$FEATURES" = "$(cat "$package/features")" ]
    exit
fi

# Over a link to a folder too, instead of into that folder.
rename() {
    mv -fT "$1" "$2"
}

# place MODE FILE FOLDER [NAME]: the same calls install and uninstall.
place() {
    to=${DESTDIR-}$3/${4:-${2##*/}}
    if [ "$action" = install ]; then
        mkdir -p "${DESTDIR-}$3"
        # A new file and then a rename: a running program goes on with the old one.
        install -T -m "$1" "$2" "$to.new"
        rename "$to.new" "$to"
    else
        rm -f "$to"
    fi
}

link() {
    to=${DESTDIR-}$2/$3
    if [ "$action" = install ]; then
        ln -sfT "$1" "$to.new"
        rename "$to.new" "$to"
    else
        rm -f "$to"
    fi
}

# What is below the prefix is said relative to it, so that a moved prefix needs one line changed.
below_prefix() {
    # shellcheck disable=SC2016 # ${prefix} is for the .pc file
    case $1 in
    "$prefix"/*) printf '${prefix}%s' "${1#"$prefix"}" ;;
    *) printf %s "$1" ;;
    esac
}

# Text for the right side of an s command of sed, between bars.
literal() {
    printf %s "$1" | sed 's/[&|\\]/\\&/g'
}

# Of the machine that the library is for: the fifth byte of an ELF file is 1 for 32 bits, and 2 for 64.
pointer_bytes() {
    case $(od -A n -t u1 -j 4 -N 1 "$library") in
    *1) echo 4 ;;
    *) echo 8 ;;
    esac
}

filled() {
    sed -e "s|@VERSION@|$version|; s|@MAJOR@|$major|; s|@INTERFACE@|$interface|; s|@POINTER_BYTES@|$pointer_bytes|" \
        -e "s|@PREFIX@|$(literal "${PC_PREFIX:-$prefix}")|" \
        -e "s|@PC_LIBDIR@|$(literal "$(below_prefix "$libdir")")|" \
        -e "s|@PC_INCLUDEDIR@|$(literal "$(below_prefix "$includedir")")|" \
        -e "s|@CMAKE_INCLUDEDIR@|$(literal "$(realpath -m --relative-to="$libdir" "$includedir")")|" \
        "packaging/$1.in" >"$work/$1"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pointer_bytes=$([ "$action" = uninstall ] || pointer_bytes)
for file in personr.pc personr-config.cmake personr-config-version.cmake; do
    filled "$file"
done

place 644 "$library" "$libdir"
link "libpersonr.so.$version" "$libdir" "libpersonr.so.$major"
link "libpersonr.so.$major" "$libdir" libpersonr.so
place 644 "$package/libpersonr.a" "$libdir"
place 644 include/personr.h "$includedir"
place 644 include/personr.hpp "$includedir"
place 644 include/personr.ffi.h "$includedir"
# In a folder of its own: beside the headers it would speak for all of /usr/include.
place 644 include/personr/module.modulemap "$includedir/personr"
place 644 "$work/personr.pc" "$libdir/pkgconfig"
place 644 "$work/personr-config.cmake" "$libdir/cmake/personr"
place 644 "$work/personr-config-version.cmake" "$libdir/cmake/personr"
place 755 "$package/personr" "$bindir"
place 644 cli/personr.1 "$mandir/man1"
# Where both shells look, if the prefix is one of theirs.
place 644 cli/completions/personr.bash "$prefix/share/bash-completion/completions" personr
place 644 cli/completions/_personr "$prefix/share/zsh/site-functions"
# By the names of the functions, so that what is installed can be removed when the pages that were built are gone.
while read -r page; do
    place 644 "$package/man/$page.3" "$mandir/man3"
done <<END
libpersonr
$(cat abi/personr.symbols)
END
# The licences and notices of all that is in the library go where it goes.
for file in LICENSE-MIT LICENSE-APACHE THIRD-PARTY.md; do
    place 644 "$file" "$docdir"
done

if [ "$action" = uninstall ]; then
    # Ours alone; the others may have been there before.
    rmdir "${DESTDIR-}$libdir/cmake/personr" "${DESTDIR-}$includedir/personr" "${DESTDIR-}$docdir" 2>/dev/null || :
elif [ -z "${DESTDIR-}" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then
    ldconfig
fi
