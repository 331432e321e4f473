//! The settings of a handle. Each is checked when it is set.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::credentials::CredentialsHook;
use crate::dial::{self, parse_proxy};
use crate::error::{Error, Result};
use crate::log::LogHook;
use crate::store::StoreOption;
use crate::url::{URL_MAX, Url};

const BASE_URL: &str = "https://enterprise.personr.co/api/1.1/wf";
const USER_AGENT_MAX: usize = 256;
const TIMEOUT_MS: RangeInclusive<u32> = 1..=3_600_000;
const RETRIES_MAX: u32 = 10;

/// Which of the service's two login endpoints is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoginMethod {
    /// `api-basic-auth`: email and password in the Authorization header.
    #[default]
    Basic,
    /// `api-token-generate`: email and password in a form.
    Form,
}

/// Settings for an [`Auth`](crate::Auth), which copies them.
#[derive(Clone)]
pub struct Options {
    pub(crate) base_url: Url,
    pub(crate) login_method: LoginMethod,
    pub(crate) timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) dial: dial::Settings,
    pub(crate) renew_before: Option<Duration>,
    pub(crate) store: StoreOption,
    /// Is asked for the password before each login. The handle then keeps none.
    pub(crate) credentials: Option<Arc<dyn CredentialsHook>>,
    pub(crate) log: Option<Arc<dyn LogHook>>,
}

impl Options {
    /// The defaults.
    pub fn new() -> Result<Self> {
        Ok(Self {
            base_url: parse_base_url(BASE_URL)?,
            login_method: LoginMethod::default(),
            timeout: Duration::from_secs(30),
            max_retries: 2,
            dial: dial::Settings::default(),
            renew_before: None,
            store: StoreOption::default(),
            credentials: None,
            log: None,
        })
    }

    /// The service: `https://`, or `http://` for a loopback address; no userinfo, query or fragment.
    pub fn set_base_url(&mut self, url: &str) -> Result<()> {
        self.base_url = parse_base_url(url)?;
        Ok(())
    }

    /// How to log in.
    pub fn set_login_method(&mut self, method: LoginMethod) {
        self.login_method = method;
    }

    /// The time for a whole call: 1 ms to one hour.
    pub fn set_timeout_ms(&mut self, milliseconds: u32) -> Result<()> {
        self.timeout = timeout("timeout_ms", milliseconds)?;
        Ok(())
    }

    /// The time for one connection (look-up, connect, proxy and TLS): 1 ms to one hour.
    pub fn set_connect_timeout_ms(&mut self, milliseconds: u32) -> Result<()> {
        self.dial.connect_timeout = timeout("connect_timeout_ms", milliseconds)?;
        Ok(())
    }

    /// How often one login is tried again: at most 10 times, with pauses of 2 seconds at most in all.
    pub fn set_max_retries(&mut self, retries: u32) -> Result<()> {
        if retries > RETRIES_MAX {
            return Err(Error::argument("max_retries", "it is more than 10"));
        }
        self.max_retries = retries;
        Ok(())
    }

    /// A proxy, `http://` or `https://`, with userinfo if it asks for it; `""` for none at all.
    /// Its userinfo may hold any byte that is not a space or a control character.
    pub fn set_proxy(&mut self, url: impl AsRef<[u8]>) -> Result<()> {
        self.dial.proxy = parse_proxy(url.as_ref()).map_err(|problem| Error::argument("proxy", problem))?;
        Ok(())
    }

    /// Adds the certificates of a PEM file, which is read now.
    pub fn set_ca_file(&mut self, path: &std::path::Path) -> Result<()> {
        self.dial.added_roots.add_file(path)
    }

    /// Adds the certificates of a PEM text.
    pub fn set_ca_pem(&mut self, pem: &[u8]) -> Result<()> {
        self.dial.added_roots.add("ca_pem", pem)
    }

    /// Whether the roots of the system are trusted beside the added ones.
    pub fn set_system_roots(&mut self, trusted: bool) {
        self.dial.system_roots = trusted;
    }

    /// What the User-Agent header says before `libpersonr/VERSION`.
    pub fn set_user_agent(&mut self, product: &str) -> Result<()> {
        if product.len() > USER_AGENT_MAX {
            return Err(Error::argument("user_agent", "it is longer than 256 bytes"));
        }
        if !product.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(Error::argument("user_agent", "it contains a character that is not printable ASCII"));
        }
        self.dial.user_agent = format!("{} libpersonr/{}", product.trim(), env!("CARGO_PKG_VERSION")).trim().to_owned();
        Ok(())
    }

    /// Where the token is kept, and so who shares it.
    pub fn set_token_store(&mut self, url: impl AsRef<[u8]>) -> Result<()> {
        self.store = StoreOption::parse(url.as_ref()).map_err(|problem| Error::argument("token_store", problem))?;
        Ok(())
    }

    /// How long before its end a token is renewed, in seconds.
    pub fn set_renew_before_s(&mut self, seconds: i64) -> Result<()> {
        let seconds = u64::try_from(seconds).map_err(|_| Error::argument("renew_before_s", "it is negative"))?;
        self.renew_before = Some(Duration::from_secs(seconds));
        Ok(())
    }
}

/// A time that a caller allows: 1 ms to one hour.
pub(crate) fn timeout(parameter: &str, milliseconds: u32) -> Result<Duration> {
    if !TIMEOUT_MS.contains(&milliseconds) {
        return Err(Error::argument(parameter, "it is not between 1 and 3600000"));
    }
    Ok(Duration::from_millis(milliseconds.into()))
}

fn parse_base_url(text: &str) -> Result<Url> {
    let refuse = |problem| Error::argument("base_url", problem);
    if text.len() > URL_MAX {
        return Err(refuse("it is longer than 2048 bytes"));
    }
    let url = Url::parse(text.as_bytes()).map_err(refuse)?;
    if url.userinfo.is_some() {
        return Err(refuse("a URL with a user name or a password in it is not accepted"));
    }
    if !url.tls && !url.is_loopback() {
        return Err(refuse("http:// is accepted for a loopback address only, use https://"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options::new().expect("the defaults are valid")
    }

    fn problem(result: Result<()>) -> String {
        result.expect_err("refused").message().to_owned()
    }

    #[test]
    fn limits_are_checked_at_both_ends() {
        let mut options = options();
        for (milliseconds, accepted) in [(0, false), (1, true), (3_600_000, true), (3_600_001, false)] {
            assert_eq!(options.set_timeout_ms(milliseconds).is_ok(), accepted, "{milliseconds}");
            assert_eq!(options.set_connect_timeout_ms(milliseconds).is_ok(), accepted, "{milliseconds}");
        }
        assert!(options.set_max_retries(10).is_ok() && options.set_max_retries(11).is_err());
        assert!(options.set_renew_before_s(-1).is_err());
        for seconds in [0, 1, i64::MAX] {
            assert!(options.set_renew_before_s(seconds).is_ok(), "{seconds}");
        }
        assert!(options.set_user_agent(&"a".repeat(256)).is_ok() && options.set_user_agent(&"a".repeat(257)).is_err());
    }

    #[test]
    fn the_user_agent_ends_with_ours() {
        let mut options = options();
        options.set_user_agent("Billing/2.1").expect("accepted");
        assert!(options.dial.user_agent.starts_with("Billing/2.1 libpersonr/"));
        options.set_user_agent("").expect("accepted");
        assert!(options.dial.user_agent.starts_with("libpersonr/"));
        assert!(options.set_user_agent("a\r\nX: y").is_err());
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        let mut options = options();
        assert!(options.set_base_url("http://127.0.0.1:8080/api").is_ok());
        assert!(problem(options.set_base_url("http://personr.example/api")).contains("loopback"));
        assert!(problem(options.set_base_url("https://user:secret@personr.example")).contains("password in it"));
        assert!(!problem(options.set_base_url("https://user:secret@personr.example")).contains("secret"));
    }

    #[test]
    fn a_proxy_needs_no_scheme_and_socks_is_refused() {
        let mut options = options();
        for url in ["", "proxy:3128", "http://user:pass@proxy", "https://proxy"] {
            assert!(options.set_proxy(url).is_ok(), "{url}");
        }
        for url in ["socks5://proxy", "SOCKS4a://proxy", "socks5h://proxy"] {
            assert_eq!(problem(options.set_proxy(url)), "proxy: SOCKS proxies are not supported");
        }
    }

    #[test]
    fn a_proxys_userinfo_is_bytes_and_what_cannot_be_sent_is_refused() {
        let mut options = options();
        for url in
            [&b"http://DOMAIN\\user:p^|\"<>{}[]@proxy"[..], b"u:\xe4\xff@proxy", b"u:a@b@proxy", b"u:%e4%20@proxy"]
        {
            assert!(options.set_proxy(url).is_ok(), "{url:?}");
        }
        for url in
            ["u:a b@proxy", "u:%00@proxy", "u:%0D%0a@proxy", "u:a\tb@proxy", "u:8080/hunter2@proxy", "u:a?b@proxy"]
        {
            assert!(!problem(options.set_proxy(url)).contains("hunter2"), "{url}");
        }
    }

    #[test]
    fn a_ca_file_is_added_whole_or_not_at_all() {
        let mut options = options();
        assert_eq!(problem(options.set_ca_pem(b"")), "ca_pem: there is no certificate in it");
        assert_eq!(problem(options.set_ca_pem(b"no PEM")), "ca_pem: there is no certificate in it");
        for (pem, which) in [
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "certificate 1 (line 1): it cannot be read",
            ),
            (
                "\n-----BEGIN CERTIFICATE-----\nAAAA\n",
                "certificate 1 (line 2): its last line is missing, or is not well-formed",
            ),
        ] {
            assert_eq!(problem(options.set_ca_pem(pem.as_bytes())), format!("ca_pem: {which}"));
        }
        assert_eq!(problem(options.set_ca_file("/nonexistent".as_ref())), "ca_file: it does not exist");
        assert!(options.dial.added_roots.is_empty());
    }
}
