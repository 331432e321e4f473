#!/bin/sh
# Runs inside the root of Debian trixie: makes the archive of `make dist` for a target, unpacks it, and compiles `machine.c` against
# it: tests/machines/archive.sh TARGET. Which glibc it asks for goes into /mnt/facts/TARGET.
set -eu
target=$1
cd /mnt/tree
. tests/machines/tools.sh
prefix=/mnt/prefix/$target
printf '#!/bin/sh\nexec /mnt/tools/zig "$@"\n' >/mnt/bin/python-zig
chmod +x /mnt/bin/python-zig

# target.sh names all tools.
unset CC
TARGET=$target sh packaging/dist.sh
rm -rf "$prefix/archive"
mkdir "$prefix/archive"
tar -xzf "$CARGO_TARGET_DIR/libpersonr-$(sh packaging/version.sh)-linux-${target%%-*}.tar.gz" -C "$prefix/archive" --strip-components 1
library=$prefix/archive/lib/libpersonr.so
names=$(echo "$target" | sed 's/-unknown-/-/')
"$names-gcc" -std=c11 tests/machines/machine.c -pthread -I "$prefix/archive/include" -L "$prefix/archive/lib" -lpersonr \
    "-Wl,-rpath,$prefix/archive/lib" -o "$prefix/machine-archived"
glibc=$("$names-objdump" -T "$library" | sed -n 's/.*(GLIBC_\([0-9.]*\)).*/\1/p' | sort -Vu | tail -n 1)
printf 'archive\tglibc %s\n' "$glibc" >>"/mnt/facts/$target"
echo "$target: archive: glibc $glibc"
