//! The service's own texts, made fit for an error: without secrets, without control characters, not too long.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// What `encodeURIComponent`, and a form, leave as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const COMPONENT_OF_JS: &AsciiSet = &COMPONENT.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
const REDACTED: &str = "[redacted]";
/// In characters. The service's real messages have a tenth of it.
const TEXT_MAX: usize = 1000;

/// `text` with each of `secrets` replaced, and whatever else looks like a token of the service.
pub(super) fn presentable(text: &str, secrets: &[&[u8]]) -> String {
    let encoded: Vec<Text> = secrets.iter().flat_map(|secret| encodings(secret)).collect();
    let secrets: Vec<&[u8]> = secrets.iter().copied().chain(encoded.iter().map(|text| text.as_bytes())).collect();
    let text = without_tokens(&without_secrets(text, &secrets));
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_MAX).collect()
}

type Text = Zeroizing<String>;

/// The forms in which a server is likely to repeat what it was sent: in Base64 of both alphabets (padding gives nothing
/// away), percent-encoded, with the `+` of a form for a space, in HTML.
fn encodings(secret: &[u8]) -> Vec<Text> {
    let mut encodings = vec![BASE64_STANDARD_NO_PAD.encode(secret), BASE64_URL_SAFE_NO_PAD.encode(secret)];
    let Ok(text) = std::str::from_utf8(secret) else { return encodings.into_iter().map(Zeroizing::new).collect() };
    // What is in Base64 already may be put into the other alphabet.
    encodings.push(text.trim_end_matches('=').replace('+', "-").replace('/', "_"));
    encodings.push(text.trim_end_matches('=').to_owned());
    for kept in [NON_ALPHANUMERIC, COMPONENT, COMPONENT_OF_JS] {
        let percent = utf8_percent_encode(text, kept).to_string();
        encodings.push(percent.replace("%20", "+"));
        encodings.push(with_small_hex(&percent));
        encodings.push(percent);
    }
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    encodings.push(html.replace('"', "&quot;").replace('\'', "&#39;"));
    encodings.push(html);
    encodings.into_iter().map(Zeroizing::new).collect()
}

/// `%3f` for `%3F`.
fn with_small_hex(percent: &str) -> String {
    let mut digits = 0;
    let small = |c: char| {
        let is_digit = digits > 0;
        digits = if c == '%' { 2_u8 } else { digits.saturating_sub(1) };
        if is_digit { c.to_ascii_lowercase() } else { c }
    };
    percent.chars().map(small).collect()
}

/// One pass, so that a secret such as "e" does not take the replacement of another one apart.
fn without_secrets(text: &str, secrets: &[&[u8]]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let longest = secrets
            .iter()
            .filter(|secret| !secret.is_empty() && rest.as_bytes().starts_with(secret))
            .map(|secret| secret.len())
            .max();
        match longest.and_then(|length| rest.get(length..)) {
            Some(behind) => {
                kept.push_str(REDACTED);
                rest = behind;
            }
            None => {
                kept.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    kept
}

/// A text can echo a token that this login does not know: that of another request, or of another process.
fn without_tokens(text: &str) -> String {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "|-_~+/=".contains(c);
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(|c| !is_of_token(c)).unwrap_or(rest.len()));
        kept.push_str(if looks_like_token(word) { REDACTED } else { word });
        let (gap, next) = behind.split_at(behind.find(is_of_token).unwrap_or(behind.len()));
        kept.push_str(gap);
        rest = next;
    }
    kept
}

/// `1670035114445x631333625381113500`, or with a `|` as the newer ones have it.
fn looks_like_token(word: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let is_bubble_id = |(x, _): (usize, &str)| {
        let (time, random) = (word.as_bytes().get(..x), word.as_bytes().get(x + 1..));
        time.is_some_and(|time| time.iter().rev().take_while(|byte| is_digit(byte)).count() >= 10)
            && random.is_some_and(|random| random.iter().take_while(|byte| is_digit(byte)).count() >= 10)
    };
    word.match_indices('x').any(is_bubble_id) || (word.contains('|') && word.len() >= 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        let secrets: &[&[u8]] = &[b"hunter2", b"aHVudGVyMg=="];
        assert_eq!(presentable("hunter2hunter2, (aHVudGVyMg==)", secrets), "[redacted][redacted], ([redacted])");
        assert_eq!(presentable("\u{fc}hunter2\u{fc}", secrets), "\u{fc}[redacted]\u{fc}");
        assert_eq!(presentable("p\u{e4}ss p\u{e4}", &["p\u{e4}ss".as_bytes()]), "[redacted] p\u{e4}");
    }

    #[test]
    fn secrets_are_replaced_in_each_encoding() {
        let secrets: &[&[u8]] = &[b"p ~/<&\xc3\xbf?", b"YTpwIH4vPCbDvz8="];
        for form in [
            "p%20~%2F%3C%26%C3%BF%3F",
            "p%20%7E%2F%3C%26%C3%BF%3F",
            "p%20~%2f%3c%26%c3%bf%3f",
            "p+~%2F%3C%26%C3%BF%3F",
            "p ~/&lt;&amp;\u{ff}?",
            "YTpwIH4vPCbDvz8",
            "YTpwIH4vPCbDvz8%3D",
        ] {
            let shown = presentable(&format!("no {form} here"), secrets);
            assert!(shown == "no [redacted] here", "{form}: {shown}");
        }
        for form in [BASE64_STANDARD_NO_PAD.encode(secrets[0]), BASE64_URL_SAFE_NO_PAD.encode(secrets[0])] {
            assert_eq!(presentable(&format!("no {form}== here"), secrets), "no [redacted]== here");
        }
    }

    #[test]
    fn a_short_secret_does_not_take_replacements_apart() {
        assert_eq!(presentable("secret: hunter2", &[b"hunter2", b"e"]), "s[redacted]cr[redacted]t: [redacted]");
    }

    #[test]
    fn of_two_secrets_the_longer_one_goes_whole() {
        assert_eq!(presentable("hunter22", &[b"hunter2", b"hunter22"]), "[redacted]");
    }

    #[test]
    fn unknown_tokens_are_known_by_their_shape() {
        assert_eq!(
            presentable("Invalid or expired token: bus|1670035114445x631333625381113500", &[]),
            "Invalid or expired token: [redacted]"
        );
        assert_eq!(presentable("bus%7C1670035114445x631333625381113500", &[]), "bus%[redacted]");
        assert_eq!(presentable("token 1670035114445x631333625381113500.", &[]), "token [redacted].");
        assert_eq!(
            presentable("The condition for the workflow X is not met", &[]),
            "The condition for the workflow X is not met"
        );
    }

    #[test]
    fn control_characters_and_length_are_tamed() {
        assert_eq!(presentable("a\u{1b}[31mb\0c\nd", &[]), "a [31mb c d");
        assert_eq!(presentable(&"x".repeat(5000), &[]).len(), TEXT_MAX);
    }
}
