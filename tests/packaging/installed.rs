//! The library as `make install` puts it there, and programs that find it in each of the usual ways.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};
use personr_testkit::c_program::{Program, source};
use personr_testkit::compile::{ROOT, Workshop, cc, is_installed, said, skip};
use personr_testkit::figures::figures;
use personr_testkit::suite::members::run_all;

use super::prefix::{Prefix, make, prefix, tool};

/// The exported functions, one a line.
fn symbols() -> BTreeSet<String> {
    let list = fs::read_to_string(Path::new(ROOT).join("abi/personr.symbols")).expect("the list");
    list.lines().map(str::to_owned).collect()
}

#[test]
#[ignore = "run by make check"]
fn what_is_installed_is_what_the_readme_says() {
    let version = env!("CARGO_PKG_VERSION");
    let mut expected: BTreeSet<String> = [
        "include/personr.h",
        "include/personr.hpp",
        "include/personr.ffi.h",
        "include/personr/module.modulemap",
        "lib/libpersonr.a",
        "lib/libpersonr.so",
        "lib/libpersonr.so.0",
        &format!("lib/libpersonr.so.{version}"),
        "lib/pkgconfig/personr.pc",
        "lib/cmake/personr/personr-config.cmake",
        "lib/cmake/personr/personr-config-version.cmake",
        "bin/personr",
        "share/man/man1/personr.1",
        "share/man/man3/libpersonr.3",
        "share/bash-completion/completions/personr",
        "share/zsh/site-functions/_personr",
        "share/doc/libpersonr/LICENSE-APACHE",
        "share/doc/libpersonr/LICENSE-MIT",
        "share/doc/libpersonr/THIRD-PARTY.md",
    ]
    .map(str::to_owned)
    .into();
    expected.extend(symbols().iter().map(|function| format!("share/man/man3/{function}.3")));
    assert_eq!(prefix().files(), expected);
}

/// It finds the library as every program does.
#[test]
#[ignore = "run by make check"]
fn the_command_is_linked_to_the_library_and_knows_no_path_of_it() {
    let program = prefix().path().join("bin/personr");
    let dynamic = tool("readelf", &["-d", "-W"], &program);
    assert!(dynamic.contains("[libpersonr.so.0]") && !dynamic.contains("PATH"), "{dynamic}");
    let version = env!("CARGO_PKG_VERSION");
    let mut command = Command::new(program);
    command.arg("--version").env("LD_LIBRARY_PATH", prefix().path().join("lib"));
    assert_eq!(run(&mut command), format!("personr {version} (libpersonr {version})\n"));
}

/// What is built already is not installed in another's place: older sources', or with other features than asked for.
#[test]
fn only_what_was_built_from_these_sources_is_taken_for_current() {
    let target = tempfile::tempdir().expect("a folder");
    let is_current = |features: &str| {
        let mut install = Command::new("sh");
        install.arg(Path::new(ROOT).join("packaging/install.sh")).arg("is-current");
        install.env("CARGO_TARGET_DIR", target.path()).env("FEATURES", features).status().expect("a shell").success()
    };
    assert!(!is_current(""), "nothing is built");
    let package = target.path().join("package");
    fs::create_dir(&package).expect("a folder");
    fs::write(package.join("features"), "redis\n").expect("written");
    let library = File::create(package.join(concat!("libpersonr.so.", env!("CARGO_PKG_VERSION")))).expect("a file");
    assert!(is_current("") && is_current("redis") && !is_current("test-panic"));
    library.set_modified(SystemTime::UNIX_EPOCH).expect("a time");
    assert!(!is_current("") && !is_current("redis"));
}

#[test]
#[ignore = "run by make check"]
fn uninstall_removes_exactly_that() {
    let other = Prefix::installed();
    let foreign = ["lib/other.so", "include/other.h", "lib/pkgconfig/other.pc", "share/man/man3/other.3"];
    foreign.iter().for_each(|file| fs::write(other.path().join(file), "").expect("written"));
    make(&["uninstall"], other.path());
    assert_eq!(other.files(), foreign.map(str::to_owned).into());
}

#[test]
#[ignore = "run by make check"]
fn destdir_is_put_before_and_written_nowhere() {
    let stage = tempfile::tempdir().expect("a folder");
    let destdir = format!("DESTDIR={}", stage.path().display());
    make(&["install", &destdir, "LIBDIR=/opt/p/lib64/multi", "INCLUDEDIR=/usr/include/p"], Path::new("/opt/p"));
    let lib = stage.path().join("opt/p/lib64/multi");
    assert!(lib.join("libpersonr.so").exists() && stage.path().join("usr/include/p/personr.h").is_file());
    let pc = fs::read_to_string(lib.join("pkgconfig/personr.pc")).expect("a file");
    assert!(pc.contains("\nlibdir=${prefix}/lib64/multi\nincludedir=/usr/include/p\n"), "{pc}");
    let cmake = fs::read_to_string(lib.join("cmake/personr/personr-config.cmake")).expect("a file");
    assert!(!(pc + &cmake).contains(stage.path().to_str().expect("UTF-8")));
}

#[test]
#[ignore = "run by make check"]
fn the_shared_library_exports_the_functions_of_the_header_and_needs_little() {
    let library = prefix().path().join("lib/libpersonr.so");
    let exported = tool("nm", &["-D", "--defined-only", "--with-symbol-versions"], &library);
    let exported: BTreeSet<_> = exported.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let mut expected: BTreeSet<_> = symbols().iter().map(|name| format!("{name}@@PERSONR_0")).collect();
    expected.insert("PERSONR_0".to_owned());
    assert_eq!(exported.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), expected);

    let dynamic = tool("readelf", &["-d", "-W"], &library);
    let value = |line: &str| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned());
    let needed: Vec<_> = dynamic.lines().filter(|line| line.contains("(NEEDED)")).filter_map(value).collect();
    for object in &needed {
        // All of glibc, but for libgcc_s; newer ones have them in one.
        let known = ["libc.so.", "libgcc_s.so.", "ld-linux", "libpthread.so.", "libdl.so.", "libm.so."];
        assert!(known.iter().any(|name| object.starts_with(name)), "{needed:?}");
    }
    assert!(dynamic.lines().any(|line| line.contains("(SONAME)") && value(line).as_deref() == Some("libpersonr.so.0")));
    assert!(dynamic.contains("NODELETE") && dynamic.contains("BIND_NOW"), "{dynamic}");
    figures!("{} functions exported, each as PERSONR_0; needed: {}", symbols().len(), needed.join(", "));
}

#[test]
#[ignore = "run by make check"]
fn the_static_library_defines_the_functions_of_the_header_and_nothing_else() {
    let defined = tool("nm", &["--defined-only", "--extern-only"], &prefix().path().join("lib/libpersonr.a"));
    let names = defined.lines().filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned);
    assert_eq!(names.collect::<BTreeSet<_>>(), symbols());
}

/// Both bring a standard library of Rust, an allocator and a panic handler.
#[test]
#[ignore = "run by make check"]
fn it_links_beside_another_static_library_in_rust_in_both_orders() {
    let folder = tempfile::tempdir().expect("a folder");
    let consumers = Path::new(ROOT).join("tests/consumers");
    let other = folder.path().join("libother.a");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--crate-type=staticlib", "-Copt-level=1", "-o"]);
    run(rustc.arg(&other).arg(consumers.join("other.rs")));
    let ours = prefix().path().join("lib/libpersonr.a");
    for archives in [[&ours, &other], [&other, &ours]] {
        let program = folder.path().join("program");
        let mut compiler = Command::new(cc());
        compiler.arg(consumers.join("beside.c")).arg("-I").arg(prefix().path().join("include")).args(archives);
        run(compiler.args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program));
        assert_eq!(run(&mut Command::new(&program)), "45 1 argument\n");
    }
}

#[test]
#[ignore = "run by make check"]
fn each_way_of_linking_gives_a_program_that_logs_in() {
    let mut ways = Vec::new();
    for (way, program) in [
        ("by-hand", "cc"),
        ("static", "cc"),
        ("pkg-config", "pkg-config"),
        ("pkg-config-static", "pkg-config"),
        ("cmake", "cmake"),
        ("cmake-static", "cmake"),
        ("meson", "meson"),
    ] {
        if is_installed(program) {
            logs_in(way);
            ways.push(way);
        } else {
            skip(&format!("linking: {way}"), &format!("{program} is not installed"));
        }
    }
    figures!("linked and logged in: {}", ways.join(", "));
}

/// Builds a copy of the project as its `build.sh` says, and runs it.
fn logs_in(way: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let consumers = Path::new(ROOT).join("tests/consumers");
    fs::copy(consumers.join("main.c"), folder.path().join("main.c")).expect("copied");
    for file in fs::read_dir(consumers.join(way)).expect("a project") {
        let file = file.expect("a file");
        fs::copy(file.path(), folder.path().join(file.file_name())).expect("copied");
    }
    let lib = prefix().path().join("lib");
    let mut build = Command::new("sh");
    build.args(["-e", "build.sh"]).current_dir(folder.path());
    build.env("PREFIX", prefix().path()).env("PKG_CONFIG_PATH", lib.join("pkgconfig"));
    run(&mut build);
    let program = ["program", "build/program"].map(|name| folder.path().join(name));
    let program = program.iter().find(|program| program.is_file()).expect("a program was built");
    let is_shared = !way.ends_with("static");
    assert_eq!(tool("readelf", &["-d", "-W"], program).contains("libpersonr.so.0"), is_shared, "{way}");

    let sandbox = Sandbox::start().expect("a sandbox");
    let mut program = Command::new(program);
    program.env("LD_LIBRARY_PATH", lib).env("PERSONR_EMAIL", DEFAULT_EMAIL).env("PERSONR_PASSWORD", DEFAULT_PASSWORD);
    program.env("PERSONR_BASE_URL", sandbox.base_url()).env("PERSONR_CA_FILE", sandbox.ca_file());
    let said = run(&mut program);
    let token = sandbox.live_token(DEFAULT_EMAIL).expect("a token was issued");
    assert_eq!(said, format!("libpersonr {}: Bearer {}...\n", env!("CARGO_PKG_VERSION"), &token[..6]), "{way}");
}

#[test]
#[ignore = "run by make check"]
fn the_c_suite_runs_on_it() {
    let library = prefix().path().join("lib/libpersonr.so");
    for folder in ["examples-c", "tests/c"] {
        let ran = run_all(folder, "on the installed library", |source, flags| {
            Program::compiled_in(Workshop::of(&library), &[source], flags)
        });
        figures!("{} programs of {folder} on the installed library, {} scenarios", ran.programs, ran.scenarios);
    }
}

/// It has no names inside, by which the suppressions of `tests/valgrind.supp` go.
#[test]
#[ignore = "run by make check"]
fn valgrind_has_nothing_to_say_of_it_with_the_suppressions_for_it() {
    let library = prefix().path().join("lib/libpersonr.so");
    let program = Program::compiled_in(Workshop::of(&library), &[source("examples-c/login.c")], &[]);
    let sandbox = Sandbox::start().expect("a sandbox");
    let log_in = |suppressions: &[&str]| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["-q", "--leak-check=full", "--errors-for-leak-kinds=definite", "--error-exitcode=99"]);
        valgrind.args(suppressions).arg(&program.path).current_dir(ROOT);
        valgrind.env("PERSONR_BASE_URL", sandbox.base_url()).env("PERSONR_CA_FILE", sandbox.ca_file());
        valgrind.env("PERSONR_EMAIL", DEFAULT_EMAIL).env("PERSONR_PASSWORD", DEFAULT_PASSWORD);
        valgrind.output().expect("valgrind runs")
    };
    let output = log_in(&["--suppressions=packaging/valgrind.supp"]);
    assert!(output.status.success() && !said(&output).contains("=="), "{}", said(&output));
    assert_eq!(log_in(&[]).status.code(), Some(99), "nothing is left to suppress");
}

/// What it wrote; it must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}:\n{}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
#[ignore = "run by make check"]
fn each_manual_page_can_be_read() {
    if !is_installed("man") {
        return skip("manual pages", "man is not installed (Debian: man-db)");
    }
    for function in symbols() {
        let page = prefix().path().join("share/man/man3").join(format!("{function}.3"));
        let mut man = Command::new("man");
        man.args(["--warnings", "--local-file"]).arg(&page).env("MANWIDTH", "100").env("MANROFFOPT", "-rHY=0");
        let output = man.output().expect("man runs");
        assert!(output.status.success() && output.stderr.is_empty(), "{function}: {}", said(&output));
        let text = said(&output);
        for part in ["NAME", "SYNOPSIS", "#include <personr.h>", "DESCRIPTION", "SEE ALSO"] {
            assert!(text.contains(part), "{function} has no {part}:\n{text}");
        }
        assert!(
            !text.contains("@param") && !text.contains("@return") && !text.contains("#PERSONR"),
            "{function}:\n{text}"
        );
    }
}

/// The page on linking quotes the projects that are built here.
#[test]
fn each_snippet_of_the_page_on_linking_is_a_file_of_a_project() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/linking.md")).expect("the page");
    let snippets: Vec<_> =
        page.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').expect("a line").1).collect();
    let mut quoted = BTreeSet::new();
    for snippet in &snippets {
        let found = project_files().into_iter().find(|(_, text)| text == snippet);
        quoted.insert(found.unwrap_or_else(|| panic!("no project has this:\n{snippet}")).0);
    }
    for project in ["by-hand", "static", "pkg-config", "cmake", "meson"] {
        assert!(
            quoted.iter().any(|file| file.starts_with(&format!("{project}/"))),
            "{project} is not quoted: {quoted:?}"
        );
    }
}

/// Name and text of each file of the projects.
fn project_files() -> Vec<(String, String)> {
    let folder = Path::new(ROOT).join("tests/consumers");
    let projects = fs::read_dir(&folder).expect("the projects").map(|entry| entry.expect("an entry").path());
    let mut files = vec![("main.c".to_owned(), fs::read_to_string(folder.join("main.c")).expect("text"))];
    for project in projects.filter(|path| path.is_dir()) {
        for file in fs::read_dir(&project).expect("a project") {
            let path = file.expect("a file").path();
            let name = path.strip_prefix(&folder).expect("below it").display().to_string();
            files.push((name, fs::read_to_string(&path).expect("text")));
        }
    }
    files
}
