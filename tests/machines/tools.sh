# shellcheck shell=sh disable=SC2034,SC2154
# Sourced inside the root, by what builds and runs for another machine: the tools for a target, in $target. Sets `runner`, which
# runs a program of that machine.

MUSL=x86_64-unknown-linux-musl
PATH=/mnt/bin:$PATH
CARGO_NET_OFFLINE=true
CARGO_BUILD_JOBS=2
host=$(rustc -vV | sed -n 's/^host: //p')
CARGO_TARGET_DIR=/mnt/target-$host
ZIG_GLOBAL_CACHE_DIR=/mnt/zig-cache
export PATH CARGO_NET_OFFLINE CARGO_BUILD_JOBS CARGO_TARGET_DIR ZIG_GLOBAL_CACHE_DIR

# zig as the C compiler of a system: compiler NAME ZIG-TARGET. The crate cc adds what it would tell clang; the target is known
# already.
compiler() {
    mkdir -p /mnt/bin
    cat >"/mnt/bin/$1-cc" <<END
#!/bin/sh
for word; do
    shift
    case \$word in
    --target=* | -arch | arm64 | -m*-version-min=* | -m64) ;;
    *) set -- "\$@" "\$word" ;;
    esac
done
exec /mnt/tools/zig cc -target $2 "\$@"
END
    printf '#!/bin/sh\nexec /mnt/tools/zig ar "$@"\n' >"/mnt/bin/$1-ar"
    # Debian has no standard library for this target, but the source of one.
    printf '#!/bin/sh\nexport RUSTC_BOOTSTRAP=1\nexec cargo -Zbuild-std=std,panic_unwind "$@"\n' >/mnt/bin/cargo-with-std
    chmod +x "/mnt/bin/$1-cc" "/mnt/bin/$1-ar" /mnt/bin/cargo-with-std
    variable=$(echo "$1" | tr - _)
    export "CC_$variable=/mnt/bin/$1-cc" "AR_$variable=/mnt/bin/$1-ar"
}

# The name by which cargo reads a setting of the target from the environment.
setting() {
    echo "CARGO_TARGET_$(echo "$target" | tr 'a-z-' 'A-Z_')_$1"
}

use_zig() {
    compiler "$target" "$1"
    CC=/mnt/bin/$target-cc
    # Debian's binutils are those of this machine, and of this format.
    LD=ld AR=ar OBJCOPY=objcopy OBJDUMP=objdump
    export CC LD AR OBJCOPY OBJDUMP
    export "$(setting LINKER)=$CC" "$(setting RUSTFLAGS)=-Ctarget-feature=-crt-static"
    cargo=/mnt/bin/cargo-with-std
}

use_debian() {
    names=$(echo "$target" | sed 's/^armv7-/arm-/; s/^riscv64gc-/riscv64-/; s/-unknown-/-/')
    CC=$names-gcc
    export CC
    export "$(setting LINKER)=$CC"
    qemu=$(echo "$names" | sed 's/-.*//; s/^powerpc64le$/ppc64le/')
    # One libc for the compiler, the linker and the loader: that of the cross compiler.
    runner="qemu-$qemu -L /usr/$names"
    export "$(setting RUNNER)=$runner"
}

cargo=cargo runner=''
case $target in
*-apple-darwin) use_zig aarch64-macos ;;
*-freebsd) use_zig x86_64-freebsd ;;
# zig has no C library of illumos. Nothing is linked: any that has the headers of C will do.
*-illumos) use_zig x86_64-linux-musl ;;
"$MUSL") use_zig x86_64-linux-musl ;;
"$host")
    CC=cc
    export CC
    ;;
*) use_debian ;;
esac
