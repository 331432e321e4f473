#!/bin/sh
# Writes what is in the library with all its features, in CycloneDX's format: packaging/sbom.sh [FILE]. Unless it is said,
# the file is target/personr.cdx.json.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
. packaging/target.sh
file=${1:-${CARGO_TARGET_DIR:-target}/personr.cdx.json}

if ! "$cargo" cyclonedx --version >/dev/null 2>&1; then
    echo "cargo-cyclonedx is not installed: cargo install cargo-cyclonedx --locked" >&2
    exit 1
fi
# It writes beside each Cargo.toml of the workspace, and nowhere else.
trap 'rm -f personr.cdx.json ./*/personr.cdx.json' EXIT
"$cargo" cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps --features redis \
    --target "$triple" --override-filename personr.cdx
mkdir -p "$(dirname "$file")"
# The name of a folder of this machine stands for the library itself.
sed "s|path+file://$(pwd -P)#|pkg:cargo/|g" personr.cdx.json >"$file"
echo "$file: $(grep -c '"purl": "pkg:cargo/' "$file") entries"
