//! Module maps, by which clang makes a module of the header: for Swift and Objective-C.

/// `include/personr/module.modulemap`, which is installed.
#[must_use]
pub fn installed() -> String {
    let comment = "\
// For Swift and Objective-C: import personr. It is found where personr.h is, by the name of this folder. The folder is
// for this file alone, since a module map beside personr.h would speak for all of that folder, as /usr/include.
";
    comment.to_owned() + &module("personr", "../personr.h")
}

/// That of the Swift package, in which `shim.h` includes the header from wherever pkg-config finds it. A header of the
/// system gives no warnings.
#[must_use]
pub fn of_the_swift_package() -> String {
    module("CPersonr [system]", "shim.h")
}

fn module(name: &str, header: &str) -> String {
    format!("module {name} {{\n    header \"{header}\"\n    link \"personr\"\n    export *\n}}\n")
}
