//! The service's own texts, made fit for an error: without secrets, without control characters, not too long.

const REDACTED: &str = "[redacted]";
/// In characters. The service's real messages have a tenth of it.
const TEXT_MAX: usize = 1000;

/// `text` with each of `secrets` replaced, and whatever else looks like a token of the service.
pub(super) fn presentable(text: &str, secrets: &[&[u8]]) -> String {
    // Control characters go first: a password with a space in it may come back with a line break in its place.
    let text = without_tokens(&without_secrets(&without_controls(text), secrets));
    text.chars().take(TEXT_MAX).collect()
}

/// `text` with a space for each control character.
pub(super) fn without_controls(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
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

/// `1670035114445x631333625381113500`, also as a part of `token=…`, or with a `|` as the newer ones have it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        let secrets: &[&[u8]] = &[b"hunter2", b"aHVudGVyMg=="];
        assert_eq!(presentable("hunter2hunter2, (aHVudGVyMg==)", secrets), "[redacted][redacted], ([redacted])");
        assert_eq!(presentable("\u{fc}hunter2\u{fc}", secrets), "\u{fc}[redacted]\u{fc}");
        assert_eq!(presentable("correct\nhorse", &[b"correct horse"]), "[redacted]");
        assert_eq!(presentable("p\u{e4}ss p\u{e4}", &["p\u{e4}ss".as_bytes()]), "[redacted] p\u{e4}");
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
        assert_eq!(presentable("token 1670035114445x631333625381113500.", &[]), "token [redacted].");
        assert_eq!(presentable("?max=1&token=1670035114445x631333625381113500", &[]), "?max=1&[redacted]");
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
