//! What must not come back out of the library.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

pub const EMAIL: &str = "fuzz@personr.test";
/// A space in it: control characters of a text are shown as one.
pub const PASSWORD: &str = "planted 7pass";

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
