#!/bin/sh
# Runs inside the root: takes out of the tree what the unit tests do not need, half of what would be compiled for each machine. The
# whole tree stays beside it, with the times of its files: cargo compiles what is newer than its last run.
set -eu
rm -rf /mnt/whole
cp -Rp /mnt/tree /mnt/whole
cd /mnt/tree
sed -i '/^\[dev-dependencies\]/,/^\[/{ /^\(loom\|personr-sandbox\|personr-testkit\|personr-tools\|stateright\|ureq\) = /d; }' Cargo.toml
cargo metadata --offline --format-version 1 >/dev/null
# The list is what Cargo.lock is made from.
grep -v '^source = ' Cargo.lock >packaging/Cargo.lock.in
