//! Hexadecimal, for hashes.

use std::fmt::Write;

/// In small letters.
pub(crate) fn of(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing into a `String` does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
