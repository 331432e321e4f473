//! A text as it was before someone escaped it, perhaps more than once: for HTML, a URL, a form, JSON or a source text.
//!
//! It is for looking into a text alone, and never for showing it: what cannot be told for certain is guessed.

use zeroize::Zeroizing;

/// A text that may hold a secret.
pub(super) type Text = Zeroizing<String>;

/// A framework puts on one or two, and who passes its answer on another.
const LAYERS_MAX: usize = 8;
/// Longer than any name of a character in HTML.
const ENTITY_MAX: usize = 34;
const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// The text, and then what is left of it each time a layer of escapes is taken off. `None` if there is no end to them.
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

/// It never grows, and so leaves nothing behind in memory.
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

/// What the escape at the start of a text stands for, and its length.
type Escaped = Option<(char, usize)>;

/// `%C3%A4`, `%E4`, and `%u20AC`, which JavaScript's `escape` writes.
fn percent(text: &str) -> Escaped {
    match text.strip_prefix("%u").and_then(|digits| number(digits, 4, 16)) {
        Some(code) => Some((char::from_u32(code).unwrap_or(UNKNOWN), 6)),
        None => bytes(text, "%", 2, 16),
    }
}

/// `&amp;`, `&#39;`, `&#x27;`. A name that is not known stands for some character.
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

/// What JSON, JavaScript, Python, C, Go and Rust write: `\n`, `\/`, `\u00e4`, `\ud83d\ude00`, `\u{e4}`, `\U000000e4`,
/// `\xc3\xa4`, `\303\244`.
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

/// `\u00e4`, or two of them for what lies beyond 16 bits.
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

/// A character of UTF-8 in escaped bytes; where they are none, the first of them in Latin-1.
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

/// The number that so many digits at the start of a text are.
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
    fn what_is_none_stays() {
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
    fn each_layer_is_seen() {
        let layers = |text| layers(text).map(|layers| layers.iter().map(|layer| layer.to_string()).collect::<Vec<_>>());
        assert_eq!(layers("plain"), Some(vec!["plain".to_owned()]));
        let seen = ["%2526amp;", "%26amp;", "&amp;", "&"].map(str::to_owned);
        assert_eq!(layers("%2526amp;"), Some(seen.to_vec()));
        assert_eq!(layers(&format!("%{}41", "25".repeat(9))), None);
    }
}
