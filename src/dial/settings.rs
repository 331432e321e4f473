//! The settings of a connection, whether it leads to the service, a proxy or a Redis server.

use std::time::Duration;

use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use super::added_roots::AddedRoots;
use crate::blanks;
use crate::url::{URL_MAX, Url, split_once};

#[derive(Clone)]
pub(crate) struct Settings {
    /// For one connection: look-up, connect, proxy and TLS.
    pub(crate) connect_timeout: Duration,
    pub(crate) proxy: ProxyOption,
    pub(crate) added_roots: AddedRoots,
    pub(crate) system_roots: bool,
    /// The User-Agent header, for a proxy and for the service.
    pub(crate) user_agent: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            proxy: ProxyOption::default(),
            added_roots: AddedRoots::none(),
            system_roots: true,
            user_agent: concat!("libpersonr/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Where the proxy comes from.
#[derive(Clone, Default)]
pub(crate) enum ProxyOption {
    #[default]
    Environment,
    None,
    Url(Url),
}

/// A proxy as the option and the environment write it: without a scheme it is `http://`.
pub(crate) fn parse_proxy(text: &[u8]) -> std::result::Result<ProxyOption, &'static str> {
    if text.is_empty() {
        return Ok(ProxyOption::None);
    }
    if text.len() > URL_MAX {
        return Err("it is longer than 2048 bytes");
    }
    // Checked first: behind a scheme, a blank at the beginning would not be found.
    if let Some(problem) = blanks::problem_of(text) {
        return Err(problem);
    }
    let url = match split_once(text, b"://") {
        Some(_) => Url::parse(text)?,
        None => Url::parse(&Zeroizing::new([b"http://", text].concat()))?,
    };
    // RFC 7617, section 2: Basic authentication cannot carry it.
    let userinfo = url.userinfo.as_ref().map_or(&[][..], |userinfo| userinfo.as_bytes());
    if percent_decode(userinfo).any(|byte| byte.is_ascii_control()) {
        return Err("a control character stands in the user name or the password");
    }
    // A slash in a password ends the authority of the URL: what stands before it would be taken for the host.
    if url.path.contains('@') {
        return Err("there is an \"@\" after the host: write \"/\" in a user name or a password as %2F");
    }
    Ok(ProxyOption::Url(url))
}
