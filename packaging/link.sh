#!/bin/sh
# Makes what is installed from the static library that cargo built: packaging/link.sh ARCHIVE FOLDER.
#
# FOLDER/libpersonr.a is one object in which every symbol but those of the header is local, so that it links beside
# other libraries in Rust, in any order. FOLDER/libpersonr.so.X.Y.Z is that object, linked with symbol versions: rustc
# passes a version script of its own, and no linker takes two.
#
# CC, LD, AR, OBJCOPY and OBJDUMP are the tools of the machine that the archive is for.
set -eu
archive=$1 folder=$2
cd "$(dirname "$0")/.."
symbols=abi/personr.symbols
version=$(sh packaging/version.sh)
# Whoever breaks the interface takes another one, and another SONAME.
interface=PERSONR_0
soname=libpersonr.so.${version%%.*}

parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT

# On RISC-V, ld keeps what tells how to unwind a function that --gc-sections took out, but not where that function is. Of such a
# table no linker can make an index, and without an index a panic, or another's exception, ends the application. There the
# program that links the archive leaves out what it does not need.
collect=--gc-sections
# 32-bit ARM has tables of another kind (.ARM.exidx), which are their own index.
frames=EH_FRAME
# zig cannot say it when it was told which glibc to link with.
case $(${CC:-cc} -dumpmachine 2>/dev/null) in
riscv*) collect= ;;
arm*) frames='\(EXIDX\|0x70000001\)' ;;
esac
# --force-group-allocation: else groups (COMDAT) stay, whose members could be discarded in favour of another archive's.
# --strip-unneeded: what --gc-sections took out leaves its weak undefined symbols behind as strong ones.
# shellcheck disable=SC2046 # a list of words
${LD:-ld} -r $collect --force-group-allocation $(sed 's/^/-u /' "$symbols") "$archive" -o "$parts/personr.o"
${OBJCOPY:-objcopy} --keep-global-symbols="$symbols" --remove-section=.llvmbc --remove-section=.llvmcmd --strip-unneeded \
    "$parts/personr.o"

{
    echo "$interface {"
    echo "  global:"
    sed 's/.*/    &;/' "$symbols"
    echo "  local: *;"
    echo "};"
} >"$parts/versions"

# Into the folder by a rename: another build may be at it.
mkdir -p "$folder"
library=libpersonr.so.$version
# D: no times and owners, so that the same object gives the same archive.
${AR:-ar} rcsD "$parts/libpersonr.a" "$parts/personr.o"
# nodelete: a handler stays registered with pthread_atfork, and threads may have live thread-locals of ours.
# shellcheck disable=SC2086 # flags are words
link() {
    ${CC:-cc} -shared -o "$parts/$library" "$parts/personr.o" -Wl,-soname,"$soname" \
        -Wl,--version-script="$parts/versions" -Wl,-z,defs,-z,nodelete,-z,relro,-z,now,-z,noexecstack \
        -Wl,--gc-sections -Wl,--as-needed -Wl,-s "$@" ${LDFLAGS-} -lgcc_s -lpthread -ldl -lm
}
# Packed relocations take 100 KiB less, and a loader that knows them (glibc 2.36). It is a need that the linker notes if
# it has such a glibc at hand; without that note an older loader would start the library unrelocated.
if ! { link -Wl,-z,pack-relative-relocs 2>/dev/null && ${OBJDUMP:-objdump} -p "$parts/$library" | grep -q GLIBC_ABI_DT_RELR; }; then
    link
fi
# A linker that cannot make the index says so and goes on. An empty one has 8 bytes.
index=$(${OBJDUMP:-objdump} -p "$parts/$library" | sed -n "/^ *$frames /{ n; s/.*filesz 0x0*\([0-9a-f]*\).*/\1/p; }")
case $index in
'' | [0-9a-f])
    echo "link: $library has no index of its frames (.eh_frame_hdr): a panic would end the application" >&2
    exit 1
    ;;
esac
for file in libpersonr.a "$library"; do
    cp "$parts/$file" "$folder/$file.$$"
    mv -f "$folder/$file.$$" "$folder/$file"
done
