//! Cleans the texts that leave the library in an error or in the log. They are not all our own words: a service or a
//! store may have put anything into them.

/// The longest message, in characters. The real ones of the service are ten times shorter.
pub(crate) const MESSAGE_MAX: usize = 1000;
/// The longest reason, in characters. By the service's documentation it is one word.
pub(crate) const REASON_MAX: usize = 100;
/// The longest line of the log: a message, its reason, and what is known of the login.
pub(crate) const LINE_MAX: usize = 2000;

/// `text` on one line and at most so many characters long, with a space for each character that a reader would not see,
/// or that moves or hides others: in a terminal or a log viewer such a text could pass for another line, or for ours.
pub(crate) fn clean(mut text: String, most: usize) -> String {
    if text.chars().any(is_hidden) {
        text = text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    }
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    text
}

/// Controls, line breaks of any kind, and what Unicode calls format characters or says to be ignored by default.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control() || (!c.is_ascii() && HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&c)))
}

/// The general categories Zl, Zp and Cf, and the property Default_Ignorable_Code_Point (Unicode 16), in ranges. The
/// property reserves whole ranges for characters to come.
const HIDDEN: [(char, char); 25] = [
    ('\u{ad}', '\u{ad}'), // soft hyphen
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'), // Arabic letter mark
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'), // zero-width characters, left-to-right and right-to-left marks
    ('\u{2028}', '\u{202e}'), // line and paragraph separators, bidirectional embeddings and overrides
    ('\u{2060}', '\u{206f}'), // word joiner, bidirectional isolates
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'), // variation selectors
    ('\u{feff}', '\u{feff}'), // byte order mark
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'), // tags and further variation selectors
];

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> String {
        clean(text.to_owned(), MESSAGE_MAX)
    }

    #[test]
    fn each_invisible_character_becomes_a_space() {
        for hidden in [
            '\0',
            '\t',
            '\n',
            '\r',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{206a}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{1d173}',
            '\u{e0000}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e007f}',
            '\u{e0080}',
            '\u{e0100}',
            '\u{e0fff}',
        ] {
            assert_eq!(cleaned(&format!("a{hidden}b")), "a b", "{hidden:?}");
        }
    }

    #[test]
    fn visible_characters_stay() {
        for text in
            ["", "We didn\u{2019}t find an account", "\u{e4}\u{3b1}\u{416}\u{5d0}\u{645}\u{4e2d}\u{1f600}", "a b"]
        {
            assert_eq!(cleaned(text), text);
        }
    }

    #[test]
    fn the_length_is_counted_in_characters() {
        assert_eq!(clean("\u{e4}".repeat(5), 3), "\u{e4}".repeat(3));
        assert_eq!(clean("abc".to_owned(), 3), "abc");
        assert_eq!(cleaned(&"\u{200b}".repeat(5000)), " ".repeat(MESSAGE_MAX));
    }
}
