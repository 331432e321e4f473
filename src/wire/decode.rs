//! Takes the escapes off a text: those of HTML, URLs, forms, JSON and source texts. A text may have been escaped more
//! than once, so this goes layer by layer.
//!
//! The result is only searched for secrets, and never shown. So it need not be exact, and where an escape can mean two
//! things, one is guessed: `+`, for example, counts as the space that a form means by it.

use zeroize::Zeroizing;

/// A text that may hold a secret.
pub(super) type Text = Zeroizing<String>;

/// A framework adds one layer or two, and a gateway that passes its answer on may add another. What has more than this
/// counts as endless.
const LAYERS_MAX: usize = 8;
/// Longer than any name of a character in HTML.
const ENTITY_MAX: usize = 34;
const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// The text as it is, then without one layer of escapes, then without two, until nothing changes any more. `None` if it
/// still changes after [`LAYERS_MAX`].
pub(super) fn layers(text: &str) -> Option<Vec<Text>> {
    let mut layers = vec![Zeroizing::new(text.to_owned())];
    for _ in 0..=LAYERS_MAX {
        let outer = layers.last()?;
        let inner = without_a_layer(outer);
        if inner == *outer {
            return Some(layers);
        }
        layers.push(inner);
    }
    None
}

/// The text without its outer layer of escapes. The buffer has its full size from the start: one that grew would leave
/// copies of a secret behind.
fn without_a_layer(text: &str) -> Text {
    let mut decoded = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let escaped = match first {
            '+' => Some((' ', 1)),
            '%' => percent(rest),
            '&' => entity(rest),
            '\\' => backslash(rest),
            _ => None,
        };
        let (c, length) = match escaped {
            Some((c, length)) => (if c.is_control() { ' ' } else { c }, length),
            None => (first, first.len_utf8()),
        };
        decoded.push(c);
        rest = rest.get(length..).unwrap_or_default();
    }
    decoded
}

/// The character that the escape at the start of a text stands for, and how many bytes the escape takes.
type Escaped = Option<(char, usize)>;

/// Percent-encoding: `%C3%A4` (UTF-8), `%E4` (Latin-1), and `%u20AC`, which JavaScript's `escape` writes.
fn percent(text: &str) -> Escaped {
    match text.strip_prefix("%u").and_then(|digits| number(digits, 4, 16)) {
        Some(code) => Some((char::from_u32(code).unwrap_or(UNKNOWN), 6)),
        None => bytes(text, "%", 2, 16),
    }
}

/// A character in HTML: `&amp;`, `&#39;`, `&#x27;`. For a name that is not known here it is U+FFFD.
fn entity(text: &str) -> Escaped {
    let body = text.strip_prefix('&')?;
    if let Some(number) = body.strip_prefix('#') {
        let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |digits| (digits, 16));
        let count = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
        let code = u32::from_str_radix(digits.get(..count).filter(|digits| !digits.is_empty())?, radix);
        let end = text.len() - digits.len() + count;
        let has_end = text.get(end..).is_some_and(|behind| behind.starts_with(';'));
        return Some((code.ok().and_then(char::from_u32).unwrap_or(UNKNOWN), end + usize::from(has_end)));
    }
    let end = body.bytes().take(ENTITY_MAX).position(|byte| byte == b';')?;
    let name =
        body.get(..end).filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => UNKNOWN,
    };
    Some((c, name.len() + 2))
}

/// An escape with a backslash, as JSON, JavaScript, Python, C, Go and Rust write it: `\n`, `\/`, `\u00e4`,
/// `\ud83d\ude00`, `\u{e4}`, `\U000000e4`, `\xc3\xa4`, `\303\244`.
pub(super) fn backslash(text: &str) -> Escaped {
    let escape = text.strip_prefix('\\')?;
    match escape.chars().next()? {
        'n' | 'r' | 't' | 'b' | 'f' | 'v' => Some((' ', 2)),
        'u' if escape.starts_with("u{") => {
            let (digits, _) = escape.get(2..)?.split_once('}').filter(|(digits, _)| digits.len() <= 8)?;
            let code = number(digits, digits.len(), 16)?;
            Some((char::from_u32(code).unwrap_or(UNKNOWN), digits.len() + 4))
        }
        'u' => utf16(text),
        'U' => Some((number(escape.get(1..)?, 8, 16).and_then(char::from_u32)?, 10)),
        'x' => bytes(text, "\\x", 2, 16),
        '0'..='3' => bytes(text, "\\", 3, 8),
        c if c.is_ascii_punctuation() => Some((c, 2)),
        _ => None,
    }
}

/// `\u00e4`, or two of these for a character beyond 16 bits (a surrogate pair).
fn utf16(text: &str) -> Escaped {
    let unit = |text: &str| number(text.strip_prefix("\\u")?, 4, 16);
    let first = unit(text)?;
    let second = text.get(6..).and_then(unit).filter(|unit| (0xdc00..0xe000).contains(unit));
    match second {
        Some(second) if (0xd800..0xdc00).contains(&first) => {
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            Some((char::from_u32(code).unwrap_or(UNKNOWN), 12))
        }
        _ => Some((char::from_u32(first).unwrap_or(UNKNOWN), 6)),
    }
}

/// A character whose bytes are escaped one by one, each as `mark` and so many digits. The bytes are UTF-8; if they are
/// not, the first one counts as Latin-1.
fn bytes(text: &str, mark: &str, digits: usize, radix: u32) -> Escaped {
    let length = mark.len() + digits;
    let byte = |at: usize| {
        let digits_at = text.get(at * length..)?.strip_prefix(mark)?;
        u8::try_from(number(digits_at, digits, radix)?).ok()
    };
    let first = byte(0)?;
    let count = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let all = (0..count).map(byte).collect::<Option<Vec<_>>>().map(Zeroizing::new);
    let c = all.and_then(|all| std::str::from_utf8(&all).ok()?.chars().next());
    Some(c.map_or((char::from(first), length), |c| (c, count * length)))
}

/// The number at the start of a text that is written with exactly so many digits.
fn number(text: &str, digits: usize, radix: u32) -> Option<u32> {
    let digits = text.get(..digits).filter(|digits| digits.chars().all(|c| c.is_digit(radix)))?;
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_escape_stands_for_its_character() {
        for (text, decoded) in [
            ("a+b%20c", "a b c"),
            ("%C3%A4%E4%e2%82%ac%F0%9F%98%80%C3", "\u{e4}\u{e4}\u{20ac}\u{1f600}\u{c3}"),
            ("%u20AC%u00e4", "\u{20ac}\u{e4}"),
            ("&lt;&gt;&amp;&quot;&apos;&#39;&#039;&#x27;&#X27;&#39", "<>&\"'''''\u{27}"),
            ("&nbsp;&auml;&#xffffffffff;&#xd800;", " \u{fffd}\u{fffd}\u{fffd}"),
            (r#"\"\\\/\'\n\t"#, "\"\\/'  "),
            (
                r"\u00e4\ud83d\ude00\u{1f600}\U0001f600\xc3\xa4\xe4\303\244",
                "\u{e4}\u{1f600}\u{1f600}\u{1f600}\u{e4}\u{e4}\u{e4}",
            ),
            (r"\ud83d!\ude00", "\u{fffd}!\u{fffd}"),
            ("%00%0a\\u0000\\u0085&#10;", "     "),
        ] {
            assert_eq!(*without_a_layer(text), *decoded, "{text}");
        }
    }

    #[test]
    fn a_text_without_escapes_stays() {
        for text in [
            "",
            "%",
            "%4",
            "%zz",
            "%u12",
            "&",
            "&;",
            "&#;",
            "&#x;",
            "&a b;",
            "&amp",
            "\\",
            "\\q",
            "\\u12",
            "\\u{",
            "\\u{zz}",
            "\\U0001",
            "\\x4",
            "\\\u{e4}",
            "\\ud8\u{e4}",
        ] {
            assert_eq!(*without_a_layer(text), *text);
        }
    }

    #[test]
    fn each_layer_is_returned() {
        let layers = |text| layers(text).map(|layers| layers.iter().map(|layer| layer.to_string()).collect::<Vec<_>>());
        assert_eq!(layers("plain"), Some(vec!["plain".to_owned()]));
        let seen = ["%2526amp;", "%26amp;", "&amp;", "&"].map(str::to_owned);
        assert_eq!(layers("%2526amp;"), Some(seen.to_vec()));
        assert_eq!(layers(&format!("%{}41", "25".repeat(9))), None);
    }
}
