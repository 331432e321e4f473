#!/bin/sh
# Tests the package for Go: bindings/run.sh go. It is given PERSONR_PREFIX (the installed library), PERSONR_SANDBOX and
# PERSONR_WORK (a folder of its own); ../README.md says what it answers.
set -u
cd "$(dirname "$0")" || exit 1
passed=0 failed=0 skipped=0

skip_all() {
    echo "$1"
    exit 77
}

# check NAME COMMAND...: one more that passed or failed; what a failed one has said is shown.
check() {
    name=$1
    shift
    if "$@" >"$PERSONR_WORK/output" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        head -c 20000 "$PERSONR_WORK/output"
    fi
}

skip() {
    skipped=$((skipped + 1))
    echo "SKIP $1"
}

command -v go >/dev/null || skip_all "there is no Go"
command -v pkg-config >/dev/null || skip_all "there is no pkg-config"
command -v "${CC:-cc}" >/dev/null || skip_all "there is no C compiler"
GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off CGO_ENABLED=1
export GOTOOLCHAIN GOFLAGS GOPROXY CGO_ENABLED
go list . >"$PERSONR_WORK/output" 2>&1 || {
    grep -q 'requires go' "$PERSONR_WORK/output" && skip_all "Go is older than 1.24"
    cat "$PERSONR_WORK/output"
    exit 1
}
# Go does not see that a C library has changed: what it has compiled is for this one.
CGO_CFLAGS="-O2 -g -DPERSONR_LIBRARY=$(cat "$PERSONR_PREFIX"/lib/libpersonr.* "$PERSONR_PREFIX/include/personr.h" | cksum | cut -d' ' -f1)"
export CGO_CFLAGS

is_formatted() {
    gofmt=$(command -v gofmt || echo "$(go env GOROOT)/bin/gofmt")
    unformatted=$("$gofmt" -l .) && echo "$unformatted" && [ -z "$unformatted" ]
}

# Runs the tests, and counts each of them.
run_tests() {
    timeout 300 "$@" >"$PERSONR_WORK/tests" 2>&1
    result=$?
    passes=$(grep -c '^--- PASS' "$PERSONR_WORK/tests")
    failures=$(grep -c '^--- FAIL' "$PERSONR_WORK/tests")
    [ "$result" -eq 0 ] || [ "$failures" -gt 0 ] || failures=1
    [ "$failures" -eq 0 ] || grep -v '^=== \|^--- PASS' "$PERSONR_WORK/tests" | head -c 20000
    grep -o 'SKIP .*: .*' "$PERSONR_WORK/tests"
    passed=$((passed + passes))
    failed=$((failed + failures))
    skipped=$((skipped + $(grep -c '^--- SKIP' "$PERSONR_WORK/tests")))
}

# Compiles the example as a user would, and in the two ways that carry the library.
build_programs() {
    go build -o "$PERSONR_WORK/shared" ./examples/applicant &&
        go build -tags personr_static -o "$PERSONR_WORK/archive" ./examples/applicant
}

# The program of the README, installed as the README says.
build_readme() {
    mkdir "$PERSONR_WORK/readme" &&
        awk '/^```go$/ { is_code = 1; next } /^```$/ { if (is_code) exit } is_code' README.md >"$PERSONR_WORK/readme/main.go" &&
        module=$PWD && (
        cd "$PERSONR_WORK/readme" && go mod init example.com/status &&
            go mod edit -require=personr@v0.0.0 -replace=personr="$module" && go vet . && go build -o status .
    )
}

build_static() {
    go build -tags personr_static,netgo,osusergo -ldflags '-linkmode external -extldflags -static' \
        -o "$PERSONR_WORK/static" ./examples/applicant
}

has_no_c() {
    echo 'int main(void) { return 0; }' >"$PERSONR_WORK/static.c"
    ! "${CC:-cc}" -static "$PERSONR_WORK/static.c" -o "$PERSONR_WORK/static-c" 2>/dev/null
}

has_no_races() {
    ! go test -race -run '^$' . >/dev/null 2>&1
}

# The cost of a hand-out beside C's, for the reader: it fails nothing.
tell_cost() {
    # shellcheck disable=SC2046 # several arguments
    "${CC:-cc}" -O2 testdata/handout.c $(pkg-config --cflags --libs personr) -o "$PERSONR_WORK/handout" &&
        PERSONR_HANDOUT=$PERSONR_WORK/handout go test -run '^$' -bench 'Authorization$' -benchtime 0.2s . |
        awk '/times-C/ {
            for (i = 2; i <= NF; i++) value[$i] = $(i - 1)
            print "A hand-out takes " value["ns/op"] " ns, " value["times-C"] " times what it takes in C (" value["C-ns/op"] " ns)."
        }'
}

check "gofmt" is_formatted
check "go vet" go vet ./...
check "go vet with the static library" go vet -tags personr_static ./...
check "the example is compiled" build_programs
check "the program of the README is compiled" build_readme
PERSONR_PROGRAMS="$PERSONR_WORK/shared $PERSONR_WORK/archive"
if has_no_c; then
    skip "a static program: there is no static C library"
else
    check "the example is compiled, static as a whole" build_static
    PERSONR_PROGRAMS="$PERSONR_PROGRAMS $PERSONR_WORK/static"
fi
export PERSONR_PROGRAMS
run_tests go test -count=1 -v -timeout 280s .
if has_no_races; then
    skip "races: the race detector does not work here"
else
    check "the tests, watched for races" timeout 300 go test -race -count=1 -timeout 280s .
fi
tell_cost
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
