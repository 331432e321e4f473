#!/bin/sh
# Compiles everything with the oldest Rust that Cargo.toml promises (`rust-version`), and runs the unit tests: `make msrv`, a
# step of `make check`.
#
# That Rust is the one of Debian trixie. It runs in a root of its own, target/msrv/root, which debootstrap makes from the mirror
# that apt uses here, once: it takes a minute and a gigabyte. The crates are those of the list of versions, copied into that root:
# nothing in it needs a network. Where this cannot be had, it is skipped with a word.
set -eu
cd "$(dirname "$0")/.."
suite=trixie

skip() {
    echo "SKIP the oldest Rust: $1"
    [ -z "${PERSONR_SKIPS-}" ] || echo "SKIP the oldest Rust: $1" >>"$PERSONR_SKIPS"
    exit 0
}

if ! command -v debootstrap >/dev/null; then
    reason="debootstrap is not installed (Debian: debootstrap)"
    [ "${CI-}" != true ] || { echo "the oldest Rust: $reason" >&2 && exit 1; }
    skip "$reason"
fi
[ "$(id -u)" = 0 ] || skip "it takes root"
unshare --mount true 2>/dev/null || skip "nothing can be mounted here"

mkdir -p "${CARGO_TARGET_DIR:-target}/msrv"
place=$(cd "${CARGO_TARGET_DIR:-target}/msrv" && pwd)
root=$place/root

# The first of apt's addresses that is a whole archive.
mirror() {
    # shellcheck disable=SC2016 # $(REPO_URI) is apt's
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1
}

if [ ! -f "$place/root-is-whole" ]; then
    rm -rf "$root"
    from=$(mirror 2>/dev/null) || from=
    [ -n "$from" ] || skip "apt names no mirror"
    echo "Debian $suite from $from"
    if ! debootstrap --variant=minbase --include=cargo,gcc,libc6-dev "$suite" "$root" "$from" >"$place/debootstrap.log" 2>&1; then
        tail -n 5 "$place/debootstrap.log"
        skip "$suite cannot be had from $from"
    fi
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/doc "$root"/usr/share/man
    : >"$place/root-is-whole"
fi

promised=$(sed -n '0,/^rust-version = /s/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
had=$(chroot "$root" rustc --version | cut -d' ' -f2)
case $had in
"$promised" | "$promised".*) ;;
*) skip "$suite has Rust $had, and Cargo.toml promises $promised" ;;
esac

[ -f Cargo.lock ] || sh packaging/lock.sh restore
work=$root/work
rm -rf "$work/tree"
mkdir -p "$work/tree" "$work/home"
if ! "${CARGO:-cargo}" vendor --locked --versioned-dirs "$place/vendor" >"$place/vendor.toml" 2>"$place/vendor.log"; then
    tail -n 5 "$place/vendor.log" >&2
    exit 1
fi
sed 's|^directory = .*|directory = "/vendor"|' "$place/vendor.toml" >"$work/home/config.toml"
{ git ls-files --cached --others --exclude-standard 2>/dev/null || find . -path ./target -prune -o -type f -print; } |
    tar -cf - -T - Cargo.lock | tar -xf - -C "$work/tree"

# In a namespace of its own, whose mounts end with it. A hundred thousand histories of the session, on which no compiler has a
# say, would take half of the time.
# shellcheck disable=SC2016 # for the shell in it
ROOT=$root VENDOR=$place/vendor unshare --mount sh -euc '
    mkdir -p "$ROOT/vendor"
    mount --bind "$VENDOR" "$ROOT/vendor"
    mount -t proc proc "$ROOT/proc"
    mount --rbind /dev "$ROOT/dev"
    exec chroot "$ROOT" env -i PATH=/usr/bin:/bin HOME=/root CARGO_HOME=/work/home CARGO_TARGET_DIR=/work/target sh -euc "
        cd /work/tree
        rustc --version
        cargo check --locked --offline --quiet --workspace --all-targets --features personr/redis
        cargo test --locked --offline --quiet --lib --features redis -- --skip a_hundred_thousand_histories
    "
'
