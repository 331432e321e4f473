#!/bin/sh
# Runs all tests and shows what they say as they say it. Ends with what was skipped and why, and with one line:
# "N passed, N failed", or "N passed, N failed, N skipped". Fails if a test failed, if cargo did, or if no test ran.
set -u
cd "$(dirname "$0")/.." || exit 1

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Tests that do not do their work add a line to it.
PERSONR_SKIPS=$folder/skips
export PERSONR_SKIPS
: >"$PERSONR_SKIPS"

passed=0 failed=0

# Runs `cargo test` with these arguments and adds up what it counts. If it fails and counts no failure, that is one.
run() {
    # A pipe has the exit status of its last command, so cargo's goes through a file.
    {
        "${CARGO:-cargo}" test "$@" 2>&1
        echo $? >"$folder/status"
    } | tee "$folder/output"
    # Of "test result: ok. 5 passed; 0 failed; 1 ignored; ...": a number stands before its word.
    counted=$(awk '
        /^test result: / { for (i = 2; i <= NF; i++) count[$i] += $(i - 1) }
        END { print count["passed;"] + 0, count["failed;"] + 0 }' "$folder/output")
    read -r run_passed run_failed <<END
$counted
END
    if [ "$(cat "$folder/status")" != 0 ] && [ "$run_failed" = 0 ]; then
        complaints="${complaints-}cargo test $*: it does not compile, or a test program crashed, see above; that counts as one failure
"
        run_failed=1
    fi
    # "run by ...": no test of its own, but what a test runs in a process of its own.
    sed -n '/ignored, run by /d; s/^test \(.*\) \.\.\. ignored, \(.*\)/SKIP \1: \2/p; s/^test \(.*\) \.\.\. ignored$/SKIP \1: marked as ignored/p' \
        "$folder/output" >>"$folder/ignored"
    passed=$((passed + run_passed)) failed=$((failed + run_failed))
}

# With the feature, so that everything is tested, once.
run --workspace --features personr/redis --no-fail-fast
# And what a build without the feature says of it.
run --features test-panic --test panic --test arguments --no-fail-fast

# To cargo, a test that skips itself has passed.
skipped=$(wc -l <"$PERSONR_SKIPS")
ignored=$(wc -l <"$folder/ignored")
passed=$((passed - skipped)) skipped=$((skipped + ignored))

echo
printf %s "${complaints-}"
sort "$PERSONR_SKIPS" "$folder/ignored"
[ "$((passed + failed))" != 0 ] || echo "no test ran"
line="$passed passed, $failed failed"
[ "$skipped" = 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
