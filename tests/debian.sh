#!/bin/sh
# Keeps the root folder of another Debian for the tests, and prints its path: tests/debian.sh SUITE[:ARCHITECTURE] [PACKAGE...].
#
# The root is made once, by debootstrap from the mirror that apt uses here, in the user's cache: all worktrees share it. The
# packages are installed into it unless it has them already. A lock keeps two callers apart. What a caller writes there goes into
# a folder of the caller's own; what it mounts there goes into a mount namespace of its own.
#
# Where the root or a package cannot be had it says why, and ends with 77: the caller skips its test. Under CI, debootstrap is
# expected.
set -eu
debian=$1
shift
suite=${debian%:*} architecture=${debian#"${debian%:*}"}
architecture=${architecture#:}
tools=${XDG_CACHE_HOME:-$HOME/.cache}/libpersonr-tools
root=$tools/$suite${architecture:+-$architecture}

skip() {
    echo "Debian $debian: $1" >&2
    exit 77
}

if ! command -v debootstrap >/dev/null; then
    reason="debootstrap is not installed (Debian: debootstrap)"
    [ "${CI-}" != true ] || { echo "Debian $debian: $reason" >&2 && exit 1; }
    skip "$reason"
fi
[ "$(id -u)" = 0 ] || skip "it takes root"
unshare --mount true 2>/dev/null || skip "nothing can be mounted here"

mkdir -p "$tools"
exec 9>"$root.lock"
flock 9

# The first of apt's addresses that is a whole archive.
mirror() {
    # shellcheck disable=SC2016 # $(REPO_URI) is apt's
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1
}

make_root() {
    from=$(mirror) || from=
    [ -n "$from" ] || skip "apt names no mirror"
    rm -rf "$root"
    if ! debootstrap --variant=minbase ${architecture:+--arch="$architecture"} "$suite" "$root" "$from" >"$root.log" 2>&1; then
        tail -n 5 "$root.log" >&2
        skip "it cannot be had from $from"
    fi
    # The way to the mirror is the machine's.
    apt-config dump | grep '^Acquire::https\?::Proxy' >"$root/etc/apt/apt.conf.d/50-proxy" || :
    # Documentation would be a tenth of what is installed.
    printf 'path-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n' \
        >"$root/etc/dpkg/dpkg.cfg.d/no-documentation"
    rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
    # Nothing that is installed there starts a service.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    : >"$root/.whole"
}

has() {
    # shellcheck disable=SC2016 # ${db:Status-Status} is dpkg's
    [ "$(chroot "$root" dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# In a mount namespace, whose mounts end with it.
install_packages() {
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    # shellcheck disable=SC2016 # for the shell in it
    ROOT=$root unshare --mount sh -euc '
        mount -t proc proc "$ROOT/proc"
        mount --rbind /dev "$ROOT/dev"
        exec chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C sh -euc "
            apt-get update -q
            apt-get install -q -y --no-install-recommends \"\$@\"
            apt-get clean
        " apt "$@"
    ' apt "$@"
}

[ -f "$root/.whole" ] || make_root
for package; do
    shift
    has "$package" || set -- "$@" "$package"
done
if [ $# != 0 ] && ! install_packages "$@" >"$root.log" 2>&1; then
    tail -n 5 "$root.log" >&2
    skip "$* cannot be installed"
fi
echo "$root"
