#!/bin/sh
# Tests the Swift package: with the Swift that is installed, else with Debian trixie's, in a root of its own. bindings/README.md
# says what it is given and what it answers.
#
# The tests run as a release build, since it is the optimizer that releases objects early, and with warnings as errors; then as a
# debug build under the address sanitizer.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

fits() {
    version=$("$1" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 6 ]
}

# Runs a command where Swift is: its folders are named by variables.
natively() {
    source=$here prefix=$PERSONR_PREFIX sandbox=$PERSONR_SANDBOX work=$PERSONR_WORK sh -euc "$1"
}

# The root sees the work folder alone, and so copies of the others in it.
stage() {
    cp -R "$here" "$PERSONR_WORK/source"
    cp -R "$PERSONR_PREFIX" "$PERSONR_WORK/prefix"
    cp "$PERSONR_SANDBOX" "$PERSONR_WORK/sandbox"
}

in_root() {
    sh "$here/../../tests/in-root.sh" "$root" "$PERSONR_WORK" LC_ALL=C.UTF-8 source=/mnt/source prefix=/mnt/prefix \
        sandbox=/mnt/sandbox work=/mnt sh -euc "$1"
}

if fits swift; then
    run=natively
else
    run=in_root
    # To make it takes twelve minutes, once. The time for all tests of the package is limited as well.
    root=$(timeout -k 10 "${PERSONR_ROOT_SECONDS:-600}" sh "$here/../../tests/trixie.sh" swiftlang 2>"$PERSONR_WORK/root") || {
        case $? in
        77) ;;
        124 | 137) echo "it takes too long" >>"$PERSONR_WORK/root" ;;
        *) cat "$PERSONR_WORK/root" && exit 1 ;;
        esac
        echo "Swift 6 is not installed, and the root for Debian's cannot be had: $(tail -n 1 "$PERSONR_WORK/root")"
        exit 77
    }
    stage
fi

# What every command needs: the library where it stands there, and no folder outside of `work`.
# shellcheck disable=SC2016 # for the shell that runs it
begin='
    mkdir -p "$work/pkgconfig" "$work/home"
    sed "s|^prefix=.*|prefix=$prefix|" "$prefix/lib/pkgconfig/personr.pc" >"$work/pkgconfig/personr.pc"
    export HOME="$work/home" PKG_CONFIG_PATH="$work/pkgconfig" LD_LIBRARY_PATH="$prefix/lib" PERSONR_SANDBOX="$sandbox"
    cd "$source"
    # swift_build SCRATCH OPTION...
    swift_build() {
        scratch=$work/$1
        shift
        timeout -k 10 600 swift build --disable-sandbox --scratch-path "$scratch" --cache-path "$work/cache" -j 2 "$@" 2>&1
    }
    # run_tests FOLDER: not by `swift test`, whose tests would go on after a timeout. By lines, so that what hangs is named.
    run_tests() {
        timeout -k 10 300 stdbuf -oL "$1/personrPackageTests.xctest" --testing-library swift-testing --no-parallel 2>&1
    }
'

passed=0 failed=0

# check NAME COMMAND...: one test of this script.
check() {
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
    fi
}

# Each function of the header is called by the package, but for those that block, and two whose work others do.
every_function_is_called() {
    set -- personr_auth_login personr_auth_token personr_auth_authorization personr_request_send personr_operation_wait \
        personr_json_string personr_error_status
    printf '%s\n' "$@" >"$PERSONR_WORK/not-called"
    sed -n 's/.*\b\(personr_[a-z0-9_]*\)(.*/\1/p' "$PERSONR_PREFIX/include/personr.ffi.h" | sort -u |
        grep -vxF -f "$PERSONR_WORK/not-called" >"$PERSONR_WORK/functions"
    cat "$here"/Sources/Personr/*.swift | grep -ow 'personr_[a-z0-9_]*' | sort -u >"$PERSONR_WORK/called"
    missing=$(grep -vxF -f "$PERSONR_WORK/called" "$PERSONR_WORK/functions" | tr '\n' ' ')
    [ -z "$missing" ] || echo "not called: $missing"
    [ -s "$PERSONR_WORK/functions" ] && [ -z "$missing" ]
}

# By the swift-format that comes with Swift, of one version: others want other things.
is_formatted() {
    [ "$run" = in_root ] || return 0
    # shellcheck disable=SC2016 # for the shell that runs it
    $run "$begin"'swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples'
}

builds() {
    # shellcheck disable=SC2016 # for the shell that runs it
    $run "$begin"'
        swift_build build -c release --build-tests -Xswiftc -warnings-as-errors -Xswiftc -enable-testing >"$work/built" ||
            { grep -A 3 error: "$work/built" || cat "$work/built"; exit 1; }
    '
}

# The README's blocks as a package that a user has beside the library: the first program whole, the others as functions.
extract_readme() {
    rm -rf "$PERSONR_WORK/user"
    mkdir -p "$PERSONR_WORK/user/Sources/first"
    awk -v folder="$PERSONR_WORK/user" '
        BEGIN {
            rest = folder "/Sources/first/Rest.swift"
            print "import Foundation\nimport Personr\nimport PersonrFoundation\n" >rest
            print "#if canImport(FoundationNetworking)\n    import FoundationNetworking\n#endif\n" >rest
            print "let (email, password) = (\"\", \"\")" >rest
            print "func passwordFromVault(for email: String) async throws -> String { email }" >rest
        }
        /^```$/ && out == rest { print "}" >rest }
        /^```$/ { out = "" }
        out != "" && !(out == rest && /^import /) { print >out }
        $0 == "```swift package" { out = folder "/Package.swift" }
        $0 == "```swift program" { out = folder "/Sources/first/main.swift" }
        $0 == "```swift" { out = rest; print "func block" ++blocks "(auth: Auth, id: String) async throws {" >rest }
        END { exit blocks < 5 }
    ' "$here/README.md"
}

the_readme_is_true() {
    extract_readme || return 1
    # shellcheck disable=SC2016 # for the shell that runs it
    $run "$begin"'
        sed -i "s|../libpersonr/bindings/swift|$source|" "$work/user/Package.swift"
        cd "$work/user"
        swift_build user/build >"$work/user/built" ||
            { grep -A 3 error: "$work/user/built" || cat "$work/user/built"; exit 1; }
        # No login leaves the machine.
        said=$(HTTPS_PROXY=http://127.0.0.1:1 PERSONR_EMAIL=a@b.c PERSONR_PASSWORD=p timeout 60 build/debug/first) || :
        echo "$said" | grep -q "^PERSONR_"
    '
}

check "every function of the header is called" every_function_is_called
check "the package builds without a warning" builds
check "the package is formatted" is_formatted
check "the code of README.md compiles" the_readme_is_true

# shellcheck disable=SC2016 # for the shell that runs it
$run "$begin"'run_tests "$work/build/release" || echo "ended with $?"' >"$PERSONR_WORK/tested" || :
grep -a -E '^(✘|↳|FIGURE|ended with|.*error:)' "$PERSONR_WORK/tested" || :
its_passed=$(grep -a -c '^✔ Test [a-zA-Z0-9]*(' "$PERSONR_WORK/tested" || :)
its_failed=$(grep -a -c '^✘ Test [a-zA-Z0-9]*(.* failed after' "$PERSONR_WORK/tested" || :)
passed=$((passed + its_passed)) failed=$((failed + its_failed))

# What hangs is named: with --no-parallel it is the last one that was started.
all_came_to_their_end() {
    grep -a -q '^. Test run with .* tests passed' "$PERSONR_WORK/tested" && return
    grep -a '^◇ Test .* started' "$PERSONR_WORK/tested" | tail -n 1
    false
}
check "all tests came to their end" all_came_to_their_end

# The same tests once more, in a debug build that watches memory: what is used after its end, and what leaks. (Not the thread
# sanitizer: it crashes on threads that the library starts, which do not know it.)
the_address_sanitizer_finds_nothing() {
    # shellcheck disable=SC2016 # for the shell that runs it
    $run "$begin"'
        swift_build address --build-tests --sanitize=address >"$work/sanitized"
        export LSAN_OPTIONS="suppressions=$source/Tests/leaks.supp"
        run_tests "$work/address/debug" >"$work/sanitized"
    ' || {
        grep -a -E '^✘|error:|ERROR: |WARNING: |^    #|SUMMARY: ' "$PERSONR_WORK/sanitized"
        false
    }
}
check "the address sanitizer finds nothing" the_address_sanitizer_finds_nothing

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
