//! Finds the texts in a document that is meant to be JSON and is broken. The service's own refusal is one: it ends with
//! a comma too many.
//!
//! The structure of the document is not relied on. A quoted name, a colon and a quoted text are a *member*, wherever
//! they stand. If something else follows a quote, the search goes on at the next quote.
//!
//! This is for refusals alone. A token must not be taken from a document that may have been cut off: a part of a token
//! looks like a whole one.

use zeroize::Zeroizing;

use super::decode::{Text, backslash};

/// The longest name of a member. No name that is asked for is longer.
const NAME_MAX: usize = 32;
const QUOTES: [char; 2] = ['"', '\''];

/// The members in their order. A name may stand twice.
#[derive(Default)]
pub(super) struct Members(Vec<(String, Text)>);

impl Members {
    /// The members of a body. A web page has none: a document in one of its scripts, or one that it shows, is not the
    /// service's answer.
    pub(super) fn of(body: &[u8]) -> Self {
        let text = decoded(body);
        let (before, rest) = text.split_at(text.find('{').unwrap_or(text.len()));
        if before.contains('<') {
            return Self::default();
        }
        let mut members = Vec::new();
        let mut rest = rest;
        while let Some(at) = rest.find(QUOTES) {
            rest = rest.get(at..).unwrap_or_default();
            match member(rest) {
                Some((name, value, behind)) => {
                    members.push((name.to_owned(), value));
                    rest = behind;
                }
                None => rest = rest.get(1..).unwrap_or_default(),
            }
        }
        Self(members)
    }

    /// The texts of the members with this name, without the empty ones.
    pub(super) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(found, text)| found == name && !text.is_empty()).map(|(_, text)| text.as_str())
    }
}

/// The body as a text: UTF-16 if it begins with the byte order mark of UTF-16, else UTF-8. What is broken in it becomes
/// U+FFFD.
fn decoded(body: &[u8]) -> Text {
    let unit: fn([u8; 2]) -> u16 = match body {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return Zeroizing::new(String::from_utf8_lossy(body).into_owned()),
    };
    let units = body.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.into()
}

/// The member whose name begins with the quote at the start of `text`: its name, its text, and the rest of the
/// document. The rest begins with the quote that ended the text, and not behind it: if the text's own quote is missing,
/// that one opens the name of the next member. `None` if the text is cut off.
fn member(text: &str) -> Option<(&str, Text, &str)> {
    let (name, rest) = quoted_name(text)?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let quote = rest.chars().next().filter(|c| QUOTES.contains(c))?;
    let (value, behind) = value(rest.get(1..)?, quote)?;
    Some((name, value, behind))
}

fn quoted_name(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next()?;
    let text = text.get(1..)?;
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = text.bytes().take(NAME_MAX + 1).take_while(is_of_name).count();
    let (name, rest) = text.split_at(length);
    (1..=NAME_MAX).contains(&length).then_some((name, rest.strip_prefix(quote)?))
}

/// The value up to its closing quote, and the rest from that quote on. The quote is looked for first, so that the
/// buffer has its full size from the start: one that grew would leave copies of a secret behind.
fn value(text: &str, quote: char) -> Option<(Text, &str)> {
    let mut is_escaped = false;
    let end = text.find(|c| {
        let is_end = c == quote && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    let (mut rest, behind) = text.split_at(end);
    let mut value = Zeroizing::new(String::with_capacity(end));
    while let Some(first) = rest.chars().next() {
        let escaped = if first == '\\' { backslash(rest) } else { None };
        let (c, length) = escaped.unwrap_or((first, first.len_utf8()));
        value.push(c);
        rest = rest.get(length..).unwrap_or_default();
    }
    Some((value, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> Vec<(String, String)> {
        Members::of(text.as_bytes()).0.into_iter().map(|(name, value)| (name, value.to_string())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_text_is_found_by_its_name() {
        let text =
            r#"{"a":"1","b":2,"c" : {"d":"\"4\\"},'e':'it\'s',"a":"again","f":["g"],"not a name":"x","h":"\u00e4"}"#;
        let expected = [("a", "1"), ("d", "\"4\\"), ("e", "it's"), ("a", "again"), ("h", "\u{e4}")];
        assert_eq!(members(text), pairs(&expected));
        assert_eq!(Members::of(text.as_bytes()).texts("a").collect::<Vec<_>>(), ["1", "again"]);
    }

    #[test]
    fn a_broken_member_does_not_spoil_the_others() {
        for text in [
            r#"{"a":"one "b" two","c":"3"}"#,
            r#"{"a":"one , "c":"3","#,
            "{\"a\": NaN\t\"c\":\"3\" \"d\":\"cut",
            r#"junk {{{]]] "" "c":"3" } behind"#,
        ] {
            let found = Members::of(text.as_bytes());
            assert_eq!(found.texts("c").collect::<Vec<_>>(), ["3"], "{text}");
            assert_eq!(found.texts("d").count(), 0, "{text}");
        }
    }

    #[test]
    fn neither_a_page_nor_a_text_has_members() {
        for text in ["", "\"a\":\"b\"", "<html>{\"a\":\"b\"}", "see <a>: {\"a\":\"b\"}", "{\"a\":\"b"] {
            assert_eq!(members(text), [], "{text}");
        }
    }
}
