# shellcheck shell=sh
# Sourced before a release build, after target.sh: no path of this machine gets into the library. Others' flags stay.

# Cargo takes flags that may hold spaces from this variable, separated by this byte, and then looks at no other.
separator=$(printf '\037')
flags=${CARGO_ENCODED_RUSTFLAGS-$(printf %s "${RUSTFLAGS-}" | tr -s ' ' "$separator")}
remap() {
    flags="$flags${flags:+$separator}--remap-path-prefix=$1=$2"
    # ring is partly C, with debug information. The quotes are for the crate cc, which takes flags apart as a shell does.
    # shellcheck disable=SC2089
    CFLAGS="${CFLAGS-} '-ffile-prefix-map=$1=$2'"
}
remap "$(pwd -P)" personr
remap "${CARGO_HOME:-$HOME/.cargo}/registry/src" crates
# For musl, rustc links all programs statically unless it is told otherwise. The library may be linked either way.
# shellcheck disable=SC2154
case $triple in
*-musl*) flags="$flags${flags:+$separator}-Ctarget-feature=-crt-static" ;;
esac
CARGO_ENCODED_RUSTFLAGS=$flags
CC_SHELL_ESCAPED_FLAGS=1
# shellcheck disable=SC2090
export CARGO_ENCODED_RUSTFLAGS CFLAGS CC_SHELL_ESCAPED_FLAGS
