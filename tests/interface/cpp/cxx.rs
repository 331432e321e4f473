//! Compiles the C++ programs: by each compiler and as each standard, without exceptions, and so that their addresses are
//! watched and the lines of the header counted that they run.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Command;

use personr_testkit::c_program::{Checker, Program, source};
use personr_testkit::compile::{ROOT, Workshop, is_installed, said, skip};

pub const FLAGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"];

/// A leak of the program is found in a library that is not watched itself, since the two share one allocator.
const WATCHED: [&str; 5] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g", "-O0"];

/// A compiler, and the standard that it goes by.
#[derive(Clone)]
pub struct Dialect {
    pub compiler: &'static str,
    pub standard: &'static str,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -std={}", self.compiler, self.standard)
    }
}

impl Dialect {
    /// Compiles nothing, and says what the compiler says if that is anything.
    pub fn check(&self, path: &str) -> Result<(), String> {
        let mut command = Command::new(self.compiler);
        command.arg(format!("-std={}", self.standard)).args(FLAGS).arg("-fsyntax-only");
        command.arg(format!("-I{ROOT}/include")).arg(source(path));
        let output = command.output().expect("the compiler runs");
        let said = said(&output);
        if output.status.success() && said.is_empty() { Ok(()) } else { Err(format!("{self}: {said}")) }
    }
}

/// The newest that there is.
pub fn clang() -> Option<&'static str> {
    ["clang++-19", "clang++"].into_iter().find(|compiler| is_installed(compiler))
}

/// What there is here. clang takes the standard library of g++.
pub fn dialects(test: &str) -> Vec<Dialect> {
    let gcc = Some("g++").filter(|compiler| is_installed(compiler));
    if gcc.is_none() {
        skip(&format!("{test} with g++"), "g++ is not installed");
        return Vec::new();
    }
    if clang().is_none() {
        skip(&format!("{test} with clang++"), "clang++ is not installed");
    }
    let compilers = gcc.into_iter().chain(clang());
    // By the name that older compilers know too, it is C++23.
    let standards = ["c++17", "c++20", "c++2b"];
    compilers.flat_map(|compiler| standards.map(|standard| Dialect { compiler, standard })).collect()
}

pub fn compiled(path: &str, dialect: &Dialect, flags: &[&str]) -> Program {
    let workshop = Workshop::new();
    let source = source(path);
    let arguments: Vec<_> = FLAGS.iter().chain(flags).copied().chain([source.to_str().expect("UTF-8")]).collect();
    let path = workshop.program("program", &dialect.to_string(), &arguments);
    Program { path, checker: Checker::None, workshop }
}

pub fn without_exceptions(path: &str, dialect: &Dialect) -> Program {
    compiled(path, dialect, &["-fno-exceptions", "-fno-rtti"])
}

/// By g++, which comes with the runtime of the sanitizers. The object lies beside the program, and so do the counts.
pub fn sanitized(path: &str, flags: &[&str]) -> Program {
    let workshop = Workshop::new();
    let source = source(path);
    let compiler = "g++ -std=c++17";
    let mut compile: Vec<_> = FLAGS.iter().chain(&WATCHED).chain(flags).copied().collect();
    compile.extend(["-c", source.to_str().expect("UTF-8")]);
    let object = workshop.link("program.o", compiler, &compile, &[]);
    let link: Vec<_> = WATCHED.iter().chain(flags).copied().chain([object.to_str().expect("UTF-8")]).collect();
    let path = workshop.program("program", compiler, &link);
    Program { path, checker: Checker::AddressSanitizer, workshop }
}

/// How many lines of the header are code, and those that none of the programs has run.
pub fn uncovered(programs: &[Program]) -> (usize, Vec<String>) {
    let mut lines = BTreeMap::<usize, (bool, String)>::new();
    for program in programs {
        let mut gcov = Command::new("gcov");
        gcov.arg("--stdout").arg(program.workshop.path("program.gcda"));
        let output = gcov.output().expect("gcov runs");
        assert!(output.status.success(), "{}", said(&output));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for (is_run, number, line) in of_the_header(&text) {
            let entry = lines.entry(number).or_insert_with(|| (false, line.to_owned()));
            entry.0 |= is_run;
        }
    }
    let never = lines.iter().filter(|(_, (is_run, _))| !is_run);
    (lines.len(), never.map(|(number, (_, line))| format!("{number}: {line}")).collect())
}

/// "COUNT:NUMBER:TEXT", with "-" for what is no code and "#####" for what was not run. A line of a template is there once
/// for all, and once for each type.
fn of_the_header(text: &str) -> impl Iterator<Item = (bool, usize, &str)> {
    let mut is_header = false;
    text.lines().filter_map(move |line| {
        let mut fields = line.splitn(3, ':').map(str::trim);
        let (count, number, text) = (fields.next()?, fields.next()?.parse().ok()?, fields.next()?);
        if let (0, Some(path)) = (number, text.strip_prefix("Source:")) {
            is_header = path.ends_with("/personr.hpp");
        }
        (is_header && number > 0 && count != "-")
            .then(|| (count.starts_with(|c: char| c.is_ascii_digit()), number, text))
    })
}
