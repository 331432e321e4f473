//! A handle of another type is refused by each function, in place of each handle that it takes. Else a wrong cast
//! would be a crash, or worse.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use personr_sandbox::Sandbox;
use personr_testkit::c_program::{Account, Checker, Program, source};
use personr_testkit::compile::{ROOT, Workshop, cc};
use personr_testkit::figures::figures;
use personr_tools::{Function, Header, Type};

fn header() -> Header {
    let text = fs::read_to_string(Path::new(ROOT).join("include/personr.h")).expect("the header");
    Header::parse(&text).unwrap_or_else(|error| panic!("personr.h, {error}"))
}

/// The calls of a C program, one for each handle that a function takes and each other type of handle.
struct Calls<'a> {
    types: Vec<&'a str>,
    text: String,
    count: usize,
}

impl Calls<'_> {
    /// The type of the handle that this is a pointer to.
    fn handle(&self, of: &Type) -> Option<&str> {
        self.types.iter().copied().find(|name| *name == of.base && of.pointers == 1)
    }

    /// `wrong` is the number of a parameter, and `other` what is given for it.
    fn add(&mut self, function: &Function, wrong: usize, other: &str) {
        let (name, signature) = (&function.name, &function.signature);
        let parameter = &signature.parameters[wrong];
        let with = |value: &str| {
            let arguments = signature.parameters.iter().enumerate().map(|(at, parameter)| match at == wrong {
                true => value.to_owned(),
                false => self.argument(&parameter.of),
            });
            format!("{name}({})", arguments.collect::<Vec<_>>().join(", "))
        };
        let call = with(&format!("({} *)(void *)made_{other}()", parameter.of.base));
        let like_null = with("NULL");
        let result = &signature.result;
        let check = if result.is("personr_status", 0) && signature.parameters.iter().any(is_error_output) {
            format!("status = {call}; refused(\"{name}\", \"{}\", status, error);", parameter.name)
        } else if result.is_void() {
            format!("{call};")
        } else if result.is("char", 1) {
            format!("CHECK(strcmp({call}, {like_null}) == 0);")
        } else {
            format!("CHECK({call} == {like_null});")
        };
        writeln!(self.text, "    {check}").expect("written");
        self.count += 1;
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
            None if of.pointers == 1 || of.base.ends_with("_fn") => "NULL".to_owned(),
            None => "1".to_owned(),
        }
    }
}

fn is_error_output(parameter: &personr_tools::Parameter) -> bool {
    parameter.of.is("personr_error", 2)
}

#[test]
fn a_handle_of_another_type_is_refused() {
    let header = header();
    let types = header.opaque.iter().map(|opaque| &*opaque.name).collect();
    let mut calls = Calls { types, text: String::new(), count: 0 };
    let mut functions = 0;
    for function in &header.functions {
        let before = calls.count;
        for (at, parameter) in function.signature.parameters.iter().enumerate() {
            let Some(right) = calls.handle(&parameter.of).map(str::to_owned) else { continue };
            let others: Vec<_> =
                calls.types.iter().copied().filter(|other| *other != right).map(str::to_owned).collect();
            others.iter().for_each(|other| calls.add(function, at, other));
        }
        functions += usize::from(calls.count > before);
    }
    let main = format!(
        "#include \"made.h\"\n\nint main(void)\n{{\n    static char place[PERSONR_AUTHORIZATION_MAX];\n    \
         void *output = NULL;\n    personr_error *error = NULL;\n    personr_status status;\n\n{}    \
         CHECK(output == NULL && place[0] == '\\0');\n    end_all();\n    return EXIT_SUCCESS;\n}}\n",
        calls.text
    );
    let workshop = Workshop::new();
    let main = workshop.write("main.c", &main);
    let include = |folder: &str| format!("-I{}", source(folder).display());
    let arguments = ["-std=c99", "-Wall", "-Werror", &include("tests/c"), &include("tests/interface/handles")];
    let arguments: Vec<_> = arguments.into_iter().chain([main.to_str().expect("UTF-8")]).collect();
    let path = workshop.program("program", &cc(), &arguments);
    let sandbox = Sandbox::start().expect("a sandbox");
    Program { path, checker: Checker::None, workshop }.run(&Account::of(&sandbox), &[]).assert_code(0);
    assert_eq!(sandbox.counters().requests, 1, "nothing but the one token was asked for");
    assert!(functions > 25 && calls.count >= functions * 3, "{functions} functions, {} calls", calls.count);
    figures!("{functions} functions refuse handles of other types, in {} calls", calls.count);
}
