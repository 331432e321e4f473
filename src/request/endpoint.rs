//! The name of an endpoint below the base URL.
//!
//! It becomes a part of the URL as it stands. So nothing is accepted that a server, a proxy or this library could read
//! in two ways: no percent-encoding, no empty segment, no `.` and no `..`, and nothing that begins a query.

use crate::error::{Error, Result};

const ENDPOINT_MAX: usize = 255;
/// A login by a request of its own would issue a token that the store and the other processes know nothing of, and end
/// the one that they share.
const LOGINS: [&str; 2] = ["api-basic-auth", "api-token-generate"];

/// Refuses what is no endpoint.
pub(super) fn check(endpoint: &str) -> Result<()> {
    problem_of(endpoint).map_or(Ok(()), |problem| Err(Error::argument("endpoint", problem)))
}

fn problem_of(endpoint: &str) -> Option<&'static str> {
    let is_login = |segment: &str| LOGINS.iter().any(|login| segment.eq_ignore_ascii_case(login));
    if endpoint.is_empty() {
        Some("it is empty")
    } else if endpoint.len() > ENDPOINT_MAX {
        Some("it is longer than 255 bytes")
    } else if !endpoint.bytes().all(|byte| is_unreserved(byte) || byte == b'/') {
        Some("it contains a character other than letters, digits, \"-\", \".\", \"_\", \"~\" and \"/\"")
    } else if endpoint.split('/').any(str::is_empty) {
        Some("it begins or ends with \"/\", or has two of them in a row")
    } else if endpoint.split('/').any(|segment| matches!(segment, "." | "..")) {
        Some("it contains the segment \".\" or \"..\"")
    } else if endpoint.split('/').any(is_login) {
        Some("it is a login: its token would be unknown to the store, use personr_auth_login()")
    } else {
        None
    }
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_unreserved_characters_are_accepted() {
        let longest = "a".repeat(255);
        for endpoint in ["api-applicant-create", "a/b/c", "a.b", "...", ".a", "a~_-.9", "v2/api-aml-results", &longest]
        {
            assert_eq!(check(endpoint), Ok(()), "{endpoint}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let too_long = "a".repeat(256);
        for endpoint in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "a/..",
            "../a",
            "a/./b",
            "%2e%2e",
            "a%2Fb",
            "a?b",
            "a#b",
            "a b",
            "a\r\nb",
            "a\nHost: x",
            "a\0",
            "a\\b",
            "a;b",
            "a:b",
            "http://x",
            "a@b",
            "\u{e4}",
            &too_long,
        ] {
            let error = check(endpoint).expect_err(endpoint);
            assert!(error.message().starts_with("endpoint: "), "{error}");
        }
    }

    #[test]
    fn a_login_is_no_request() {
        for endpoint in ["api-basic-auth", "API-Basic-Auth", "wf/api-token-generate", "api-basic-auth/x"] {
            assert!(check(endpoint).expect_err(endpoint).message().contains("login"), "{endpoint}");
        }
        assert_eq!(check("api-basic-auth2"), Ok(()));
    }
}
