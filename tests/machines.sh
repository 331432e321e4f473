#!/bin/sh
# Builds the library for other machines, and tries it there: tests/machines.sh [NAME...], `make check-machines`. The machines, and
# what each of them needs, stand in `tests/machines/list`; those of other processors are emulated by qemu. Without a name all of
# them are tried, and docs/platforms.md is written.
#
# For each: the library is built and installed as by `make install TARGET=...`, the unit tests run, and a program in C is linked to
# the shared and to the static library. It logs in over TLS to a sandbox of this machine, by a call that
# waits and by an operation, panics inside the library, shares a file
# store between two processes, and is handed tokens on two threads. A record that this machine has written is read there, and one
# that was written there is read here. Where `make dist-all` makes an archive and Debian packages, they are unpacked, and logged in
# with.
#
# Compilers, emulators and Rust's standard library come from Debian trixie (tests/trixie.sh), the C compiler for musl from PyPI's
# ziglang. What cannot be had is skipped with a word.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/machines/facts"
place=$(cd "$target/machines" && pwd)
built=$(cd "$target" && pwd)/debug

skip() {
    echo "SKIP $1: $2" | tee -a "$work/skips"
    [ -z "${PERSONR_SKIPS-}" ] || echo "SKIP $1: $2" >>"$PERSONR_SKIPS"
}

in_root() {
    sh tests/in-root.sh "$root" "$place" "$@"
}

# A column of the list, of the machine $name.
column() {
    awk -F '\t' -v name="$name" -v column="$1" '$1 == name { print $column }' tests/machines/list
}

# A value of the line of JSON that the sandbox prints.
field() {
    printf '%s\n' "$line" | sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'
}

# The sandbox ends when its standard input does, that is with this script.
start_sandbox() {
    "${CARGO:-cargo}" build --locked --quiet --workspace
    mkfifo "$work/life" "$work/line"
    "$built/personr-sandbox" --wait-stdin <"$work/life" >"$work/line" &
    exec 3>"$work/life"
    read -r line <"$work/line"
    cp "$(field ca_file)" "$place/$ca"
    # For env, inside the root and outside.
    account="PERSONR_EMAIL=$(field email) PERSONR_BASE_URL=$(field base_url)"
    PERSONR_PASSWORD=$(field password)
    export PERSONR_PASSWORD
}

# there KIND PART: runs the program of the other machine that is linked to the library of this kind.
there() {
    # shellcheck disable=SC2086 # lists of words
    in_root env $account "PERSONR_PASSWORD=$PERSONR_PASSWORD" PERSONR_CA_FILE=/mnt/$ca ${store:+"PERSONR_STORE=file:/mnt/$store"} \
        $runner "/mnt/prefix/$triple/machine-$1" "$2"
}

# here PART: the program of this machine.
here() {
    # shellcheck disable=SC2086 # a list of words
    env $account "PERSONR_CA_FILE=$place/$ca" "PERSONR_STORE=file:$place/$store" "$work/machine" "$1"
}

compile_here() {
    ln -sf "$built/libpersonr.so" "$work/libpersonr.so"
    ln -sf "$built/libpersonr.so" "$work/libpersonr.so.0"
    ${CC:-cc} -std=c11 -Iinclude tests/machines/machine.c -o "$work/machine" -L"$work" -lpersonr -Wl,-rpath,"$work" -pthread
}

# fact COLUMN TEXT
fact() {
    printf '%s\t%s\n' "$1" "$2" >>"$place/facts/$triple"
    echo "$name: $1: $2"
}

fail() {
    echo "$name: $1" >&2
    exit 1
}

# Two programs that start at the same time have one token, and it is the service's live one: the second login would end the first.
share_a_store() {
    store=store-$name
    rm -rf "${place:?}/$store"
    there shared share >"$work/one" &
    one=$!
    there static share >"$work/other"
    wait "$one"
    cmp -s "$work/one" "$work/other" || fail "two processes with one store have two tokens"
    fact processes "one login"
}

# The record goes to and fro.
move_records() {
    store=records-$name
    rm -rf "${place:?}/$store"
    here renew >"$work/one"
    there shared share >"$work/other"
    cmp -s "$work/one" "$work/other" || fail "a record of this machine is not understood there"
    there shared renew >"$work/one"
    here share >"$work/other"
    cmp -s "$work/one" "$work/other" || fail "a record of that machine is not understood here"
    fact records "read both ways"
}

try() {
    triple=$(column 2)
    in_root sh /mnt/tree/tests/machines/build.sh "$triple" || fail "it is not built, or its unit tests fail"
    runner=$(in_root sh -c "cd /mnt/tree && target=$triple && . tests/machines/tools.sh && echo \$runner")
    store=
    for kind in shared static; do
        said=$(there $kind panic) || fail "a panic inside the $kind library ended the program"
        there $kind renew >/dev/null || fail "the $kind library does not log in"
        there $kind operate >/dev/null || fail "the $kind library does not log in by an operation"
    done
    fact login "shared, static; blocking, operation"
    if [ -f "$place/prefix/$triple/machine-packaged" ]; then
        there packaged renew >/dev/null || fail "the library of the Debian package does not log in"
    fi
    fact panic "$said"
    fact threads "$(there shared threads)"
    share_a_store
    move_records
    try_release
    [ -z "$PERSONALITY" ] || run_all_tests
}

# What `make dist-all` makes for this machine, unpacked: a program that is linked to it logs in, and the command runs.
try_release() {
    case $name in
    aarch64 | i686) ;;
    *) return ;;
    esac
    can_release || return 0
    release "$triple"
    in_root sh -euc "cd /mnt/tree && target=$triple && . tests/machines/tools.sh &&
        sh tests/machines/release.sh /mnt/prefix/$triple /mnt/facts/$triple" || fail "no program can be linked to what is released"
    store=
    for kind in archive released; do
        there "$kind" renew >/dev/null || fail "the library of make dist-all ($kind) does not log in"
    done
    # shellcheck disable=SC2086 # a list of words
    in_root $runner "/mnt/prefix/$triple/archive/bin/personr" --version >/dev/null || fail "the command of the archive does not run"
}

# The same, of this machine.
try_release_here() {
    triple=x86_64-unknown-linux-gnu
    [ "$("${RUSTC:-rustc}" -vV | sed -n 's/^host: //p')" = $triple ] && can_release || return 0
    : >"$place/facts/$triple"
    release $triple
    CC=${CC:-cc} sh tests/machines/release.sh "$place/prefix/$triple" "$place/facts/$triple"
    for kind in archive released; do
        # shellcheck disable=SC2086 # a list of words
        env $account "PERSONR_CA_FILE=$place/$ca" "$place/prefix/$triple/machine-$kind" renew >/dev/null ||
            fail "the library of make dist-all ($kind) does not log in"
    done
    "$place/prefix/$triple/archive/bin/personr" --version >/dev/null || fail "the command of the archive does not run"
}

can_release() {
    for program in cargo-zigbuild cargo-cyclonedx python-zig; do
        command -v "$program" >/dev/null || {
            skip "what is released for $name" "$program is not installed"
            return 1
        }
    done
}

# release TARGET: makes its archive and Debian packages, and unpacks them.
release() {
    prefix=$place/prefix/$1
    made=$(sh packaging/dist-all.sh "$1" 2>"$work/log") || { cat "$work/log" >&2 && fail "make dist-all fails"; }
    rm -rf "$prefix/archive" "$prefix/released"
    mkdir -p "$prefix/archive" "$prefix/released"
    while read -r file; do
        case $file in
        *.deb) dpkg-deb --extract "$file" "$prefix/released" ;;
        *) tar -xzf "$file" -C "$prefix/archive" --strip-components 1 ;;
        esac
    done <<END
$made
END
}

# The root of the machine $name, with its packages and with Rust's standard library for it. Says why, if it cannot be had.
prepare() {
    PERSONALITY=
    case $(column 3) in
    *:i386) PERSONALITY=linux32 ;;
    esac
    export PERSONALITY
    # shellcheck disable=SC2046 # a list of words
    root=$(sh tests/debian.sh "$(column 3)" cargo gcc libc6-dev make pkgconf binutils ca-certificates $(column 5) 2>"$work/why") ||
        return 1
    case $(column 4),$name in
    -,*musl) [ -x "$TOOLS/zig" ] || { echo "PyPI's ziglang is not installed" >"$work/why" && return 1; } ;;
    -,*) ;;
    *) sh tests/machines/std.sh "$root" "$(column 4)" "$(column 2)" 2>"$work/why" ;;
    esac
}

# Where the machine's own processor runs it, all tests are run. They start servers and compile programs. What cargo keeps for
# incremental builds would take a quarter of the time to compile the tests.
run_all_tests() {
    in_root env CARGO_TARGET_DIR=/mnt/target-all CARGO_NET_OFFLINE=true CARGO_INCREMENTAL=0 sh -c 'cd /mnt/whole && sh tests/run.sh' >"$place/facts/$triple.all" 2>&1 ||
        { grep -E '^(test .*FAILED|SKIP |error)|panicked at' "$place/facts/$triple.all" >&2 && fail "make test fails"; }
    fact tests "$(tail -n 1 "$place/facts/$triple.all")"
}

# Runs what tries a machine, until it fails, and counts it.
count() {
    set +e
    # `set -e` would not hold in a list of alternatives.
    (set -e && "$@")
    result=$?
    set -e
    if [ "$result" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# What can be compiled for, and not run: no promise.
check_systems() {
    for triple in aarch64-apple-darwin x86_64-unknown-freebsd x86_64-unknown-illumos; do
        in_root sh /mnt/tree/tests/machines/check.sh "$triple" || fail "it does not compile for $triple"
    done
}

# Lays the tree into the folder in which all machines are tried.
stage() {
    status=0
    root=$(sh tests/trixie.sh rust-src 2>"$work/why") || status=$?
    case $status in
    0) ;;
    77) skip "other machines" "$(tail -n 1 "$work/why")" && exit 0 ;;
    *) cat "$work/why" >&2 && exit "$status" ;;
    esac
    # Wrappers of an earlier run.
    rm -rf "${place:?}/bin"
    sh tests/stage.sh "$place" "$(echo "$root"/usr/src/rustc-*/library/Cargo.toml)"
    in_root sh /mnt/tree/tests/machines/trim.sh
    in_root rustc --version | cut -d' ' -f1,2 >"$place/facts/rustc"
}

# All tests of a machine take as long as what is done for all the others: both at the same time. By `timeout`, which passes a
# signal on to all that the run has begun.
begin_beside() {
    PERSONR_STAGED=1 timeout 3600 sh tests/machines.sh "$1" >"$work/beside" 2>&1 &
    beside=$!
}

await_beside() {
    wait "$beside" || :
    beside=
    cat "$work/beside"
    grep '^SKIP' "$work/beside" >>"$work/skips" || :
    line=$(tail -n 1 "$work/beside")
    case $line in
    *" passed, "*" failed"*)
        passed=$((passed + ${line%% *}))
        line=${line#* passed, }
        failed=$((failed + ${line%% *}))
        ;;
    *) failed=$((failed + 1)) ;;
    esac
}

end() {
    [ -z "$beside" ] || kill "$beside" 2>/dev/null
    rm -rf "$work" "${place:?}/$ca"
}

beside='' ca=ca-$$.pem
work=$(mktemp -d)
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
: >"$work/skips"
tools=${XDG_CACHE_HOME:-$HOME/.cache}/libpersonr-tools
PATH=$PATH:$tools/bin
TOOLS=$(echo "$tools"/lib/python3*/site-packages/ziglang)
[ -d "$TOOLS" ] || TOOLS=
export TOOLS
is_all=
[ $# != 0 ] || is_all=1
[ -n "${PERSONR_STAGED-}" ] || stage
if [ -n "$is_all" ]; then
    begin_beside i686
    # shellcheck disable=SC2046 # a list of words
    set -- $(sed '/^#/d; /^i686\t/d; s/\t.*//' tests/machines/list)
fi
start_sandbox
compile_here
passed=0 failed=0
for name; do
    [ -n "$(column 1)" ] || fail "no such machine in tests/machines/list"
    began=$(date +%s)
    if prepare; then
        count try
        echo "$name: $(($(date +%s) - began)) s"
    else
        skip "the machine $name" "$(tail -n 1 "$work/why")"
    fi
done
if [ -n "$is_all" ]; then
    name=x86_64
    count try_release_here
    if name=x86_64-musl && prepare; then
        count check_systems
    else
        skip "macOS, FreeBSD and illumos" "$(tail -n 1 "$work/why")"
    fi
    await_beside
fi
exec 3>&-
[ "$failed" != 0 ] || [ -z "$is_all" ] || sh tests/machines/page.sh "$place/facts" docs/platforms.md
line="$passed passed, $failed failed"
skipped=$(wc -l <"$work/skips")
[ "$skipped" = 0 ] || line="$line, $skipped skipped"
printf '\n%s\n' "$line"
[ "$failed" = 0 ]
