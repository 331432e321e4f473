#!/bin/sh
# Shows the whole path: builds the library and the sandbox, compiles login.c against the library, and logs in to the
# sandbox over TLS, first with the right password, then with a wrong one.
#
# Respects CARGO, CC and CARGO_TARGET_DIR. Leaves nothing behind but what cargo has built.
set -eu
cd "$(dirname "$0")/.."

die() {
    echo "demo: $*" >&2
    exit 1
}

# A value of the line of JSON that the sandbox prints.
field() {
    printf '%s\n' "$line" | sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'
}

echo "Building the library and the sandbox (a minute or two at first) ..."
"${CARGO:-cargo}" build --locked --quiet --workspace
built=$(cd "${CARGO_TARGET_DIR:-target}/debug" && pwd)

folder=$(mktemp -d)
sandbox=
clean_up() {
    exec 3>&-
    [ -z "$sandbox" ] || wait "$sandbox" || :
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# As if installed: the name for the linker, and the one for the loader.
major=$(sed -n 's/^version = "\([0-9]*\)\..*/\1/p' Cargo.toml)
ln -s "$built/libpersonr.so" "$folder/libpersonr.so"
ln -s "$built/libpersonr.so" "$folder/libpersonr.so.$major"
# CC may hold arguments.
# shellcheck disable=SC2086
${CC:-cc} -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Iinclude examples-c/login.c -o "$folder/login" \
    -L"$folder" -lpersonr -Wl,-rpath,"$folder"

# The sandbox ends when its standard input does, that is with this script, however this one ends.
mkfifo "$folder/life" "$folder/line"
"$built/personr-sandbox" --wait-stdin <"$folder/life" >"$folder/line" &
sandbox=$!
exec 3>"$folder/life"
read -r line <"$folder/line" || die "the sandbox did not start"

PERSONR_BASE_URL=$(field base_url)
PERSONR_CA_FILE=$(field ca_file)
PERSONR_EMAIL=$(field email)
PERSONR_PASSWORD=$(field password)
export PERSONR_BASE_URL PERSONR_CA_FILE PERSONR_EMAIL PERSONR_PASSWORD
# The way to the sandbox needs no proxy.
unset HTTPS_PROXY https_proxy ALL_PROXY all_proxy

echo
echo "Logging in to $PERSONR_BASE_URL (the sandbox) as $PERSONR_EMAIL:"
output=$(exec 3>&- && exec "$folder/login") || die "the login failed"
printf '%s\n' "$output" | sed 's/^/    /'

echo
echo "The same with a wrong password:"
if output=$(exec 3>&- && PERSONR_PASSWORD=wrong && exec "$folder/login" 2>&1); then
    die "the login succeeded with a wrong password"
fi
printf '%s\n' "$output" | sed 's/^/    /'
case $output in
PERSONR_INVALID_CREDENTIALS*) ;;
*) die "that was not the refusal of a wrong password" ;;
esac

exec 3>&-
wait "$sandbox" || die "the sandbox ended badly"
sandbox=
echo
echo "The sandbox has stopped."
