//! Figures that a test shows although it passes: of what `println` writes cargo shows only that of tests that fail.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};

/// Whether this is `make check`, which takes the time for everything that `make test` takes samples of.
pub fn is_check() -> bool {
    env::var_os("PERSONR_CHECK").is_some()
}

/// Shows a figure. That of a class of `tests/classes` is also kept, for the page that `make check` writes: the file
/// that `PERSONR_FIGURES` names gets a line, class and text with a tab between.
pub fn show(class: Option<&str>, text: &str) {
    // One write each, since tests run side by side.
    io::stderr().write_all(format!("{text}\n").as_bytes()).expect("stderr can be written");
    let (Some(class), Some(file)) = (class, env::var_os("PERSONR_FIGURES")) else { return };
    let mut file = OpenOptions::new().append(true).create(true).open(file).expect("the file of figures opens");
    file.write_all(format!("{class}\t{text}\n").as_bytes()).expect("the file of figures can be written");
}

/// `figures!("{n} kills")`, or `figures!(of "faults": "{n} cuts")` for a class of `tests/classes`.
#[macro_export]
macro_rules! figures {
    (of $class:literal: $($text:tt)*) => { $crate::figures::show(Some($class), &format!($($text)*)) };
    ($($text:tt)*) => { $crate::figures::show(None, &format!($($text)*)) };
}

pub use figures;
