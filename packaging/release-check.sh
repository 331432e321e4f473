#!/bin/sh
# Checks what a machine can check of RELEASE.md: `make release-check`. All of it is checked in any case; it fails if one thing
# did. With the argument "papers" only what needs no build is: the tree, the versions and the dates.
#
# shellcheck disable=SC2317 # `check` calls the functions
set -u
cd "$(dirname "$0")/.." || exit 1
version=$(sh packaging/version.sh)
failed=0

# check WHAT COMMAND...: the command says by its exit status whether it holds, and what it writes is shown if it does not.
check() {
    what=$1
    shift
    if said=$("$@" 2>&1); then
        echo "ok      $what"
    else
        echo "FAILED  $what"
        printf '%s\n' "$said" | sed '/^$/d; s/^/        /'
        failed=1
    fi
}

is_clean() {
    changes=$(git status --porcelain) || return 1
    [ -z "$changes" ] || {
        echo "$changes"
        false
    }
}

is_untagged() {
    ! git rev-parse --quiet --verify "refs/tags/v$version"
}

# It comes from Cargo.toml; a header that was not renewed has the former one.
header_agrees() {
    numbers=${version%%-*}
    minor_and_patch=${numbers#*.}
    number=$((${numbers%%.*} * 10000 + ${minor_and_patch%%.*} * 100 + ${minor_and_patch#*.}))
    for line in "PERSONR_VERSION \"$version\"" "PERSONR_VERSION_NUMBER $number"; do
        grep -xF "#define $line" include/personr.h >/dev/null || {
            echo "include/personr.h: not $line: $(grep "^#define ${line%% *} " include/personr.h)"
            return 1
        }
    done
}

# "## 1.2.3, 2026-01-31" is the first heading of a version, and the day is no later than today.
changelog_agrees() {
    heading=$(grep -m 1 '^## ' CHANGELOG.md)
    day=${heading#"## $version, "}
    case $day in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) [ "$(date -u +%Y%m%d)" -ge "$(echo "$day" | tr -d -)" ] && return ;;
    esac
    echo "CHANGELOG.md: \"$heading\" is not \"## $version, \" and a day that has come"
    false
}

# The page that `make check` wrote is of this version.
is_tested() {
    grep "^Last run: .*, version $version, " docs/testing.md || {
        echo "docs/testing.md: $(grep '^Last run: ' docs/testing.md)"
        false
    }
}

# An addition that was not taken over could be broken later, and nobody would notice.
abi_is_renewed() {
    sh packaging/abi.sh renew && git diff --exit-code --stat abi
}

check "nothing is changed that is not committed" is_clean
check "there is no tag v$version" is_untagged
check "include/personr.h has version $version" header_agrees
check "CHANGELOG.md begins with $version and its day" changelog_agrees
check "docs/testing.md is of version $version" is_tested
[ "${1-}" != papers ] || exit "$failed"

cargo=${CARGO:-cargo}
check "Cargo.lock is made from its list" sh packaging/lock.sh restore
check "header, symbols, versions and notices are up to date" \
    env PERSONR_SKIPS=/dev/null "$cargo" test --locked --quiet --test interface --test packaging -- header:: lock:: third_party::
check "abi/ is up to date" abi_is_renewed
check "the reference of the headers" sh packaging/docs.sh
check "dependencies" sh packaging/dependencies.sh
check "the list of what is in the library" sh packaging/sbom.sh
check "the crate can be packaged" "$cargo" package --locked --no-verify --quiet --package personr
check "two folders, one library" sh packaging/reproducible.sh
echo
[ "$failed" = 0 ] || echo "not to be released as it is"
echo "What no script can check is in RELEASE.md."
exit "$failed"
