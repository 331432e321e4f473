//! A token as the service issued it: immutable, shared by counting.

use std::ffi::CStr;
use std::fmt;
use std::time::Duration;

use ring::digest::{SHA256, digest};

use crate::clock::{Instant, Now};
use crate::secret::Secret;

/// The longest token and the longest user id, in bytes.
pub(crate) const TOKEN_MAX: usize = 4096;

pub(crate) const SCHEME: &str = "Bearer ";

/// A token and a user id are printable ASCII without a space: a NUL or a line break would end a C string or a header.
pub(crate) fn is_token_text(text: &str) -> bool {
    (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The token in a text: the token alone, `Bearer VALUE`, or a whole Authorization line, with blanks around it. `None`
/// if there can be none.
pub(crate) fn token_in(text: &str) -> Option<&str> {
    let value = match text.split_once(':') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("authorization") => value.trim(),
        _ => text.trim(),
    };
    let value = match value.split_once(char::is_whitespace) {
        Some((scheme, value)) if scheme.eq_ignore_ascii_case(SCHEME.trim_end()) => value.trim_start(),
        _ => value,
    };
    let is_scheme_alone = value.eq_ignore_ascii_case(SCHEME.trim_end());
    Some(value).filter(|value| is_token_text(value) && !is_scheme_alone)
}

/// SHA-256 of a token's value. It stands for the token where the value itself must not be: in lists and in comparisons.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, value).as_ref());
        Self(bytes)
    }
}

/// What the service issued, checked: the fields of a successful answer.
pub(crate) struct Issued {
    pub(crate) value: zeroize::Zeroizing<String>,
    pub(crate) user_id: String,
    /// How long the service says that it is good.
    pub(crate) lifetime: Duration,
}

/// A bearer token with what is known of it.
pub struct Token {
    /// `Bearer VALUE`, NUL, user id, NUL: what C callers borrow.
    text: Secret,
    /// Length of `Bearer VALUE`.
    authorization: usize,
    lifetime: Duration,
    expires_at: i64,
    expires: Instant,
    fingerprint: Fingerprint,
}

impl Token {
    /// The token that was issued on a request sent at `requested`. The service counts the lifetime from a later moment,
    /// so the token counts as good for no longer than it is.
    pub(crate) fn issued(issued: &Issued, requested: Now) -> Self {
        let expires = requested.instant.after(issued.lifetime);
        Self::new(
            issued.value.as_bytes(),
            issued.user_id.as_bytes(),
            issued.lifetime,
            requested.unix_seconds_of(expires),
            expires,
        )
    }

    pub(crate) fn new(value: &[u8], user_id: &[u8], lifetime: Duration, expires_at: i64, expires: Instant) -> Self {
        Self {
            text: Secret::lent(&[SCHEME.as_bytes(), value, b"\0", user_id, b"\0"]),
            authorization: SCHEME.len() + value.len(),
            lifetime,
            expires_at,
            expires,
            fingerprint: Fingerprint::of(value),
        }
    }

    /// The token itself.
    pub fn value(&self) -> &CStr {
        self.text_from(SCHEME.len())
    }

    /// `Bearer VALUE`, for the Authorization header.
    pub fn authorization(&self) -> &CStr {
        self.text_from(0)
    }

    /// Who logged in; empty if the service did not say.
    pub fn user_id(&self) -> &CStr {
        self.text_from(self.authorization + 1)
    }

    /// How long the token was good when it was issued, in seconds.
    pub fn lifetime(&self) -> i64 {
        i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX)
    }

    /// When it expires, in Unix seconds by the clock as it stood at the login.
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// Seconds until it expires; 0 once it has. Counted by a clock that nobody can set.
    pub fn seconds_left(&self) -> i64 {
        i64::try_from(Instant::now().until(self.expires).as_secs()).unwrap_or(i64::MAX)
    }

    pub(crate) fn expires(&self) -> Instant {
        self.expires
    }

    pub(crate) fn full_lifetime(&self) -> Duration {
        self.lifetime
    }

    pub(crate) fn obtained(&self) -> Instant {
        self.expires.before(self.lifetime)
    }

    pub(crate) fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn text_from(&self, start: usize) -> &CStr {
        self.text.as_bytes().get(start..).and_then(|text| CStr::from_bytes_until_nul(text).ok()).unwrap_or_default()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("value", &self.text)
            .field("lifetime", &self.lifetime())
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(lifetime: Duration) -> Token {
        let issued = Issued { value: "abc|def".to_owned().into(), user_id: "42x7".to_owned(), lifetime };
        Token::issued(&issued, Now::read())
    }

    #[test]
    fn a_token_is_found_alone_and_in_a_header_line() {
        for text in [
            "a|b",
            "a|b\n",
            " a|b\t\r\n",
            "Bearer a|b",
            "bearer\ta|b ",
            "  BEARER   a|b",
            "Authorization: Bearer a|b\r\n",
            "authorization:a|b",
            " AUTHORIZATION : bearer  a|b ",
        ] {
            assert_eq!(token_in(text), Some("a|b"), "{text:?}");
        }
        assert_eq!(token_in("a:b"), Some("a:b"), "a colon is a character as any other");
        for text in ["", " ", "\n", "Bearer", "Bearer ", "bearer\n", "Authorization:", "Authorization: Bearer", "a b"] {
            assert_eq!(token_in(text), None, "{text:?}");
        }
        for text in ["Bearer a b", "Basic YTpi", "Bearer Bearer a", "a\u{7f}", "\u{e4}", "a\u{1}b"] {
            assert_eq!(token_in(text), None, "{text:?}");
        }
        assert_eq!(token_in(&"a".repeat(TOKEN_MAX + 1)), None);
    }

    #[test]
    fn value_authorization_and_user_id_are_c_strings() {
        let token = token(Duration::from_secs(60));
        assert_eq!(token.value(), c"abc|def");
        assert_eq!(token.authorization(), c"Bearer abc|def");
        assert_eq!(token.user_id(), c"42x7");
    }

    #[test]
    fn the_time_left_never_exceeds_the_lifetime_and_is_never_negative() {
        let year = token(Duration::from_secs(31_536_000));
        assert_eq!(year.lifetime(), 31_536_000);
        assert!((31_535_990..=31_536_000).contains(&year.seconds_left()));
        assert_eq!(token(Duration::ZERO).seconds_left(), 0);
    }

    #[test]
    fn debug_shows_neither_token_nor_user() {
        let shown = format!("{:?}", token(Duration::from_secs(60)));
        assert!(!shown.contains("abc") && !shown.contains("42x7"), "{shown}");
    }
}
