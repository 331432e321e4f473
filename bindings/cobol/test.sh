#!/bin/sh
# The tests of this package: what ../README.md says of a test.sh. Each is one line, "ok" or "FAILED" and what it shows.
set -u
cd "$(dirname "$0")" || exit 1
for program in cobc curl; do
    command -v "$program" >/dev/null || {
        echo "$program is not installed"
        exit 77
    }
done
# Nobody waits longer for one run.
patience=30
passed=0 failed=0
work=$PERSONR_WORK
sandbox=

# A sandbox ends with the program that holds its standard input.
stop() {
    exec 9>&-
    [ -z "$sandbox" ] || wait "$sandbox"
}
trap stop EXIT

ok() {
    passed=$((passed + 1))
    echo "ok $1"
}

fail() {
    failed=$((failed + 1))
    echo "FAILED $1"
}

# same WHAT EXPECTED FOUND
same() {
    if [ "$2" = "$3" ]; then ok "$1"; else
        fail "$1"
        printf '    expected: %s\n    found:    %s\n' "$2" "$3"
    fi
}

# A new sandbox for each group of tests, with an account in the environment.
begin() {
    stop
    rm -f "$work/sandbox" "$work/stdin"
    mkfifo "$work/stdin"
    "$PERSONR_SANDBOX" --wait-stdin <"$work/stdin" >"$work/sandbox" &
    sandbox=$!
    exec 9>"$work/stdin"
    until [ -s "$work/sandbox" ]; do
        kill -0 "$sandbox" || exit 1
        sleep 0.05
    done
    PERSONR_BASE_URL=$(said base_url) PERSONR_CA_FILE=$(said ca_file) PERSONR_EMAIL=$(said email)
    PERSONR_PASSWORD=$(said password) PERSONR_STORE=
    export PERSONR_BASE_URL PERSONR_CA_FILE PERSONR_EMAIL PERSONR_PASSWORD PERSONR_STORE
}

said() {
    sed "s|.*\"$1\":\"\([^\"]*\)\".*|\1|" "$work/sandbox"
}

# control PATH [JSON]
control() {
    curl --silent --show-error --noproxy '*' --max-time "$patience" ${2+--data "$2"} "$(said control_url)/$1"
}

counter() {
    control counters | sed -n "s/^ *\"$1\": \([0-9]*\).*/\1/p"
}

run() {
    name=$1
    shift
    timeout "$patience" "$work/$name" "$@" 2>&1 9>&-
}

# As README.md says. What warns fails.
build() {
    # shellcheck disable=SC2046 # flags are words
    cobc -x -Wall -Werror -o "$work/$1" "$2" personr-cobol*.c $(pkg-config --cflags --libs personr) || exit 1
}

# --- The fields ---

build FIELDS tests/FIELDS.cob
timeout "$patience" "$work/FIELDS" "$work/decoded" >"$work/fields" 2>&1
same "the program on fields ends well" 0 "$?"
cat "$work/fields"
passed=$((passed + $(grep -c '^ok ' "$work/fields")))
failed=$((failed + $(grep -c '^FAILED ' "$work/fields")))
same "the decoded file is whole" hello "$(cat "$work/decoded")"

# --- The account ---

build SCENARIO tests/SCENARIO.cob
build APPLICANT APPLICANT.cob
begin
printf 'a scan\r\n\000' >"$work/scan"
same "the example creates, uploads and asks" \
    "user,applicant,uploaded,status," "$(run APPLICANT "$work/scan" | cut -d' ' -f1 | tr '\n' ,)"
same "the document arrived whole" "$(sha256sum <"$work/scan" | cut -c1-64)" \
    "$(control uploads | sed -n 's/.*"sha256": "\(.*\)".*/\1/p')"
same "one login was enough for it" 1 "$(counter logins)"
same "a field that is too short gets nothing of the token" "PERSONR_BUFFER_TOO_SMALL buffer +0000000000 +0000000000" \
    "$(run SCENARIO short)"
same "a rejected token is replaced, and what is no token is refused" \
    "PERSONR_OK  +0000000000 +0000000000,another,PERSONR_INVALID_ARGUMENT argument +0000000000 +0000000000," \
    "$(run SCENARIO reject | tr '\n' ,)"
control lifetime '{"seconds":6000000000}' >"$work/said"
same "a time of more than 32 bits arrives whole, or not at all" \
    "more than 32 bits,PERSONR_BUFFER_TOO_SMALL buffer +0000000000 +0000000000," "$(run SCENARIO expires | tr '\n' ,)"

begin
refused="PERSONR_INVALID_CREDENTIALS INVALID_LOGIN_CREDENTIALS +0000000400 +0000000000"
same "a wrong password is told" "$refused,$refused," "$(PERSONR_PASSWORD=wrong run SCENARIO twice | tr '\n' ,)"
same "and sent once" 1 "$(counter refused_logins)"
same "an email with a colon is refused" "PERSONR_INVALID_ARGUMENT argument +0000000000 +0000000000" \
    "$(PERSONR_EMAIL=a:b run SCENARIO token)"
control fault '{"action":"stall","times":1}' >"$work/said"
same "a login that gets no answer ends in time" "PERSONR_TIMEOUT answer +0000000000 +0000000000" \
    "$(run SCENARIO timeout | head -n 1)"

begin
PERSONR_STORE=file:$work/tokens
control fault '{"action":"hold","path":"api-token-generate"}' >"$work/said"
run SCENARIO token >"$work/one" &
one=$!
run SCENARIO token >"$work/other" &
other=$!
tries=200
until [ "$(counter held)" != 0 ] || [ "$tries" = 0 ]; do
    tries=$((tries - 1))
    sleep 0.05
done
control release '' >"$work/said"
wait "$one" "$other"
same "two processes with one store have one token" "$(cat "$work/one")" "$(cat "$work/other")"
same "by one login" 1 "$(counter tokens_issued)"
same "by the endpoint that was set" 1 "$(counter api-token-generate)"
same "a login anew tells who logged in" "1665086295288x632209057097277212,PERSONR_OK  +0000000000 +0000000000," \
    "$(run SCENARIO login | tr '\n' ,)"
same "and is one" 2 "$(counter tokens_issued)"

# --- Requests ---

begin
PERSONR_STORE=file:$work/requests
same "a request is done" "PERSONR_OK  +0000000200 +0000000000" "$(run SCENARIO request)"
same "and another one" "PERSONR_OK  +0000000200 +0000000000" "$(run SCENARIO request)"
control revoke '{}' >"$work/said"
same "a 401 is answered by another token" "PERSONR_OK  +0000000200 +0000000000" "$(run SCENARIO request)"
same "and costs one login" 2 "$(counter tokens_issued)"
control fault '{"action":{"answer":{"status":400,"body":"{\"message\":\"Maia is unknown\"}"}},"times":1}' >"$work/said"
same "what the service said of a refusal can be read" \
    "PERSONR_REJECTED http-400 +0000000400 +0000000001,Maia is unknown," "$(run SCENARIO request | tr '\n' ,)"
control fault '{"action":{"answer":{"status":429,"headers":[["Retry-After","100"]]}},"times":1}' >"$work/said"
same "how long to wait is told, and that nothing was done" \
    "PERSONR_RATE_LIMITED http-429 +0000000429 +0000000000,retry after 100," "$(run SCENARIO request | tr '\n' ,)"
same "what is wrong with a field is told by the send" \
    "PERSONR_INVALID_ARGUMENT argument +0000000000 +0000000000" "$(run SCENARIO field)"
run SCENARIO mistake >"$work/said" 2>&1
same "a call with too few arguments ends the program" 1 "$?"
same "and says which" 1 "$(grep -c '^PERSONR-TOKEN: it takes 3 arguments' "$work/said")"
run SCENARIO handle >"$work/said" 2>&1
same "so does one with a field that is no handle" 1 "$?"
same "and that is said" 1 "$(grep -c 'USAGE POINTER' "$work/said")"
same "the program exports its calls and nothing else of the layer" 0 \
    "$(nm -D --defined-only "$work/SCENARIO" | grep -c ' cobol_')"

# --- Linking ---

same "the program asks the loader for the library" 1 \
    "$(readelf -d "$work/SCENARIO" | grep -c 'NEEDED.*\[libpersonr\.so\.0\]')"
# The layer needs the library, so a linker that leaves out what nobody asks for keeps it; a CALL of COBOL asks at run time.
# shellcheck disable=SC2046
cobc -x -Q -Wl,--as-needed -o "$work/KEPT" tests/SCENARIO.cob personr-cobol*.c $(pkg-config --cflags --libs personr)
same "a linker that drops libraries keeps it" "PERSONR_OK  +0000000200 +0000000000" "$(run KEPT request)"
# shellcheck disable=SC2046
cobc -x -Q -Wl,--as-needed -o "$work/DROPPED" tests/DIRECT.cob $(pkg-config --libs personr)
same "without the layer it is dropped" 1 \
    "$(run DROPPED | grep -c "module 'personr_library_version_number' not found")"
# shellcheck disable=SC2046
cobc -x -Q -Wl,--no-as-needed -o "$work/FORCED" tests/DIRECT.cob $(pkg-config --libs personr)
same "and kept if the linker is told so" found "$(run FORCED)"
cobc -m -o "$work/SCENARIO.so" tests/SCENARIO.cob
# shellcheck disable=SC2046
cobc -x -o "$work/CALLER" tests/CALLER.cob personr-cobol*.c $(pkg-config --cflags --libs personr)
same "a module finds the layer in the main program" "PERSONR_OK  +0000000200 +0000000000" \
    "$(COB_LIBRARY_PATH=$work run CALLER request)"

# --- The first program of README.md ---

# With a relative path for its store: a longer one would reach behind column 72.
# shellcheck disable=SC2016 # the quotes are those of Markdown
sed -n '/^```cobol$/,/^```$/{/^```/!p;}' README.md | sed '/STOP RUN/q' |
    sed "s|/var/lib/payroll/||; s|^           CALL \"PERSONR-OPEN\"|           PERFORM PLACE.\n&|" >"$work/HELLO.cob"
# Where the sandbox is, which the README does not tell.
cat >>"$work/HELLO.cob" <<'END'
       PLACE.
           ACCEPT PERSONR-BASE-URL
               FROM ENVIRONMENT "PERSONR_BASE_URL".
           ACCEPT PERSONR-CA-FILE
               FROM ENVIRONMENT "PERSONR_CA_FILE".
END
build HELLO "$work/HELLO.cob"
same "the first program of the README logs in" "logged in" "$(cd "$work" && run HELLO)"
same "into a store" 1 "$(find "$work/token" -type f -size +50c | wc -l)"

# --- What a hand-out costs, beside C: told, and no test ---

cat >"$work/cost.c" <<'END'
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void)
{
    personr_options *options = personr_options_new();
    personr_auth *auth;
    char header[PERSONR_AUTHORIZATION_MAX];
    long i;
    personr_options_set_base_url(options, getenv("PERSONR_BASE_URL"), NULL);
    personr_options_set_ca_file(options, getenv("PERSONR_CA_FILE"), NULL);
    personr_options_set_token_store(options, getenv("PERSONR_STORE"), NULL);
    if (personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, NULL) != PERSONR_OK)
        return 1;
    for (i = 0; i < 300000; i++)
        if (personr_auth_authorization(auth, header, sizeof header, NULL, NULL) != PERSONR_OK)
            return 1;
    personr_auth_free(auth);
    personr_options_free(options);
    return 0;
}
END
# shellcheck disable=SC2046
${CC:-cc} -O2 "$work/cost.c" $(pkg-config --cflags --libs personr) -o "$work/COST" || exit 1
# milliseconds COMMAND...
milliseconds() {
    began=$(date +%s%N)
    "$@" >"$work/said" 2>&1 || fail "$*"
    echo $((($(date +%s%N) - began) / 1000000))
}
in_c=$(milliseconds run COST)
in_cobol=$(milliseconds run SCENARIO cost)
echo "300000 hand-outs in COBOL: $in_cobol ms, in C: $in_c ms; ratio $((in_cobol * 10 / (in_c > 0 ? in_c : 1)))/10"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
