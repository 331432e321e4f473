# shellcheck shell=sh
# Runs tests, shows what they say as they say it, and counts: for `tests/run.sh` and `tests/check.sh`, which source this
# file from the top of the tree. `close` ends with what was skipped and why, and with one line: "N passed, N failed", or
# "N passed, N failed, N skipped".

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Tests that do not do their work add a line to it.
PERSONR_SKIPS=$folder/skips
export PERSONR_SKIPS
: >"$PERSONR_SKIPS"
: >"$folder/ignored"

passed=0 failed=0

# Shows and keeps what a command says. A pipe has the exit status of its last command, so that of this one goes through
# a file.
show() {
    {
        "$@" 2>&1
        echo $? >"$folder/status"
    } | tee "$folder/output"
    return "$(cat "$folder/status")"
}

# Runs `cargo test` with these arguments, on the versions that are listed, and adds up what it counts. If it fails and counts no failure, that is one.
run() {
    run_failed=0
    show "${CARGO:-cargo}" test --locked "$@" || run_failed=1
    # Of "test result: ok. 5 passed; 0 failed; 1 ignored; ...": a number stands before its word.
    counted=$(awk '
        /^test result: / { for (i = 2; i <= NF; i++) count[$i] += $(i - 1) }
        END { print count["passed;"] + 0, count["failed;"] + 0 }' "$folder/output")
    run_crashed=$run_failed
    read -r run_passed run_failed <<END
$counted
END
    if [ "$run_crashed" = 1 ] && [ "$run_failed" = 0 ]; then
        complain "cargo test $*: it does not compile, or a test program crashed, see above; that counts as one failure"
        run_failed=1
    fi
    # "run by ...": no test of its own, but what a test or `make check` runs.
    sed -n '/ignored, run by /d; s/^test \(.*\) \.\.\. ignored, \(.*\)/SKIP \1: \2/p; s/^test \(.*\) \.\.\. ignored$/SKIP \1: marked as ignored/p' \
        "$folder/output" >>"$folder/ignored"
    passed=$((passed + run_passed)) failed=$((failed + run_failed))
}

# Any other command: one test, which passes if the command succeeds.
step() {
    echo
    echo "$*"
    if show "$@"; then
        passed=$((passed + 1))
    else
        complain "$*: failed, see above"
        failed=$((failed + 1))
    fi
}

complain() {
    complaints="${complaints-}$1
"
}

close() {
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
}
