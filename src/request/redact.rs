//! What was sent must not come back where somebody could log it.
//!
//! The service echoes the token that it refuses. And of an error's texts one is the service's own, the reason: it is
//! shown only if it is a plain word, and says nothing that was sent.

use memchr::memmem;
use zeroize::Zeroizing;

use super::Parts;
use crate::http::Response as Answer;

const WORD_MAX: usize = 64;
/// A shorter value stands in many words by chance, and tells little.
const VALUE_MIN: usize = 4;

/// What one attempt has sent.
pub(super) struct Sent<'a> {
    pub(super) parts: &'a Parts,
    pub(super) token: &'a [u8],
}

impl Sent<'_> {
    /// Overwrites the token wherever it stands in an answer, before anybody can read that.
    pub(super) fn hide_token_in(&self, answer: &mut Answer) {
        for form in self.forms_of_token() {
            hide(&mut answer.body, &form);
            for (_, value) in &mut answer.headers {
                // It is ASCII, so that what is left is UTF-8; and it stays as long as it was.
                if memmem::find(value.as_bytes(), &form).is_some() {
                    let mut bytes = std::mem::take(value).into_bytes();
                    hide(&mut bytes, &form);
                    *value = String::from_utf8(bytes).unwrap_or_default();
                }
            }
        }
    }

    /// As it is, and as it stands in a JSON text or a URL.
    fn forms_of_token(&self) -> Vec<Zeroizing<Vec<u8>>> {
        let mut forms = vec![Zeroizing::new(self.token.to_vec())];
        let mut add = |form: Vec<u8>| {
            if form != self.token {
                forms.push(Zeroizing::new(form));
            }
        };
        add(replaced(self.token, |byte| if byte == b'/' { Some(br"\/") } else { None }));
        let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        for percent in [percent_encoding::percent_encode_byte as fn(u8) -> &'static str, small_hex] {
            add(replaced(self.token, |byte| if is_kept(byte) { None } else { Some(percent(byte).as_bytes()) }));
        }
        forms
    }

    /// The service's word for its reason, if it is a word and nothing of the caller's.
    pub(super) fn word<'w>(&self, reason: &'w str) -> Option<&'w str> {
        let is_word = (1..=WORD_MAX).contains(&reason.len()) && reason.bytes().all(is_of_a_word);
        let Parts { fields, whole, .. } = self.parts;
        let texts =
            fields.iter().flat_map(|field| field.texts()).chain(whole.iter().map(|whole| &*whole.bytes as &[u8]));
        let token = [self.token].into_iter();
        Some(reason).filter(|_| is_word && !texts.chain(token).any(|text| tells(reason.as_bytes(), text)))
    }
}

/// Whether the word stands in a text that was sent, as a word of it, or has a whole text in it.
fn tells(word: &[u8], text: &[u8]) -> bool {
    let text = text.to_ascii_lowercase();
    let word = word.to_ascii_lowercase();
    let is_inside = |at: Option<&u8>| at.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let stands_alone = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        !is_inside(before) && !is_inside(text.get(at + word.len()))
    };
    memmem::find_iter(&text, &word).any(stands_alone)
        || (text.len() >= VALUE_MIN && memmem::find(&word, text.trim_ascii()).is_some())
}

fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn hide(bytes: &mut [u8], form: &[u8]) {
    let mut from = 0;
    while let Some(at) = bytes.get(from..).and_then(|rest| memmem::find(rest, form)) {
        let end = from + at + form.len();
        if let Some(found) = bytes.get_mut(from + at..end) {
            found.fill(b'*');
        }
        from = end;
    }
}

fn replaced<'r>(token: &[u8], replacement: impl Fn(u8) -> Option<&'r [u8]>) -> Vec<u8> {
    // One allocation: what growing leaves behind is wiped only where our allocator is in use.
    let mut form = Vec::with_capacity(3 * token.len());
    for byte in token {
        form.extend_from_slice(replacement(*byte).unwrap_or(&[*byte]));
    }
    form
}

/// Percent-encoding with small letters.
fn small_hex(byte: u8) -> &'static str {
    match byte {
        b'|' => "%7c",
        b'/' => "%2f",
        b'+' => "%2b",
        b'=' => "%3d",
        b':' => "%3a",
        _ => percent_encoding::percent_encode_byte(byte),
    }
}
