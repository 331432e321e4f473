#!/bin/sh
# Writes what is in the library with all its features: target/personr.cdx.json, in CycloneDX's format.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

if ! "$cargo" cyclonedx --version >/dev/null 2>&1; then
    echo "cargo-cyclonedx is not installed: cargo install cargo-cyclonedx --locked" >&2
    exit 1
fi
# It writes beside each Cargo.toml of the workspace, and nowhere else.
trap 'rm -f personr.cdx.json sandbox/personr.cdx.json' EXIT
"$cargo" cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps --features redis \
    --target "$(rustc -vV | sed -n 's/^host: //p')" --override-filename personr.cdx
mkdir -p target
# The name of a folder of this machine stands for the library itself.
sed "s|path+file://$(pwd -P)#|pkg:cargo/|g" personr.cdx.json >target/personr.cdx.json
echo "target/personr.cdx.json: $(grep -c '"purl": "pkg:cargo/' target/personr.cdx.json) entries"
