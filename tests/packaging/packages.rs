//! The packages: each is unpacked or installed as its user would, and a program that is compiled against it logs in.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};
use personr_testkit::compile::{ROOT, is_installed, said, skip, target};
use personr_testkit::figures::figures;

use super::prefix::{make, tool};

/// Runs a script with an account of a sandbox in its environment. What it wrote is that the program has logged in.
fn logs_in(command: &mut Command) {
    let sandbox = Sandbox::start().expect("a sandbox");
    command.env("PERSONR_EMAIL", DEFAULT_EMAIL).env("PERSONR_PASSWORD", DEFAULT_PASSWORD);
    command.env("PERSONR_BASE_URL", sandbox.base_url()).env("PERSONR_CA_FILE", sandbox.ca_file());
    command.env("CONSUMERS", Path::new(ROOT).join("tests/consumers"));
    let output = command.output().expect("a shell");
    assert!(output.status.success(), "{}", said(&output));
    let token = sandbox.live_token(DEFAULT_EMAIL).unwrap_or_else(|| panic!("no token: {}", said(&output)));
    let logged_in = format!("libpersonr {}: Bearer {}...\n", env!("CARGO_PKG_VERSION"), &token[..6]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), logged_in, "{}", said(&output));
}

fn sh(script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-euc", script]);
    shell
}

/// An overlay over this machine's root is one in which the package has never been: nothing of it stays.
#[test]
#[ignore = "run by make check"]
fn the_debian_packages_install_in_a_clean_root() {
    let name = "the Debian packages";
    if !is_installed("dpkg-deb") {
        return skip(name, "dpkg-deb is not installed");
    }
    make(&["deb"], Path::new("/usr"));
    let overlay = tempfile::tempdir().expect("a folder");
    let enter = "mount -t tmpfs tmpfs \"$OVERLAY\" && mkdir \"$OVERLAY/upper\" \"$OVERLAY/work\" \"$OVERLAY/root\" &&
        mount -t overlay -o \"lowerdir=/,upperdir=$OVERLAY/upper,workdir=$OVERLAY/work\" overlay \"$OVERLAY/root\"";
    let mut probe = Command::new("unshare");
    probe.args(["--mount", "sh", "-euc", enter]).env("OVERLAY", overlay.path());
    if !probe.output().is_ok_and(|output| output.status.success()) {
        return skip(name, "no overlay can be mounted here (it takes root)");
    }
    let work = format!(
        "{enter}
        mount --bind /proc \"$OVERLAY/root/proc\"
        mount --bind /dev \"$OVERLAY/root/dev\"
        mkdir \"$OVERLAY/root/consumer\"
        cp \"$DEB\"/*.deb \"$CONSUMERS/main.c\" \"$PERSONR_CA_FILE\" \"$OVERLAY/root/consumer\"
        chroot \"$OVERLAY/root\" sh -euc '
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin PERSONR_CA_FILE=/consumer/ca.pem
            cd /consumer
            dpkg --install *.deb >&2
            cc main.c $(pkg-config --cflags --libs personr) -o program
            readelf -d program | grep libpersonr.so.0 >&2
            echo $PERSONR_PASSWORD >password
            personr token --store file:/consumer/store --password-file password >&2
            ./program
            ls /usr/include/personr.ffi.h /usr/include/personr/module.modulemap >&2
            man --where libpersonr personr >&2
            test -f /usr/share/bash-completion/completions/personr -a -f /usr/share/zsh/vendor-completions/_personr
            dpkg --remove personr libpersonr-dev libpersonr0 >&2
            ! ls /usr/lib/*/libpersonr* /usr/include/personr* /usr/bin/personr 2>/dev/null
        '"
    );
    let debs = target().join("deb");
    let count = fs::read_dir(&debs).expect("a folder").count();
    assert_eq!(count, 3, "the library, the command, and what developers need");
    let library = target().join("package").join(concat!("libpersonr.so.", env!("CARGO_PKG_VERSION")));
    if tool("objdump", &["-p"], &library).contains("GLIBC_ABI_DT_RELR") {
        let mut packages = fs::read_dir(&debs).expect("a folder").map(|entry| entry.expect("an entry").path());
        let runtime = packages.find(|path| path.display().to_string().contains("libpersonr0")).expect("a package");
        let needs = tool("dpkg-deb", &["--field"], &runtime);
        assert!(needs.contains("libc6 (>= 2.36)"), "packed relocations need that loader: {needs}");
    }
    let mut inside = Command::new("unshare");
    inside.args(["--mount", "sh", "-euc", &work]).env("OVERLAY", overlay.path()).env("DEB", debs);
    logs_in(&mut inside);
    figures!("Debian packages: installed in a clean root, a program logged in, removed");
}

/// As `make dist` leaves it.
fn archive() -> Option<PathBuf> {
    if !is_installed("cargo-zigbuild") {
        skip(
            "the archive for all Linux systems",
            "cargo-zigbuild is not installed (pip install ziglang cargo-zigbuild)",
        );
        return None;
    }
    make(&["dist"], Path::new("/nowhere"));
    let name = format!("libpersonr-{}-linux-{}.tar.gz", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    Some(target().join(name))
}

#[test]
#[ignore = "run by make check"]
fn the_archive_runs_from_any_folder_with_a_glibc_of_2012() {
    let Some(archive) = archive() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut unpack = Command::new("tar");
    assert!(unpack.arg("-xzf").arg(archive).arg("-C").arg(folder.path()).status().expect("tar runs").success());
    let top = fs::read_dir(folder.path()).expect("a folder").next().expect("an entry").expect("an entry").path();
    let place = folder.path().join("moved");
    fs::rename(top, &place).expect("renamed");

    let symbols = tool("objdump", &["-T"], &place.join("lib/libpersonr.so"));
    let newest = symbols.lines().filter_map(glibc).max().expect("the library needs libc");
    assert!(newest <= [2, 17], "{newest:?}");
    let needs = tool("objdump", &["-p"], &place.join("lib/libpersonr.so"));
    assert!(!needs.contains("GLIBC_ABI_"), "packed relocations need a newer loader: {needs}");

    for file in ["LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md", "personr.cdx.json", "README.md"] {
        assert!(place.join("share/doc/libpersonr").join(file).is_file(), "{file} is missing");
    }
    assert!(place.join("bin/personr").is_file() && place.join("share/man/man1/personr.1").is_file());
    let mut command = sh("\"$PLACE/bin/personr\" --version");
    let output = command.env("PLACE", &place).output().expect("a shell");
    assert!(said(&output).starts_with("personr "), "it needs no library beside it: {}", said(&output));
    let symbols = tool("objdump", &["-T"], &place.join("bin/personr"));
    assert!(symbols.lines().filter_map(glibc).max() <= Some([2, 17]), "{symbols}");
    for file in ["personr.h", "personr.hpp", "personr.ffi.h", "personr/module.modulemap"] {
        assert!(place.join("include").join(file).is_file(), "{file} is missing");
    }
    let mut by_pkg_config = sh("cd \"$PLACE\"
        cc \"$CONSUMERS/main.c\" $(pkg-config --cflags --libs personr) -o program
        LD_LIBRARY_PATH=$PLACE/lib ./program");
    logs_in(by_pkg_config.env("PLACE", &place).env("PKG_CONFIG_PATH", place.join("lib/pkgconfig")));
    let mut by_cmake = sh("cp \"$CONSUMERS/main.c\" \"$CONSUMERS/cmake/CMakeLists.txt\" \"$PLACE\"
        cmake -S \"$PLACE\" -B \"$PLACE/build\" -DCMAKE_PREFIX_PATH=\"$PLACE\" >&2
        cmake --build \"$PLACE/build\" >&2
        \"$PLACE/build/program\"");
    if is_installed("cmake") {
        logs_in(by_cmake.env("PLACE", &place));
    }
    logs_in_on_an_old_debian(&place);
    figures!("archive: moved and logged in from; the newest glibc symbol is of {}.{}", newest[0], newest[1]);
}

/// Compiled and run in a root of Debian bullseye (glibc 2.31): a glibc that is older than the one that most machines build with.
fn logs_in_on_an_old_debian(place: &Path) {
    let mut ask = sh("exec sh tests/debian.sh bullseye gcc libc6-dev");
    let output = ask.current_dir(ROOT).output().expect("a shell");
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return skip("the archive on Debian bullseye", reason.lines().last().unwrap_or("it says nothing"));
    }
    let mut inside = sh("mkdir \"$PLACE/../bullseye\"
        cd \"$PLACE/../bullseye\"
        cp -r \"$PLACE\" archive
        cp \"$CONSUMERS/main.c\" \"$PERSONR_CA_FILE\" .
        exec sh \"$SOURCES/tests/in-root.sh\" \"$DEBIAN\" \"$PWD\" env \"PERSONR_EMAIL=$PERSONR_EMAIL\" \
            \"PERSONR_PASSWORD=$PERSONR_PASSWORD\" \"PERSONR_BASE_URL=$PERSONR_BASE_URL\" PERSONR_CA_FILE=/mnt/ca.pem sh -euc '
            cd /mnt
            cc main.c -I archive/include -L archive/lib -lpersonr -o program
            LD_LIBRARY_PATH=/mnt/archive/lib exec ./program'");
    inside.env("PLACE", place).env("SOURCES", ROOT).env("DEBIAN", String::from_utf8_lossy(&output.stdout).trim());
    logs_in(&mut inside);
}

/// A wheel needs nothing but Python and cffi, and what it carries is what is loaded.
#[test]
#[ignore = "run by make check"]
fn the_wheel_logs_in_where_no_library_is_installed() {
    let Some(archive) = archive() else { return };
    let tools = Command::new("sh").arg("bindings/python/tools.sh").current_dir(ROOT).output().expect("a shell");
    let said_last = String::from_utf8_lossy(&tools.stdout).trim().to_owned();
    if !tools.status.success() {
        return skip("the wheel", &said_last);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut wheel = Command::new("sh");
    wheel.arg("bindings/python/wheel.sh").arg(archive).current_dir(ROOT).env("CARGO_TARGET_DIR", folder.path());
    let output = wheel.output().expect("a shell");
    assert!(output.status.success(), "{}", said(&output));
    let wheel = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let name = wheel.file_name().expect("a file").to_string_lossy().into_owned();
    let tags = format!("cp39-abi3-manylinux2014_{}.whl", std::env::consts::ARCH);
    assert_eq!(name, format!("personr-{}-{tags}", env!("CARGO_PKG_VERSION")));

    // The library has 2.1 MB.
    let size = fs::metadata(&wheel).expect("a wheel").len();
    assert!(size < 1_500_000, "{size} bytes packed: what else is in it?");

    let mut program = sh("\"$PYTHON\" -m zipfile -e \"$WHEEL\" \"$SITE\"
        unset LD_LIBRARY_PATH
        PYTHONPATH=$SITE \"$PYTHON\" -c '
import os, personr
email, password, base_url, ca_file = (os.environ[\"PERSONR_\" + name] for name in
                                      (\"EMAIL\", \"PASSWORD\", \"BASE_URL\", \"CA_FILE\"))
with personr.Auth(email, password, base_url=base_url, ca_file=ca_file) as auth:
    print(f\"libpersonr {personr.library_version()}: {auth.authorization()[:13]}...\")
with open(\"/proc/self/maps\") as maps:
    loaded = {line.split()[-1] for line in maps if \"libpersonr.so\" in line}
assert loaded == {os.path.realpath(os.environ[\"SITE\"] + \"/personr/libpersonr.so.0\")}, loaded
'");
    logs_in(program.env("PYTHON", said_last).env("WHEEL", wheel).env("SITE", folder.path().join("site")));
    figures!("wheel: {tags}, logged in from a folder of its own");
}

/// The version of glibc in a line of objdump's: "(GLIBC_2.17)".
fn glibc(line: &str) -> Option<[u32; 2]> {
    let version = line.split_once("(GLIBC_")?.1.split_once(')')?.0;
    let mut numbers = version.split('.').map(|number| number.parse().expect("a number"));
    Some([numbers.next()?, numbers.next()?])
}
