//! Chooses the proxy for a host, and asks it for a tunnel to that host (CONNECT).
//!
//! The choice is made once, when the dialer is made, since the environment is read only then. It is not left to ureq,
//! which also takes `HTTP_PROXY` for `https://`. A proxy that cannot be used is an error. What would break if it were
//! passed over: the application would connect directly, although its operator has named a proxy.

use std::io::{self, Read, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use super::failure::{Phase, failure_of};
use super::no_proxy::is_excepted;
use super::settings::{ProxyOption, parse_proxy};
use super::stream::Stream;
use crate::environment::Environment;
use crate::error::{Error, Failure, Result, Status};
use crate::secret::Secret;
use crate::url::Url;

/// A proxy's answer to CONNECT needs a few hundred bytes.
const HEAD_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;

pub(super) struct Proxy {
    tls: bool,
    host: String,
    port: u16,
    /// `Basic …`, if the URL names a user.
    authorization: Option<Secret>,
}

/// The proxy for this target: never one for a loopback address, else the option's, else the environment's.
///
/// `HTTP_PROXY` is not read: it is for `http://` targets, and in a CGI program a client's `Proxy:` header sets it.
pub(super) fn choose(option: &ProxyOption, target: &Url, environment: &Environment) -> Result<Option<Proxy>> {
    if target.is_loopback() {
        return Ok(None);
    }
    match option {
        ProxyOption::None => Ok(None),
        ProxyOption::Url(url) => Ok(Some(Proxy::new(url))),
        ProxyOption::Environment => from_environment(target, environment),
    }
}

/// The proxy that the environment names. As in curl, the first of these variables that is set counts.
fn from_environment(target: &Url, environment: &Environment) -> Result<Option<Proxy>> {
    let set = |names: &[&'static str]| names.iter().find_map(|name| Some((*name, environment.get(name)?)));
    let Some((name, value)) = set(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) else {
        return Ok(None);
    };
    if set(&["NO_PROXY", "no_proxy"]).is_some_and(|(_, exceptions)| is_excepted(target, exceptions)) {
        return Ok(None);
    }
    match parse_proxy(value).map_err(|problem| Error::argument(name, problem))? {
        ProxyOption::Url(url) => Ok(Some(Proxy::new(&url))),
        ProxyOption::Environment | ProxyOption::None => Ok(None),
    }
}

impl Proxy {
    fn new(url: &Url) -> Self {
        Self {
            tls: url.tls,
            host: url.host.clone(),
            port: url.port,
            authorization: url.userinfo.as_ref().map(|userinfo| authorization(userinfo.as_bytes())),
        }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn tls(&self) -> bool {
        self.tls
    }

    /// Asks for a tunnel to the target (RFC 9110, section 9.3.6). The proxy learns its name and port, no more.
    pub(super) fn tunnel(
        &self,
        stream: &mut Stream,
        host: &str,
        port: u16,
        user_agent: &str,
    ) -> std::result::Result<(), Failure> {
        let request = self.connect_request(host, port, user_agent);
        let code = stream
            .write_all(&request)
            .and_then(|()| stream.flush())
            .and_then(|()| read_status(stream))
            .map_err(|error| failure_of(&error, Phase::Proxy))?;
        match code {
            Some(200..=299) => Ok(()),
            Some(407) => Err(refused("the proxy asks for other credentials (407)".to_owned())),
            Some(code) => Err(refused(format!("the proxy refused to connect ({code})"))),
            None => Err(refused("the proxy's answer is not a valid answer to CONNECT".to_owned())),
        }
    }

    fn connect_request(&self, host: &str, port: u16, user_agent: &str) -> Zeroizing<Vec<u8>> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let head = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {user_agent}\r\n");
        let mut request = Zeroizing::new(head.into_bytes());
        if let Some(authorization) = &self.authorization {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(authorization.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        request
    }
}

/// `Basic …` of a URL's userinfo, whose parts are percent-encoded (RFC 3986, section 3.2.1).
fn authorization(userinfo: &[u8]) -> Secret {
    let colon = userinfo.iter().position(|byte| *byte == b':').unwrap_or(userinfo.len());
    let (user, password) = userinfo.split_at(colon);
    let mut pair = Zeroizing::new(Vec::with_capacity(userinfo.len() + 1));
    pair.extend(percent_decode(user));
    pair.push(b':');
    // `password` begins with the colon, or is empty if the userinfo has none.
    pair.extend(percent_decode(password).skip(1));
    Secret::concat(&[b"Basic ", Zeroizing::new(BASE64_STANDARD.encode(&*pair)).as_bytes()])
}

fn refused(message: String) -> Failure {
    Error::new(Status::Network, "proxy", message).into()
}

/// The status of the answer; `None` if it is not HTTP, or too long. Reads byte by byte, since what follows the head
/// comes from the target.
fn read_status(stream: &mut Stream) -> io::Result<Option<u16>> {
    let mut head = Vec::new();
    let mut byte = [0];
    for _ in 0..HEAD_MAX {
        if stream.read(&mut byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&byte);
        if byte != *b"\n" {
            continue;
        }
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&head) {
            Ok(httparse::Status::Partial) => {}
            Ok(httparse::Status::Complete(_)) => match response.code {
                Some(100..=199) => head.clear(),
                code => return Ok(code),
            },
            Err(_) => return Ok(None),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text.as_bytes()).expect("a URL")
    }

    fn chosen(target: &str, environment: &[(&str, &str)]) -> Option<String> {
        let get =
            |name: &str| environment.iter().find(|(set, _)| *set == name).map(|(_, value)| value.as_bytes().to_vec());
        let proxy = from_environment(&url(target), &Environment::of(get)).expect("valid");
        proxy.map(|proxy| format!("{}:{}", proxy.host, proxy.port))
    }

    #[test]
    fn the_environment_is_read_in_its_order() {
        let target = "https://enterprise.personr.co";
        assert_eq!(chosen(target, &[]), None);
        assert_eq!(chosen(target, &[("HTTP_PROXY", "a:1"), ("http_proxy", "b:2")]), None);
        assert_eq!(chosen(target, &[("all_proxy", "a:1")]).as_deref(), Some("a:1"));
        assert_eq!(chosen(target, &[("ALL_PROXY", "a:1"), ("https_proxy", "http://b:2")]).as_deref(), Some("b:2"));
        assert_eq!(chosen(target, &[("HTTPS_PROXY", ""), ("https_proxy", "b:2")]).as_deref(), Some("b:2"));
    }

    #[test]
    fn a_bad_proxy_in_the_environment_is_named_and_not_repeated() {
        for (value, problem) in [
            (&b"socks5://user:hunter2@proxy"[..], "SOCKS proxies are not supported"),
            (
                b"http://user:hunter2@pr\xf6xy",
                "the host is not ASCII: write a name of other letters in its \"xn--\" form",
            ),
            (b"http://user:hunter2%0a@proxy", "a control character stands in the user name or the password"),
            (b"http://user:hunter2@proxy\n", "it ends with a line break"),
        ] {
            let get = |name: &str| (name == "HTTPS_PROXY").then(|| value.to_vec());
            let Err(error) = from_environment(&url("https://enterprise.personr.co"), &Environment::of(get)) else {
                panic!("accepted")
            };
            assert_eq!(error.message(), format!("HTTPS_PROXY: {problem}"));
        }
    }

    #[test]
    fn a_loopback_target_has_no_proxy() {
        let option = ProxyOption::Url(url("http://proxy:3128"));
        let none = Environment::of(|_| None);
        assert!(choose(&option, &url("https://127.0.0.1:8443"), &none).expect("valid").is_none());
        assert!(choose(&option, &url("https://localhost"), &none).expect("valid").is_none());
        assert!(choose(&option, &url("https://enterprise.personr.co"), &none).expect("valid").is_some());
    }

    #[test]
    fn credentials_are_decoded_before_they_are_encoded() {
        let proxy = Proxy::new(&url("http://us%3Aer:p%40ss@proxy:3128"));
        let request = proxy.connect_request("::1", 443, "libpersonr/0");
        let expected = format!("Proxy-Authorization: Basic {}\r\n\r\n", BASE64_STANDARD.encode("us:er:p@ss"));
        assert!(request.starts_with(b"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"));
        assert!(request.ends_with(expected.as_bytes()));
    }

    #[test]
    fn credentials_are_bytes() {
        for (userinfo, pair) in [
            (&b"DOMAIN\\user:p@ss"[..], &b"DOMAIN\\user:p@ss"[..]),
            (b"\xfcser:^|\"<>{}[]%zz%\x80", b"\xfcser:^|\"<>{}[]%zz%\x80"),
            (b"user", b"user:"),
        ] {
            let proxy = Proxy::new(&Url::parse(&[b"http://", userinfo, b"@proxy"].concat()).expect("a URL"));
            let authorization = proxy.authorization.as_ref().expect("there is one");
            assert_eq!(authorization.as_bytes(), format!("Basic {}", BASE64_STANDARD.encode(pair)).as_bytes());
        }
    }
}
