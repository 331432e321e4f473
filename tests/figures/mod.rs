//! Figures that a test shows although it passes: of what `println` writes cargo shows only that of tests that fail.

macro_rules! figures {
    ($($text:tt)*) => {{
        use std::io::Write;
        // One write, since tests run side by side.
        std::io::stderr().write_all(format!("{}\n", format_args!($($text)*)).as_bytes()).expect("stderr can be written");
    }};
}

pub(crate) use figures;
