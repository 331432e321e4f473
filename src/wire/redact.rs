//! Makes the service's own texts fit for an error: without the password, its Base64 and tokens.
//!
//! A service may repeat what it was sent, as it is or encoded. So this works in two steps. First, each secret is
//! replaced by `[redacted]` where it stands, in each form in which servers are known to write it, and so is each word
//! that looks like a token. Then the text is decoded, one layer of escapes after the other (`decode`), and searched
//! again. If a secret shows only then, the whole text is replaced, since nobody can tell which part of it is harmless.
//!
//! What would break without the second step: a framework that escapes a message twice would carry the password into a
//! log, where everybody can decode it.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::decode::{Text, layers};
use crate::text::{clean, is_hidden};

/// What is percent-encoded in a part of a URL (RFC 3986): all but letters, digits, `-`, `_`, `.` and `~`.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What JavaScript's `encodeURIComponent` encodes: it leaves some punctuation as it is, too.
const COMPONENT_OF_JS: &AsciiSet = &COMPONENT.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
const REDACTED: &str = "[redacted]";
/// Stands in the place of a secret until all of them have been looked for. [`REDACTED`] itself would not do: a password
/// such as "red" would be found in it. A cleaned text has no NUL of its own.
const GAP: char = '\0';
/// A secret with fewer characters is looked for as it is, and in no other form: by chance these stand in many texts.
const CHARACTERS_MIN: usize = 4;
/// A secret with fewer letters and digits is not looked for by its letters and digits alone (see [`Trace`]).
const LETTERS_MIN: usize = 6;

/// `text` with each of `secrets` replaced by `[redacted]`, and each word that looks like a token of the service.
pub(super) fn presentable(text: &str, secrets: &[&[u8]]) -> String {
    // The text is cleaned first: where the password has a space, the service may have put a line break.
    let text = Zeroizing::new(clean(text.to_owned(), usize::MAX));
    let kept = without_tokens(&without_secrets(&text, &forms_of(secrets)));
    if hides_a_secret(&kept, secrets) { REDACTED.to_owned() } else { kept.replace(GAP, REDACTED) }
}

/// Each secret in each form in which a server is likely to repeat it.
fn forms_of(secrets: &[&[u8]]) -> Vec<Text> {
    secrets.iter().filter_map(|secret| std::str::from_utf8(secret).ok()).flat_map(encodings).collect()
}

/// The secret as it is, and as [`clean`] shows it; in Base64 of both alphabets, without the padding, which tells
/// nothing; percent-encoded, also with the `+` that a form has for a space; and escaped for HTML.
fn encodings(secret: &str) -> Vec<Text> {
    let mut encodings = vec![secret.to_owned(), clean(secret.to_owned(), usize::MAX)];
    if secret.chars().count() < CHARACTERS_MIN {
        return encodings.into_iter().map(Zeroizing::new).collect();
    }
    encodings.push(BASE64_STANDARD_NO_PAD.encode(secret));
    encodings.push(BASE64_URL_SAFE_NO_PAD.encode(secret));
    // The secret may be Base64 itself, and be repeated in the other alphabet.
    encodings.push(secret.trim_end_matches('=').replace('+', "-").replace('/', "_"));
    encodings.push(secret.trim_end_matches('=').to_owned());
    for kept in [NON_ALPHANUMERIC, COMPONENT, COMPONENT_OF_JS] {
        let percent = utf8_percent_encode(secret, kept).to_string();
        encodings.push(percent.replace("%20", "+"));
        encodings.push(with_small_hex(&percent));
        encodings.push(percent);
    }
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    encodings.push(html.replace('"', "&quot;").replace('\'', "&#39;"));
    encodings.push(html);
    encodings.into_iter().map(Zeroizing::new).collect()
}

/// The same percent-encoding with small digits: `%3f` for `%3F`.
fn with_small_hex(percent: &str) -> String {
    let mut digits = 0;
    let small = |c: char| {
        let is_digit = digits > 0;
        digits = if c == '%' { 2_u8 } else { digits.saturating_sub(1) };
        if is_digit { c.to_ascii_lowercase() } else { c }
    };
    percent.chars().map(small).collect()
}

/// Replaces each of `forms` by [`GAP`], at each place the longest one that fits. It takes one pass for all of them:
/// with a pass for each, a secret such as "e" would take a longer one apart before that is looked for.
fn without_secrets(text: &str, forms: &[Text]) -> Text {
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let stands_here = forms.iter().filter(|form| !form.is_empty() && rest.starts_with(form.as_str()));
        let (c, length) = match stands_here.map(|form| form.len()).max() {
            Some(longest) => (GAP, longest),
            None => (first, first.len_utf8()),
        };
        kept.push(c);
        rest = rest.get(length..).unwrap_or_default();
    }
    kept
}

/// Replaces each word that looks like a token by [`GAP`]. The text may repeat a token that this login does not know,
/// such as that of another process.
fn without_tokens(text: &str) -> Text {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "|-_~+/=%".contains(c);
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(|c| !is_of_token(c)).unwrap_or(rest.len()));
        if looks_like_token(word) {
            kept.push(GAP);
        } else {
            kept.push_str(word);
        }
        let (gap, next) = behind.split_at(behind.find(is_of_token).unwrap_or(behind.len()));
        kept.push_str(gap);
        rest = next;
    }
    kept
}

/// Whether a word looks like a token: like `1670035114445x631333625381113500`, also behind `token=`, or with a `|` in
/// it, as the newer tokens have.
fn looks_like_token(word: &str) -> bool {
    fn are_digits(bytes: impl Iterator<Item = u8>) -> bool {
        bytes.take_while(u8::is_ascii_digit).take(10).count() == 10
    }
    let has_bubble_id = word.match_indices('x').any(|(at, _)| {
        let (time, random) = word.split_at(at);
        are_digits(time.bytes().rev()) && are_digits(random.bytes().skip(1))
    });
    has_bubble_id || (word.contains('|') && word.len() >= 8)
}

/// Whether a secret or a token can be read by someone who decodes the text.
fn hides_a_secret(text: &str, secrets: &[&[u8]]) -> bool {
    // No real message has so many layers: show nothing of this one.
    let Some(layers) = layers(text) else { return true };
    let secrets: Vec<_> = secrets.iter().filter_map(|secret| traces_of(secret)).flatten().collect();
    layers.iter().any(|layer| {
        let seen = Trace::of(layer);
        secrets.iter().any(|secret| secret.is_in(&seen)) || *without_tokens(layer) != **layer
    })
}

/// What to look for of a secret. A password may look escaped itself ("100%25"), and be decoded on its way: so each of
/// its layers counts.
fn traces_of(secret: &[u8]) -> Option<Vec<Trace>> {
    let layers = layers(std::str::from_utf8(secret).ok()?).unwrap_or_default();
    Some(layers.iter().map(|layer| Trace::of(layer)).collect())
}

/// What is left of a text when others have passed it on, who may have changed its blanks, its character set or its
/// punctuation.
struct Trace {
    /// All characters, with one space for each row of spaces and of characters that are not seen.
    characters: Text,
    /// Its ASCII letters and digits, which every character set, font and framework leaves as they are.
    letters: Text,
}

impl Trace {
    fn of(text: &str) -> Self {
        let mut characters = Zeroizing::new(String::with_capacity(text.len()));
        let mut letters = Zeroizing::new(String::with_capacity(text.len()));
        for c in text.chars() {
            let c = if c != GAP && is_hidden(c) { ' ' } else { c };
            if c != ' ' || !characters.ends_with(' ') {
                characters.push(c);
            }
            if c.is_ascii_alphanumeric() || c == GAP {
                letters.push(c);
            }
        }
        Self { characters, letters }
    }

    fn is_in(&self, text: &Self) -> bool {
        let stands = |part: &str, of: &str, min: usize| part.chars().count() >= min && of.contains(part);
        stands(&self.characters, &text.characters, CHARACTERS_MIN) || stands(&self.letters, &text.letters, LETTERS_MIN)
    }
}

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
