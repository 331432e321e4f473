#!/bin/sh
# Fuzzes: `fuzz/run.sh [TARGET] [SECONDS]`, one target or `all`, each for so long (60). Ends with the figures of each.
# What a run finds worth keeping stays in fuzz/work, which git ignores; what broke a promise is in fuzz/artifacts.
set -u
cd "$(dirname "$0")/.." || exit 1

targets=${1:-all} seconds=${2:-60}
[ "$targets" != all ] || targets="answer response request options calls json"

if ! cargo fuzz --version >/dev/null 2>&1; then
    reason="cargo-fuzz is not installed: cargo install cargo-fuzz --locked"
    [ "${CI-}" != true ] || { echo "fuzzing: $reason" >&2; exit 1; }
    echo "SKIP fuzzing: $reason"
    [ -z "${PERSONR_SKIPS-}" ] || echo "SKIP fuzzing: $reason" >>"$PERSONR_SKIPS"
    exit 0
fi

# The sanitizer is an unstable option, which a stable compiler takes if it is told to.
toolchain=
if cargo +nightly --version >/dev/null 2>&1; then toolchain=+nightly; else export RUSTC_BOOTSTRAP=1; fi

# A deterministic environment, and no long stacks for each allocation.
unset HTTPS_PROXY https_proxy ALL_PROXY all_proxy NO_PROXY no_proxy
ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=16:${ASAN_OPTIONS-}
export ASAN_OPTIONS

[ -f fuzz/Cargo.lock ] || sh packaging/lock.sh restore

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The check looks at the same inputs each time; who looks for new ones does not want that.
seed=0
[ -z "${PERSONR_CHECK-}" ] || seed=1

result=0 figures=
for target in $targets; do
    mkdir -p "fuzz/work/$target"
    cargo $toolchain fuzz run "$target" "fuzz/work/$target" "fuzz/corpus/$target" -- \
        "-dict=fuzz/$target.dict" "-max_total_time=$seconds" "-seed=$seed" -timeout=20 -verbosity=1 >"$log" 2>&1
    status=$?
    # "#14585 DONE cov: 2491 ft: 7009 corp: 651/118Kb …" and "Done 14585 runs in 16 second(s)".
    figure=$(awk -v target="$target" '
        $2 == "DONE" { edges = $4; for (i = 5; i < NF; i++) if ($i == "corp:") split($(i + 1), kept, "/") }
        /^Done [0-9]+ runs in / { runs = $2; time = $5 }
        END { if (runs) printf "%s: %d inputs in %d s, %d edges, %d kept", target, runs, time, edges, kept[1] }' "$log")
    if [ "$status" != 0 ] || [ -z "$figure" ]; then
        cat "$log" >&2
        echo "fuzzing: $target FAILED" >&2
        result=1
        continue
    fi
    echo "$figure"
    figures="${figures:+$figures; }$figure"
done
[ -z "${PERSONR_FIGURES-}" ] || [ -z "$figures" ] || printf 'fuzzing\t%s\n' "$figures" >>"$PERSONR_FIGURES"
exit "$result"
