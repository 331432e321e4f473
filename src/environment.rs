//! The one place that reads environment variables, at one moment: when a handle is made.
//!
//! A later reading would race with a thread of the application that calls `setenv`, which crashes `getenv` before
//! glibc 2.41. And what the environment says is the caller's word: a program that runs with more rights than its
//! caller (setuid, setgid, file capabilities) must not let that caller choose its proxy and its root certificates.

use zeroize::Zeroizing;

use crate::sys;

/// Every variable that steers the library.
const NAMES: [&str; 8] =
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// What they said when this value was made. A proxy's password may stand in it.
pub(crate) struct Environment {
    variables: Vec<(&'static str, Zeroizing<Vec<u8>>)>,
}

impl Environment {
    /// Reads them all; none for a program with more rights than its caller.
    pub(crate) fn read() -> Self {
        if sys::has_more_rights_than_its_caller() { Self::of(|_| None) } else { Self::of(variable) }
    }

    /// What `get` says in the place of the environment.
    pub(crate) fn of(get: impl Fn(&str) -> Option<Vec<u8>>) -> Self {
        let found = NAMES.into_iter().filter_map(|name| Some((name, Zeroizing::new(get(name)?))));
        Self { variables: found.filter(|(_, value)| !value.is_empty()).collect() }
    }

    /// The value as it stands: bytes, UTF-8 or not. An empty one is as unset, to curl and OpenSSL too.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_slice())
    }
}

#[cfg(unix)]
fn variable(name: &str) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    std::env::var_os(name).map(OsStringExt::into_vec)
}

#[cfg(not(unix))]
fn variable(name: &str) -> Option<Vec<u8>> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_as_unset_and_bytes_stay_as_they_are() {
        let environment = Environment::of(|name| match name {
            "HTTPS_PROXY" => Some(b"\xff:1".to_vec()),
            "SSL_CERT_FILE" => Some(Vec::new()),
            _ => None,
        });
        assert_eq!(environment.get("HTTPS_PROXY"), Some(&b"\xff:1"[..]));
        assert_eq!((environment.get("SSL_CERT_FILE"), environment.get("NO_PROXY")), (None, None));
    }
}
