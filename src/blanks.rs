//! Finds blanks around a value. A field of a fixed length is filled up with them, and a line that was read from a file
//! still has its line break.
//!
//! Such a value is refused. If the blanks were cut off silently, nobody could tell which account, directory or host was
//! meant.

/// What is wrong with a value that begins or ends with a blank.
pub(crate) fn problem_of(value: &[u8]) -> Option<&'static str> {
    let first = value.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let last = value.utf8_chunks().last().filter(|chunk| chunk.invalid().is_empty());
    let last = last.and_then(|chunk| chunk.valid().chars().next_back());
    let begins = first.and_then(|first| match first {
        ' ' => Some("it begins with a space"),
        '\t' => Some("it begins with a tab"),
        '\n' | '\r' => Some("it begins with a line break"),
        other => is_blank(other).then_some("it begins with a blank"),
    });
    begins.or_else(|| match last? {
        ' ' => Some("it ends with a space"),
        '\t' => Some("it ends with a tab"),
        '\n' | '\r' => Some("it ends with a line break"),
        other => is_blank(other).then_some("it ends with a blank"),
    })
}

/// Unicode's white space, and characters without width that come along when a text is copied: marks of direction around
/// what a page or a dialog shows, and U+FEFF before what an editor calls UTF-8 with BOM. Joiners and variation
/// selectors do not count, since they belong to the character before them.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_found_at_both_ends_and_not_in_the_middle() {
        for (value, problem) in [
            ("", None),
            ("a b", None),
            ("a\u{a0}b", None),
            (" ", Some("it begins with a space")),
            (" a ", Some("it begins with a space")),
            ("a ", Some("it ends with a space")),
            ("\ta", Some("it begins with a tab")),
            ("a\t", Some("it ends with a tab")),
            ("a\r\n", Some("it ends with a line break")),
            ("\ra", Some("it begins with a line break")),
            ("a\u{a0}", Some("it ends with a blank")),
            ("\u{3000}a", Some("it begins with a blank")),
            ("\u{feff}a", Some("it begins with a blank")),
            ("a\u{200b}", Some("it ends with a blank")),
            ("\u{200e}a", Some("it begins with a blank")),
            ("a\u{202c}", Some("it ends with a blank")),
            ("a\u{2060}", Some("it ends with a blank")),
            ("\u{2066}a\u{2069}", Some("it begins with a blank")),
            // Parts of what is seen before them.
            ("\u{2764}\u{fe0f}", None),
            ("a\u{200d}", None),
            ("a\u{b}", Some("it ends with a blank")),
            ("\u{2029}a", Some("it begins with a blank")),
        ] {
            assert_eq!(problem_of(value.as_bytes()), problem, "{value:?}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_no_blank() {
        // In Latin-1 the last of them would be a no-break space; in UTF-8 it is a part of many letters.
        for value in [&b"\xffa\xff"[..], b"\xff", b"a\xa0", b"\xc2"] {
            assert_eq!(problem_of(value), None, "{value:?}");
        }
        assert_eq!(problem_of(b" \xff"), Some("it begins with a space"));
        assert_eq!(problem_of(b"\xff "), Some("it ends with a space"));
    }
}
