//! Of `src/token.rs` what `published` needs, with the shortest texts that still stand in two words.

use std::ffi::CStr;
use std::time::Duration;

use crate::clock::Instant;

pub(crate) const TOKEN_MAX: usize = 7;
pub(crate) const SCHEME: &str = "S ";

#[derive(Debug, PartialEq)]
pub(crate) struct Token {
    /// Both with a NUL.
    authorization: Vec<u8>,
    user_id: Vec<u8>,
    lifetime: Duration,
    expires_at: i64,
    expires: Instant,
}

impl Token {
    pub(crate) fn new(value: &[u8], user_id: &[u8], lifetime: Duration, expires_at: i64, expires: Instant) -> Self {
        let authorization = [SCHEME.as_bytes(), value, b"\0"].concat();
        Self { authorization, user_id: [user_id, b"\0"].concat(), lifetime, expires_at, expires }
    }

    pub(crate) fn authorization(&self) -> &CStr {
        text(&self.authorization)
    }

    pub(crate) fn user_id(&self) -> &CStr {
        text(&self.user_id)
    }

    pub(crate) fn full_lifetime(&self) -> Duration {
        self.lifetime
    }

    pub(crate) fn expires_at(&self) -> i64 {
        self.expires_at
    }

    pub(crate) fn expires(&self) -> Instant {
        self.expires
    }
}

/// What a reader makes of half a write, before it looks at the index again, may have a NUL in the middle.
fn text(bytes: &[u8]) -> &CStr {
    CStr::from_bytes_until_nul(bytes).expect("a NUL at the end")
}
