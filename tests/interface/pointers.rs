//! What each function does with a pointer that it cannot use: NULL, or a handle of another type. And what compilers are
//! told of pointers.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use personr_sandbox::Sandbox;
use personr_testkit::c_program::{Account, Checker, Program, source};
use personr_testkit::compile::{ROOT, Workshop, cc, is_installed, said, skip};
use personr_testkit::figures::figures;
use personr_tools::{Function, Header, Null, Parameter, Type};

fn header() -> Header {
    let text = fs::read_to_string(Path::new(ROOT).join("include/personr.h")).expect("the header");
    Header::parse(&text).unwrap_or_else(|error| panic!("personr.h, {error}"))
}

/// The calls of a C program. Each has one argument that the function cannot use, or NULL, and is otherwise fine.
struct Calls<'a> {
    header: &'a Header,
    text: String,
    count: usize,
}

impl<'a> Calls<'a> {
    fn new(header: &'a Header) -> Self {
        Self { header, text: String::new(), count: 0 }
    }

    /// The type of the handle that this is a pointer to.
    fn handle(&self, of: &Type) -> Option<&'a str> {
        let types = self.header.opaque.iter().map(|opaque| &*opaque.name);
        types.into_iter().find(|name| *name == of.base && of.pointers == 1)
    }

    /// A call with this value for the parameter of this number.
    fn call(&self, function: &Function, number: usize, value: &str) -> String {
        let arguments = function.signature.parameters.iter().enumerate().map(|(at, parameter)| match at == number {
            true => value.to_owned(),
            false => self.argument(&parameter.of),
        });
        format!("{}({})", function.name, arguments.collect::<Vec<_>>().join(", "))
    }

    /// What is as good as any for this parameter.
    fn argument(&self, of: &Type) -> String {
        match self.handle(of) {
            Some(name) => format!("made_{name}()"),
            None if of.is("personr_error", 2) => "&error".to_owned(),
            None if of.pointers == 2 => format!("({} **)&output", of.base),
            None if of.is("char", 1) && of.is_const => "\"x\"".to_owned(),
            None if of.is("uint8_t", 1) && of.is_const => "(const uint8_t *)\"x\"".to_owned(),
            None if of.pointers == 1 && !of.is_void() => format!("({} *)place", of.base),
            None if of.pointers == 1 => "NULL".to_owned(),
            None if of.base.ends_with("_fn") => format!("some_{}", of.base),
            // A buffer of no length may be NULL.
            None if of.base == "size_t" => "0".to_owned(),
            None => "1".to_owned(),
        }
    }

    fn add(&mut self, line: &str) {
        writeln!(self.text, "    {line}").expect("written");
        self.count += 1;
    }

    /// A handle of another type in place of the right one.
    fn add_wrong_handle(&mut self, function: &Function, number: usize, other: &str) {
        let parameter = &function.signature.parameters[number];
        let call = self.call(function, number, &format!("({} *)(void *)made_{other}()", parameter.of.base));
        let like_null = self.call(function, number, "NULL");
        let result = &function.signature.result;
        self.add(&if reports(function) {
            format!("status = {call}; is_refused(\"{}\", \"{}\", status, error);", function.name, parameter.name)
        } else if result.is_void() {
            format!("{call};")
        } else if result.is("char", 1) {
            format!("CHECK(strcmp({call}, {like_null}) == 0);")
        } else {
            format!("CHECK({call} == {like_null});")
        });
    }

    /// NULL in place of anything.
    fn add_null(&mut self, function: &Function, number: usize) {
        let parameter = &function.signature.parameters[number];
        let call = self.call(function, number, "NULL");
        self.add(&match (reports(function), parameter.of.null) {
            (true, null) if !parameter.of.is("personr_error", 2) => {
                let check = if null == Null::Allowed { "takes_null" } else { "needs" };
                format!("status = {call}; {check}(\"{}\", \"{}\", status, error);", function.name, parameter.name)
            }
            _ if function.signature.result.is_void() => format!("{call};"),
            _ => format!("(void){call};"),
        });
    }

    /// Runs them. Nothing has been written by them, and the handles are as they were.
    fn run(&self) {
        let callbacks = self.header.callbacks.iter().map(|callback| {
            let returned = if callback.signature.result.is_void() { "" } else { "    return 0;\n" };
            let mut text = personr_tools::c::callback(callback, false).replacen("typedef ", "static ", 1);
            text = text.replacen(&format!("(*{})", callback.name), &format!("some_{}", callback.name), 1);
            let unused = callback.signature.parameters.iter().map(|it| format!("    (void){};\n", it.name));
            format!("{}\n{{\n{}{returned}}}\n\n", text.trim_end_matches(';'), unused.collect::<String>())
        });
        let main = format!(
            "#include \"made.h\"\n\n{}int main(void)\n{{\n    static char place[PERSONR_AUTHORIZATION_MAX];\n    \
             void *output = NULL;\n    personr_error *error = NULL;\n    personr_status status;\n\n    make_all();\n{}    (void)place;\n    \
             (void)output;\n    (void)status;\n    end_all();\n    return EXIT_SUCCESS;\n}}\n",
            callbacks.collect::<String>(),
            self.text
        );
        let workshop = Workshop::new();
        let main = workshop.write("main.c", &main);
        let include = |folder: &str| format!("-I{}", source(folder).display());
        let flags = ["-std=c99", "-Wall", "-Wno-unused-function", "-Werror"];
        let includes =
            [include("tests/c"), include("tests/interface/pointers"), main.to_str().expect("UTF-8").to_owned()];
        let arguments: Vec<_> = flags.into_iter().chain(includes.iter().map(|it| &**it)).collect();
        let path = workshop.program("program", &cc(), &arguments);
        let sandbox = Sandbox::start().expect("a sandbox");
        Program { path, checker: Checker::None, workshop }.run(&Account::of(&sandbox), &[]).assert_code(0);
    }
}

/// Whether it says by a status and an error what is wrong.
fn reports(function: &Function) -> bool {
    let has_error = |parameter: &Parameter| parameter.of.is("personr_error", 2);
    function.signature.result.is("personr_status", 0) && function.signature.parameters.iter().any(has_error)
}

/// Else a wrong cast would be a crash, or worse.
#[test]
fn a_handle_of_another_type_is_refused() {
    let header = header();
    let mut calls = Calls::new(&header);
    for function in &header.functions {
        for (number, parameter) in function.signature.parameters.iter().enumerate() {
            let Some(right) = calls.handle(&parameter.of) else { continue };
            let others = header.opaque.iter().filter(|other| other.name != right);
            others.for_each(|other| calls.add_wrong_handle(function, number, &other.name));
        }
    }
    calls.run();
    assert!(calls.count > 100, "{} calls", calls.count);
    figures!("handles of other types are refused, in {} calls", calls.count);
}

/// The annotations come from the comments, so this is what the comments say.
#[test]
fn null_is_taken_where_the_header_allows_it_and_refused_elsewhere() {
    let header = header();
    let mut calls = Calls::new(&header);
    for function in &header.functions {
        for (number, parameter) in function.signature.parameters.iter().enumerate() {
            if header.is_pointer(&parameter.of) {
                calls.add_null(function, number);
            }
        }
    }
    calls.run();
    assert!(calls.count > 80, "{} calls", calls.count);
    figures!("NULL for each pointer is as the header says, in {} calls", calls.count);
}

/// What clang says of a program, with every warning on nullability.
fn clang(statements: &str) -> Output {
    let workshop = Workshop::new();
    let text = format!("#include <personr.h>\nvoid f(personr_auth *a, personr_error *e)\n{{\n    {statements}\n}}\n");
    let program = workshop.write("program.c", &text);
    let mut clang = Command::new("clang");
    clang.args([
        "-std=c89",
        "-fsyntax-only",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Wnullability-completeness",
        "-Werror",
    ]);
    clang.arg("-I").arg(source("include")).arg(program).output().expect("clang runs")
}

#[test]
fn clang_warns_of_a_null_that_is_not_allowed() {
    if !is_installed("clang") {
        return skip("what clang says of NULL", "clang is not installed");
    }
    for (statements, is_right) in [
        ("(void)personr_auth_reject(a, \"token\", &e);", true),
        ("(void)personr_auth_reject(a, \"token\", NULL); (void)e;", true),
        ("(void)personr_auth_reject(a, NULL, &e);", false),
        ("(void)personr_auth_reject(NULL, \"token\", &e);", false),
        ("(void)personr_auth_new(\"e\", NULL, NULL, &a, &e);", true),
        ("(void)personr_auth_new(\"e\", \"p\", NULL, NULL, &e);", false),
        ("personr_auth_free(NULL); (void)a; (void)e;", true),
    ] {
        let output = clang(statements);
        assert_eq!(output.status.success(), is_right, "{statements}\n{}", said(&output));
        assert!(is_right || said(&output).contains("-Wnonnull"), "{statements}\n{}", said(&output));
    }
}
