#!/bin/sh
# Measures side by side with what users would pick instead (`make bench`), or with --smoke what can be counted alone
# (`make bench-smoke`).
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

missing=
for header in curl/curl.h cjson/cJSON.h; do
    echo "#include <$header>" | ${CC:-cc} -E - >/dev/null 2>&1 || missing="$missing $header"
done
if [ -n "$missing" ]; then
    echo "bench: the peer cannot be built without$missing: apt-get install libcurl4-openssl-dev libcjson-dev" >&2
    exit 1
fi
# What is counted does not need a fast harness.
case ${1-} in
--smoke) exec "$cargo" bench --quiet --profile dev --bench compare -- --smoke ;;
*) exec "$cargo" bench --bench compare -- "$@" ;;
esac
