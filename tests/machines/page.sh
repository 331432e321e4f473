#!/bin/sh
# Writes the page on platforms from what tests/machines.sh found: tests/machines/page.sh FACTS PAGE. FACTS is its folder.
set -eu
cd "$(dirname "$0")/../.."
facts=$1 page=$2

# fact TARGET COLUMN
fact() {
    if [ -f "$facts/$1" ]; then
        found=$(awk -F '\t' -v column="$2" '$1 == column { print $2 }' "$facts/$1")
        echo "${found:--}"
    else
        echo "not run here"
    fi
}

row() {
    printf '| **%s** | %s |' "$1" "$2"
    for column in build packages archive units login panic threads processes records tests; do
        printf ' %s |' "$(fact "$2" "$column")"
    done
    echo
}

{
    cat <<END
<!-- Written by \`make check-machines\`. -->
# Platforms

\`make check-machines\` builds the library for each of these machines, and tries it there; x86-64 is tested by \`make test\` and
\`make check\` ([testing.md](testing.md)). Machines of other processors are emulated by qemu, which shows how the compiled code behaves, but not
the order of memory of a real one: [the model of \`published.rs\`](architecture.md) is for that. i686 and musl run on the processor itself.
The library is that of \`make install TARGET=…\`, with the Redis store, but without link-time optimisation. Where there is an archive,
the check also makes it, and Debian packages of the same library, by \`make dist-all\`, unpacks them, and logs in with each; for x86-64 too
($(fact x86_64-unknown-linux-gnu archive)).

Last run: $(date -u +%Y-%m-%d), version $(sh packaging/version.sh), $(cat "$facts/rustc" 2>/dev/null || echo "rustc unknown").

| machine | target | shared library | Debian package | archive | unit tests | logs in from C | a panic inside | two threads | two processes, one file store | records moved to and from x86-64 | \`make test\` |
|---|---|---|---|---|---|---|---|---|---|---|---|
END
    while IFS='	' read -r name triple rest; do
        case $name in
        '#'* | '') ;;
        *) row "$name" "$triple" ;;
        esac
    done <tests/machines/list
    cat <<END

These are compiled (\`cargo check\`, with the standard library), and never run: nothing is promised.

| system | target | found |
|---|---|---|
END
    while read -r name triple; do
        echo "| **$name** | $triple | $(fact "$triple" check) |"
    done <<END
macOS aarch64-apple-darwin
FreeBSD x86_64-unknown-freebsd
illumos x86_64-unknown-illumos
END
    cat tests/machines/notes.md
} >"$page.new"
mv "$page.new" "$page"
echo "$page is written"
