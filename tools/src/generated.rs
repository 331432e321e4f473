//! The one table of the files in the tree that are made from the header. `make header` writes them, and the tests compare.

use crate::{Header, copybook, ffi, lists, modulemap};

/// The path of each file, and its text.
#[must_use]
pub fn files(header: &Header) -> [(&'static str, String); 5] {
    [
        ("abi/personr.symbols", lists::symbols(header)),
        ("bindings/cobol/PERSONR.cpy", copybook::constants(header)),
        ("bindings/swift/Sources/CPersonr/module.modulemap", modulemap::of_the_swift_package()),
        // What Python's cffi reads, too.
        ("include/personr.ffi.h", ffi::declarations(header)),
        ("include/personr/module.modulemap", modulemap::installed()),
    ]
}
