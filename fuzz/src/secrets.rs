//! What must not come back out of the library.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

pub const EMAIL: &str = "fuzz@personr.test";
/// A space in it: control characters of a text are shown as one.
pub const PASSWORD: &str = "planted 7pass";

/// Another one's, which an answer may echo: it is known by its shape alone.
pub const TOKEN_OF_ANOTHER: &str = "1670035114445x631333625381113500";

/// `base64(email:password)`.
pub fn basic() -> String {
    BASE64_STANDARD.encode(format!("{EMAIL}:{PASSWORD}"))
}

/// Whether a secret stands in these bytes.
pub fn has_secret(bytes: &[u8]) -> bool {
    let is_in = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    is_in(PASSWORD) || is_in(&basic())
}

/// Panics if a text that anybody may see holds a secret.
pub fn assert_none_in(text: &str) {
    assert!(!has_secret(text.as_bytes()), "a secret stands in {text:?}");
}

/// What someone reads in a text who decodes it in one of the usual ways.
fn decoded(text: &str) -> Vec<String> {
    let mut percent = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%');
        percent.push(byte.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = &behind[if byte.is_some() { 2 } else { 0 }..];
    }
    let json = serde_json::from_str(&format!("\"{text}\"")).unwrap_or_default();
    let codes = if text.contains("&#") { 0x20..0x7f_u8 } else { 0..0 };
    let html = codes.fold(text.to_owned(), |html, code| {
        let c = char::from(code).to_string();
        html.replace(&format!("&#{code};"), &c).replace(&format!("&#x{code:x};"), &c)
    });
    vec![String::from_utf8_lossy(&percent).into_owned(), json, html]
}

/// The same for a text of an error or of the log, where no token has any business either.
pub fn assert_presentable(text: &str) {
    assert_none_in(text);
    decoded(text).iter().for_each(|text| assert_none_in(text));
    assert!(!text.contains(TOKEN_OF_ANOTHER), "a token stands in {text:?}");
}
