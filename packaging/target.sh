# shellcheck shell=sh disable=SC2034
# Sourced by what builds and packages: for which machine that is. TARGET is a name of rustc's, such as
# aarch64-unknown-linux-gnu; without it, it is this machine. The tools of another machine are named as Debian and others name
# them (aarch64-linux-gnu-gcc), unless CC, LD, AR, OBJCOPY and OBJDUMP say otherwise. Sets `triple`; and for cargo `for_target`, a
# list of words, and `built`, the folder of a release build in its target directory.

if [ -z "${TARGET-}" ]; then
    triple=$("${RUSTC:-rustc}" -vV | sed -n 's/^host: //p')
    for_target='' built=release
else
    triple=$TARGET
    for_target="--target $TARGET" built=$TARGET/release
    tools=$(echo "$TARGET" | sed 's/^armv7-/arm-/; s/^riscv64gc-/riscv64-/; s/-unknown-/-/')
    : "${CC:=$tools-gcc}" "${LD:=$tools-ld}" "${AR:=$tools-ar}" "${OBJCOPY:=$tools-objcopy}" "${OBJDUMP:=$tools-objdump}"
    # For the crate cc; CC itself would be asked for what runs here, too.
    TARGET_CC=$CC
    HOST_CC=${HOST_CC:-cc}
    export CC LD AR OBJCOPY OBJDUMP TARGET_CC HOST_CC
fi
