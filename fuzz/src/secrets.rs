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

/// The same for a text of an error or of the log, where no token has any business either.
pub fn assert_presentable(text: &str) {
    assert_none_in(text);
    assert!(!text.contains(TOKEN_OF_ANOTHER), "a token stands in {text:?}");
}
