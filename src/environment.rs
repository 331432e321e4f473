//! The one place that reads environment variables, at one moment: when a handle is made.
//!
//! If it were read later, that would race with a thread of the application that calls `setenv`: before glibc 2.41 this
//! crashes `getenv`. And the environment comes from whoever starts the program. A program that runs with more rights
//! than its caller (setuid, setgid, file capabilities) must not let that caller choose its proxy and its root
//! certificates.

use zeroize::Zeroizing;

use crate::sys;

/// Every variable that steers the library.
const NAMES: [&str; 8] =
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The values of the variables when this was made. The password of a proxy may stand in them.
pub(crate) struct Environment {
    variables: Vec<(&'static str, Zeroizing<Vec<u8>>)>,
}

impl Environment {
    /// Reads all variables; none in a program with more rights than its caller.
    pub(crate) fn read() -> Self {
        if sys::has_more_rights_than_its_caller() { Self::of(|_| None) } else { Self::of(variable) }
    }

    /// Reads all variables by `get`, which stands for the environment.
    pub(crate) fn of(get: impl Fn(&str) -> Option<Vec<u8>>) -> Self {
        let found = NAMES.into_iter().filter_map(|name| Some((name, Zeroizing::new(get(name)?))));
        Self { variables: found.filter(|(_, value)| !value.is_empty()).collect() }
    }

    /// The value of a variable as it stands: bytes, UTF-8 or not. `None` for an empty one: curl and OpenSSL take it for
    /// unset, too.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_slice())
    }
}

fn variable(name: &str) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    std::env::var_os(name).map(OsStringExt::into_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_unset_and_bytes_are_kept() {
        let environment = Environment::of(|name| match name {
            "HTTPS_PROXY" => Some(b"\xff:1".to_vec()),
            "SSL_CERT_FILE" => Some(Vec::new()),
            _ => None,
        });
        assert_eq!(environment.get("HTTPS_PROXY"), Some(&b"\xff:1"[..]));
        assert_eq!((environment.get("SSL_CERT_FILE"), environment.get("NO_PROXY")), (None, None));
    }
}
