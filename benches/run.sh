#!/bin/sh
# Measures side by side with what users would pick instead (`make bench`), or with --smoke what can be counted alone
# (`make bench-smoke`).
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

missing=
has_header() {
    echo "#include <$1>" | ${CC:-cc} -E - >/dev/null 2>&1
}
has_header curl/curl.h || missing="$missing libcurl4-openssl-dev"
has_header openssl/evp.h || missing="$missing libssl-dev"
has_header cjson/cJSON.h || missing="$missing libcjson-dev"
[ -f /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
if [ -n "$missing" ]; then
    echo "bench: what the peer needs is missing: apt-get install$missing" >&2
    exit 1
fi
# What is counted does not need a fast harness.
case ${1-} in
--smoke) exec "$cargo" bench --locked --quiet --profile dev --bench compare -- --smoke ;;
*) exec "$cargo" bench --locked --bench compare -- "$@" ;;
esac
