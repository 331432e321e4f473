//! What the packaging scripts do with modes, names and links that they find: they are run on a library of empty functions,
//! which takes no time to build.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use personr_testkit::compile::{ROOT, cc, is_installed, said, skip};
use personr_tools::{Header, man};
use tempfile::TempDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A target directory, and a root to install into.
struct Scene(TempDir);

impl Scene {
    /// With what install.sh looks for.
    fn built() -> Self {
        let scene = Self(TempDir::new().expect("a folder"));
        let package = scene.path("target/package");
        fs::create_dir_all(&package).expect("made");
        for file in ["libpersonr.a".to_owned(), format!("libpersonr.so.{VERSION}"), "personr".to_owned()] {
            fs::write(package.join(file), "").expect("written");
        }
        fs::create_dir(package.join("man")).expect("made");
        for page in man::pages(&header()) {
            fs::write(package.join("man").join(page.name + ".3"), page.text).expect("written");
        }
        scene
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// A script of `packaging/`, with the caller's umask.
    fn script(&self, script: &str, umask: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-euc", "umask \"$1\" && shift && exec sh \"$@\"", "sh", umask]);
        shell.arg(Path::new(ROOT).join("packaging").join(script)).env("CARGO_TARGET_DIR", self.path("target"));
        // Those of a `make check` that runs this test.
        ["PREFIX", "BINDIR", "LIBDIR", "INCLUDEDIR", "MANDIR", "DESTDIR", "FEATURES"].iter().for_each(|name| {
            shell.env_remove(name);
        });
        shell
    }

    fn install(&self, prefix: &str, umask: &str) {
        let mut install = self.script("install.sh", umask);
        run(install.arg("install").env("PREFIX", prefix).env("DESTDIR", self.path("root")));
    }
}

fn header() -> Header {
    let text = fs::read_to_string(Path::new(ROOT).join("include/personr.h")).expect("the header");
    Header::parse(&text).expect("the header")
}

/// What it wrote; it must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}:\n{}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// All that is below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn what_is_installed_with_a_closed_umask_can_be_read_by_all() {
    let scene = Scene::built();
    fs::set_permissions(scene.path("target/package/libpersonr.a"), Permissions::from_mode(0o600)).expect("changed");
    scene.install("/opt/p", "077");
    let installed = below(&scene.path("root"));
    assert!(installed.len() > 30, "{installed:?}");
    for path in installed.iter().filter(|path| !path.is_symlink()) {
        let is_program = path.ends_with("bin/personr");
        let expected = if path.is_dir() || is_program { 0o755 } else { 0o644 };
        let mode = fs::metadata(path).expect("it is there").permissions().mode() & 0o7777;
        assert_eq!(mode, expected, "{}: {mode:o}", path.display());
    }
}

/// As Swift does: by the name of the module, in a folder of headers.
#[test]
fn clang_imports_the_module_that_is_installed() {
    if !is_installed("clang") {
        return skip("the module map", "clang is not installed");
    }
    let scene = Scene::built();
    scene.install("/opt/p", "022");
    let program = scene.path("program.c");
    let text = "#pragma clang module import personr\nuint32_t f(void) { return PERSONR_OK + personr_library_version_number(); }\n";
    fs::write(&program, text).expect("written");
    let import = |include: &str| {
        let mut clang = Command::new("clang");
        clang.args(["-std=c99", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fmodules"]);
        clang.arg(format!("-fmodules-cache-path={}", scene.path("modules").display()));
        clang.arg("-I").arg(include).arg(&program).output().expect("clang runs")
    };
    let output = import(scene.path("root/opt/p/include").to_str().expect("UTF-8"));
    assert!(output.status.success(), "installed: {}", said(&output));
    let output = import(Path::new(ROOT).join("include").to_str().expect("UTF-8"));
    assert!(output.status.success(), "in the source tree: {}", said(&output));
}

/// Root has no cargo, and the machine that is installed on may have no awk.
#[test]
fn what_is_built_is_installed_and_removed_without_a_toolchain() {
    let scene = Scene::built();
    let programs = scene.path("programs");
    fs::create_dir(&programs).expect("made");
    for program in ["cargo", "rustc", "cc", "awk"] {
        fs::write(programs.join(program), "#!/bin/sh\necho \"$0 is not there\" >&2\nexit 1\n").expect("written");
        fs::set_permissions(programs.join(program), Permissions::from_mode(0o755)).expect("changed");
    }
    let path = format!("{}:{}", programs.display(), env::var("PATH").expect("a PATH"));
    let script = |action: &str| {
        let mut install = scene.script("install.sh", "022");
        install.arg(action).env_remove("CARGO").env("PATH", &path);
        run(install.env("PREFIX", "/opt/p").env("DESTDIR", scene.path("root")));
    };
    script("install");
    for page in man::pages(&header()) {
        let installed = scene.path("root/opt/p/share/man/man3").join(page.name + ".3");
        assert_eq!(fs::read_to_string(&installed).expect("a page"), page.text, "{}", installed.display());
    }
    // As after `make clean`.
    fs::remove_dir_all(scene.path("target")).expect("removed");
    script("uninstall");
    let left: Vec<_> = below(&scene.path("root")).into_iter().filter(|path| !path.is_dir()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_prefix_stands_in_the_files_as_it_is() {
    let scene = Scene::built();
    let prefix = "/opt/R&D|x;(y)@VERSION@~";
    scene.install(prefix, "022");
    let lib = scene.path("root").join(&prefix[1..]).join("lib");
    let pc = fs::read_to_string(lib.join("pkgconfig/personr.pc")).expect("a file");
    assert!(
        pc.starts_with(&format!("prefix={prefix}\nlibdir=${{prefix}}/lib\nincludedir=${{prefix}}/include\n")),
        "{pc}"
    );
    if is_installed("pkg-config") {
        let mut pkg_config = Command::new("pkg-config");
        pkg_config.args(["--variable=includedir", "personr"]).env("PKG_CONFIG_PATH", lib.join("pkgconfig"));
        assert_eq!(run(&mut pkg_config), format!("{prefix}/include\n"));
    }
}

#[test]
fn a_prefix_that_cannot_stand_in_the_files_is_refused() {
    let scene = Scene::built();
    for prefix in ["/opt/a b", "/opt/a\tb", "/opt/a\"b", "/opt/a'b", "/opt/a$b", "/opt/a\\b", "/opt/a#b", "/opt/a`b"] {
        let mut install = scene.script("install.sh", "022");
        install.arg("install").env("PREFIX", prefix).env("DESTDIR", scene.path("root"));
        let output = install.output().expect("a shell");
        assert!(!output.status.success() && said(&output).contains("cannot stand in a .pc file"), "{prefix}");
    }
    assert!(!scene.path("root").exists());
}

/// Somebody kept several versions in folders, and a link to one of them.
#[test]
fn a_link_to_a_folder_is_replaced_and_the_folder_left_alone() {
    let scene = Scene::built();
    let lib = scene.path("root/opt/p/lib");
    let other = scene.path("other");
    fs::create_dir_all(&lib).expect("made");
    fs::create_dir(&other).expect("made");
    let files = ["libpersonr.so".to_owned(), "libpersonr.so.0".to_owned(), format!("libpersonr.so.{VERSION}")];
    for name in files.iter().chain([&"libpersonr.a".to_owned()]) {
        symlink(&other, lib.join(name)).expect("a link");
        symlink(&other, lib.join(format!("{name}.new"))).expect("a link");
    }
    scene.install("/opt/p", "022");
    let leads_to = |name: &String| fs::read_link(lib.join(name)).ok().map(|path| path.display().to_string());
    let expected = [Some(files[1].clone()), Some(files[2].clone()), None];
    assert_eq!([&files[0], &files[1], &files[2]].map(leads_to), expected);
    assert!(lib.join("libpersonr.a").is_file());
    assert_eq!(fs::read_dir(&other).expect("still there").count(), 0);
}

/// A stand-in for cargo, whose release library has the functions of the header, and nothing in them. What is run is run by
/// cargo itself.
fn hollow_cargo(folder: &Path) -> PathBuf {
    let symbols = fs::read_to_string(Path::new(ROOT).join("abi/personr.symbols")).expect("the list");
    let functions: String =
        symbols.lines().map(|name| format!("void {name}(void); void {name}(void) {{}}\n")).collect();
    let (source, object, archive) = (folder.join("hollow.c"), folder.join("hollow.o"), folder.join("hollow.a"));
    // The allocator, so that libc is needed.
    let text = format!("#include <stdlib.h>\nvoid *hollow(void) {{ return malloc(1); }}\n{functions}");
    fs::write(&source, text).expect("written");
    let compiler = cc();
    let mut words = compiler.split_whitespace();
    let mut compile = Command::new(words.next().expect("a compiler's name"));
    run(compile.args(words).args(["-fPIC", "-c", "-o"]).arg(&object).arg(&source));
    run(Command::new("ar").arg("rc").arg(&archive).arg(&object));
    let cargo = folder.join("cargo");
    let script = format!(
        "#!/bin/sh
        [ \"$1\" != run ] || exec '{}' \"$@\"
        mkdir -p \"$CARGO_TARGET_DIR/release\"
        cp \"$0.a\" \"$CARGO_TARGET_DIR/release/libpersonr.a\"
        ",
        env!("CARGO")
    );
    fs::write(&cargo, script).expect("written");
    fs::rename(&archive, folder.join("cargo.a")).expect("renamed");
    fs::set_permissions(&cargo, Permissions::from_mode(0o755)).expect("changed");
    cargo
}

/// The licences and notices of others: of ring, of the store that is a feature, and of Rust itself.
const NOTICES: [&str; 4] =
    ["LICENSE-BoringSSL", "Copyright 2015 Brian Smith.", "| redis-protocol ", "## The Rust standard library"];

fn assert_has_notices(text: &str) {
    for notice in NOTICES {
        assert!(text.contains(notice), "{notice:?} is missing");
    }
}

#[test]
fn licences_and_notices_are_installed_with_the_library_and_removed_with_it() {
    let scene = Scene::built();
    scene.install("/opt/p", "022");
    let documents = scene.path("root/opt/p/share/doc/libpersonr");
    assert_has_notices(&fs::read_to_string(documents.join("THIRD-PARTY.md")).expect("a file"));
    assert!(documents.join("LICENSE-MIT").is_file() && documents.join("LICENSE-APACHE").is_file());

    let mut uninstall = scene.script("install.sh", "022");
    run(uninstall.arg("uninstall").env("PREFIX", "/opt/p").env("DESTDIR", scene.path("root")));
    assert!(!documents.exists());
}

/// Two paragraphs: a line of blanks would begin another one.
fn assert_is_a_copyright_file(text: &str) {
    assert_has_notices(text);
    let lines: Vec<_> = text.lines().collect();
    let paragraphs: Vec<_> = lines.split(|line| line.trim().is_empty()).map(|paragraph| paragraph.first()).collect();
    assert!(
        matches!(paragraphs[..], [Some(head), Some(&"Files: *")] if head.starts_with("Format: ")),
        "{paragraphs:?}"
    );
}

#[test]
fn debian_packages_that_are_made_with_a_closed_umask_can_be_read_by_all() {
    let name = "Debian packages with umask 077";
    for program in ["dpkg-deb", "objdump", "ar"] {
        if !is_installed(program) {
            return skip(name, &format!("{program} is not installed"));
        }
    }
    let scene = Scene::built();
    run(scene.script("deb.sh", "077").env("CARGO", hollow_cargo(scene.0.path())));
    let debs = below(&scene.path("target/deb"));
    assert_eq!(debs.len(), 3, "{debs:?}");
    for deb in debs {
        let mut control = Command::new("sh");
        control.args(["-euc", "dpkg-deb --ctrl-tarfile \"$1\" | tar -tv", "sh"]).arg(&deb);
        let list = run(Command::new("dpkg-deb").arg("--contents").arg(&deb)) + &run(&mut control);
        let modes: Vec<_> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert!(modes.len() > 10, "{list}");
        for mode in &modes {
            let known = ["-rw-r--r--", "drwxr-xr-x", "lrwxrwxrwx", "-rwxr-xr-x"];
            assert!(known.contains(mode), "{}:\n{list}", deb.display());
        }
        let programs: Vec<_> = list.lines().filter(|line| line.starts_with("-rwx")).collect();
        let is_command = deb.display().to_string().contains("/personr_");
        assert_eq!(programs.len(), usize::from(is_command), "{programs:?}");
        assert!(programs.iter().all(|line| line.ends_with("./usr/bin/personr")), "{programs:?}");
        let needs = run(Command::new("dpkg-deb").arg("--field").arg(&deb).arg("Depends"));
        assert_eq!(needs.contains("libpersonr0"), !deb.display().to_string().contains("libpersonr0_"), "{needs}");
        let mut copyright = Command::new("sh");
        copyright.args(["-euc", "dpkg-deb --fsys-tarfile \"$1\" | tar -x --to-stdout --wildcards '*/copyright'", "sh"]);
        assert_is_a_copyright_file(&run(copyright.arg(&deb)));
    }
}
