#!/bin/sh
# Runs the tests of the packages for other languages: bindings/run.sh [NAME...], `make test-languages`. Without a name it
# runs all that it finds. README.md says what a package's test.sh is given, and what it answers.
#
# PERSONR_PREFIX and PERSONR_SANDBOX, if they are set, name an installed library and a sandbox to test with; else both are
# built. PERSONR_SECONDS (900) is how long one package may take.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/counted.sh

# What even our own machines may lack. On others, whatever is missing is skipped.
may_lack=swift
seconds=${PERSONR_SECONDS:-900}

running=
end() {
    # By `timeout`, which passes it on to all that the test has begun.
    [ -z "$running" ] || kill "$running" 2>/dev/null
    rm -rf "$folder"
}
trap end EXIT

die() {
    echo "languages: $*" >&2
    exit 1
}

target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/languages" || die "no folder to build in"
languages=$(cd "$target/languages" && pwd)

install_library() {
    PERSONR_PREFIX=$languages/prefix
    # Those of a `make` that runs this: not for another folder, and not for another machine.
    unset DESTDIR LIBDIR INCLUDEDIR BINDIR MANDIR DOCDIR TARGET
    sh packaging/install.sh is-current || sh packaging/build.sh || die "the library cannot be built"
    PREFIX=$PERSONR_PREFIX sh packaging/install.sh install || die "the library cannot be installed"
}

build_sandbox() {
    [ -f Cargo.lock ] || sh packaging/lock.sh restore || die "there is no Cargo.lock"
    "${CARGO:-cargo}" build --locked --quiet --package personr-sandbox || die "the sandbox cannot be built"
    PERSONR_SANDBOX=$(cd "$target/debug" && pwd)/personr-sandbox
}

prepare() {
    [ -n "${PERSONR_PREFIX-}" ] || install_library
    [ -n "${PERSONR_SANDBOX-}" ] || build_sandbox
    PKG_CONFIG_PATH=$PERSONR_PREFIX/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    LD_LIBRARY_PATH=$PERSONR_PREFIX/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export PERSONR_PREFIX PERSONR_SANDBOX PKG_CONFIG_PATH LD_LIBRARY_PATH
    # The way to the sandbox needs no proxy.
    unset HTTPS_PROXY https_proxy ALL_PROXY all_proxy
}

# Runs the tests of a package, and shows what they say while they say it. Its exit status is theirs, or that of `timeout`:
# 124, or 137 if they had to be killed.
run_package() {
    PERSONR_WORK=$languages/work/$1
    export PERSONR_WORK
    rm -rf "$PERSONR_WORK"
    mkdir -p "$PERSONR_WORK" || die "$PERSONR_WORK cannot be made"
    : >"$folder/output"
    timeout -k 10 "$seconds" sh "bindings/$1/test.sh" </dev/null >"$folder/output" 2>&1 &
    running=$!
    # Not by a pipe to tee: what a test leaves behind would hold it open.
    tail -s 0.1 -n +1 -f --pid="$running" "$folder/output" &
    shown=$!
    wait "$running"
    result=$?
    running=
    wait "$shown"
    return "$result"
}

# "PASSED FAILED SKIPPED", of the last line that counts.
counts() {
    awk '/^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { passed = $1; failed = $3; skipped = $5 }
         END { print passed + 0, failed + 0, skipped + 0 }' "$folder/output"
}

# one_failure NAME WHY: what the tests did not count themselves.
one_failure() {
    complain "$1: $2; that counts as one failure"
    failed=$((failed + 1))
}

# count NAME STATUS: adds up what the package's tests have counted.
count() {
    read -r its_passed its_failed its_skipped <<END
$(counts)
END
    passed=$((passed + its_passed)) failed=$((failed + its_failed))
    [ "$its_failed" = 0 ] || complain "$1: $its_failed failed, see above"
    case $2 in
    0) [ "$its_passed" != 0 ] || one_failure "$1" "it succeeded, but counts no test that passed" ;;
    124 | 137) one_failure "$1" "it did not end within $seconds seconds" ;;
    *) [ "$its_failed" != 0 ] || one_failure "$1" "it failed with exit status $2, and counts no failure" ;;
    esac
    sed -n '/^SKIP /p' "$folder/output" >>"$folder/ignored"
    named=$(grep -c '^SKIP ' "$folder/output")
    [ "$its_skipped" = "$named" ] || one_failure "$1" "it skipped $its_skipped, and names $named"
}

# skip NAME: all of the package, for the reason that it said last.
skip() {
    reason=$(tail -n 1 "$folder/output")
    case "${CI-}: $may_lack " in
    true:*" $1 "*) ;;
    true:*)
        one_failure "$1" "here it may not be skipped ($reason)"
        return
        ;;
    esac
    echo "SKIP $1: $reason" >>"$folder/ignored"
}

[ $# != 0 ] || {
    for test in bindings/*/test.sh; do
        [ ! -f "$test" ] || set -- "$@" "$(basename "$(dirname "$test")")"
    done
}
for name; do
    [ -f "bindings/$name/test.sh" ] || die "there is no bindings/$name/test.sh"
done
prepare
for name; do
    printf '\n%s:\n' "$name"
    began=$(date +%s)
    run_package "$name"
    result=$?
    echo "$name: $(($(date +%s) - began)) s"
    if [ "$result" = 77 ]; then skip "$name"; else count "$name" "$result"; fi
done
close
