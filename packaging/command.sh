#!/bin/sh
# Compiles the command personr: packaging/command.sh LIBRARY FOLDER. It stands on the public interface alone. Linked to the
# shared library it asks the loader for that, and has no path of its own to it; with the static one it needs none.
set -eu
library=$1 folder=$2
cd "$(dirname "$0")/.."

# _GNU_SOURCE and its like would let in what POSIX does not have.
# shellcheck disable=SC2086 # flags are words
compile() {
    ${CC:-cc} -std=c99 -D_POSIX_C_SOURCE=200809L -O2 -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Iinclude \
        -o "$folder/personr.$$" cli/*.c "$library" -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,-s \
        ${LDFLAGS-} "$@"
}
case $library in
*.a) compile -lgcc_s -lpthread -ldl -lm ;;
*) compile ;;
esac
mv -f "$folder/personr.$$" "$folder/personr"
