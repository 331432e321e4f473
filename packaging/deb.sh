#!/bin/sh
# Makes the Debian packages libpersonr0 (the shared library), libpersonr-dev (what developers need) and personr (the command)
# in target/deb: `make deb`.
# FEATURES: cargo features, "redis" unless set: a packaged library is for all. DEBFULLNAME, DEBEMAIL: the maintainer. TARGET: for
# another machine. With `built` as its argument, the library is what is built already, and CC compiles the command.
set -eu
# What is in a package is for all users, whatever the maker's umask is.
umask 022
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
version=$(sh packaging/version.sh)
major=${version%%.*}
# Of the packages themselves.
revision=1
maintainer="${DEBFULLNAME:-The libpersonr maintainers} <${DEBEMAIL:-root@localhost}>"
. packaging/target.sh
case $triple in
x86_64-*-gnu) architecture=amd64 multiarch=x86_64-linux-gnu ;;
i?86-*-gnu) architecture=i386 multiarch=i386-linux-gnu ;;
aarch64-*-gnu) architecture=arm64 multiarch=aarch64-linux-gnu ;;
armv7-*-gnueabihf) architecture=armhf multiarch=arm-linux-gnueabihf ;;
powerpc64le-*-gnu) architecture=ppc64el multiarch=powerpc64le-linux-gnu ;;
riscv64*-gnu) architecture=riscv64 multiarch=riscv64-linux-gnu ;;
s390x-*-gnu) architecture=s390x multiarch=s390x-linux-gnu ;;
*)
    echo "deb: Debian has no architecture for $triple that the library is tested on" >&2
    exit 1
    ;;
esac
libdir=/usr/lib/$multiarch
deb=$target/${TARGET:+$TARGET/}deb

if [ "${1-}" = built ]; then
    package=$target/${TARGET:+$TARGET/}package
    sh packaging/command.sh "$package/libpersonr.so.$version" "$package"
else
    FEATURES=${FEATURES:-redis} sh packaging/build.sh
fi
rm -rf "$deb"
mkdir -p "$deb"
dev=$deb/libpersonr-dev runtime=$deb/libpersonr$major command=$deb/personr
DESTDIR=$dev PREFIX=/usr LIBDIR=$libdir sh packaging/install.sh install
mkdir -p "$runtime$libdir"
mv "$dev$libdir/libpersonr.so.$version" "$dev$libdir/libpersonr.so.$major" "$runtime$libdir"
mkdir -p "$command/usr/share/man" "$command/usr/share/zsh"
mv "$dev/usr/bin" "$command/usr"
mv "$dev/usr/share/man/man1" "$command/usr/share/man"
mv "$dev/usr/share/bash-completion" "$command/usr/share"
# Debian keeps site-functions for the administrator.
mv "$dev/usr/share/zsh/site-functions" "$command/usr/share/zsh/vendor-completions"
rmdir "$dev/usr/share/zsh"
gzip -9n "$dev"/usr/share/man/man3/* "$command"/usr/share/man/man1/*
# Debian has them in the file "copyright" of each package.
rm -r "$dev/usr/share/doc/libpersonr"

# libc_of FILE: the newest symbol version of libc that it asks for is the oldest libc that has it. Packed relocations are
# asked for by a name without a number.
libc_of() {
    ${OBJDUMP:-objdump} -p "$1" | sed -n 's/GLIBC_ABI_DT_RELR/GLIBC_2.36/; s/.* GLIBC_\([0-9.]*\)$/\1/p' | sort -Vu | tail -1
}

# Lines of a paragraph of the file "copyright".
indented() {
    sed 's/[[:space:]]*$//; s/^$/./; s/^/ /' "$1"
}

# package FOLDER SECTION MULTI-ARCH DEPENDS SUMMARY DESCRIPTION
package() {
    name=${1##*/}
    documents=$1/usr/share/doc/$name
    mkdir -p "$documents" "$1/DEBIAN"
    {
        echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
        echo "Upstream-Name: libpersonr"
        echo "Comment: What others wrote is linked in; their licences and notices:"
        echo " ."
        indented THIRD-PARTY.md
        printf '\nFiles: *\nCopyright: the libpersonr authors\nLicense: MIT or Apache-2.0\n'
        echo " The MIT licence:"
        indented LICENSE-MIT
        echo " ."
        echo " The Apache licence 2.0 is in /usr/share/common-licenses/Apache-2.0."
    } >"$documents/copyright"
    gzip -9nc CHANGELOG.md >"$documents/changelog.gz"
    {
        printf 'libpersonr (%s-%s) unstable; urgency=medium\n\n  * See changelog.gz.\n\n' "$version" "$revision"
        echo " -- $maintainer  $(date -u -R -d "@${SOURCE_DATE_EPOCH:-0}")"
    } | gzip -9n >"$documents/changelog.Debian.gz"
    {
        echo "Package: $name"
        echo "Source: libpersonr"
        echo "Version: $version-$revision"
        echo "Architecture: $architecture"
        echo "Multi-Arch: $3"
        echo "Section: $2"
        echo "Priority: optional"
        echo "Maintainer: $maintainer"
        echo "Installed-Size: $(du -sk --apparent-size "$1/usr" | cut -f1)"
        echo "Depends: $4"
        echo "Description: $5"
        echo "$6" | fold -s -w 70 | sed 's/^/ /; s/ *$//'
    } >"$1/DEBIAN/control"
    (cd "$1" && find usr -type f -exec md5sum {} + | sort -k2 >DEBIAN/md5sums)
    find "$1" -type d -exec chmod 755 {} +
    # Ubuntu's dpkg would take zstd, which an older dpkg does not read.
    dpkg-deb -Zxz --root-owner-group --build "$1" "$deb" >/dev/null
    rm -rf "$1"
}

mkdir -p "$runtime/DEBIAN"
echo "libpersonr $major libpersonr$major (>= $version)" >"$runtime/DEBIAN/shlibs"
echo "activate-noawait ldconfig" >"$runtime/DEBIAN/triggers"
# Before 2020 libgcc-s1 was called libgcc1.
package "$runtime" libs same "libc6 (>= $(libc_of "$runtime$libdir/libpersonr.so.$version")), libgcc-s1 | libgcc1" \
    "logs in to Personr's API and keeps the token usable" \
    "The shared library: one live token for every thread, process and machine of a user."
package "$command" utils foreign \
    "libc6 (>= $(libc_of "$command/usr/bin/personr")), libpersonr$major (>= $version-$revision)" \
    "logs in to Personr's API and sends requests, from the shell" \
    "The command personr, for scripts and cron: it keeps one live token for all programs of a user."
package "$dev" libdevel same "libpersonr$major (= $version-$revision), libc6-dev" "logs in to Personr's API: development files" \
    "Headers for C and C++, a module map for Swift, declarations for the FFIs of other languages, the static library, and files for pkg-config and CMake."
ls "$deb"/*.deb
