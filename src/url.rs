//! The URLs that options hold: of the service, of a proxy, of a Redis server.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use ureq::http::Uri;

use crate::secret::Secret;

/// What URLs of one kind begin with.
pub(crate) struct Schemes {
    pub(crate) plain: Scheme,
    pub(crate) tls: Scheme,
    /// What is said of any other beginning.
    pub(crate) otherwise: &'static str,
}

pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) default_port: u16,
}

const HTTP: Schemes = Schemes {
    plain: Scheme { name: "http", default_port: 80 },
    tls: Scheme { name: "https", default_port: 443 },
    otherwise: "it must begin with https:// (or http://)",
};

/// A parsed URL.
#[derive(Clone, Debug)]
pub(crate) struct Url {
    pub(crate) tls: bool,
    /// As written: percent-encoded. It may hold a password.
    pub(crate) userinfo: Option<Arc<Secret>>,
    /// In lower case, an IPv6 address without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Without a slash at its end.
    pub(crate) path: String,
}

impl Url {
    /// Parses `http://…` or `https://…`. The error says what is wrong and repeats nothing of the text.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        Self::parse_as(&HTTP, text)
    }

    /// The same for other schemes.
    pub(crate) fn parse_as(schemes: &Schemes, text: &str) -> Result<Self, &'static str> {
        if text.contains(['?', '#']) {
            return Err("a URL with a query or a fragment is not accepted");
        }
        let uri: Uri = text.parse().map_err(|_| "it is not a URL")?;
        let scheme = match uri.scheme_str() {
            Some(name) if name == schemes.tls.name => &schemes.tls,
            Some(name) if name == schemes.plain.name => &schemes.plain,
            Some(name) if name.starts_with("socks") => return Err("SOCKS proxies are not supported"),
            _ => return Err(schemes.otherwise),
        };
        let tls = scheme.name == schemes.tls.name;
        let authority = uri.authority().ok_or("the host is missing")?.as_str();
        let (userinfo, address) = match authority.rsplit_once('@') {
            Some((userinfo, address)) => (Some(Arc::new(Secret::concat(&[userinfo.as_bytes()]))), address),
            None => (None, authority),
        };
        let (host, port) = split_address(address)?;
        let port = match port {
            Some(port) => port.parse().ok().filter(|&port| port != 0).ok_or("the port is not between 1 and 65535")?,
            None => scheme.default_port,
        };
        if ServerName::try_from(host).is_err() {
            return Err("the host is not a name or an address");
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { tls, userinfo, host: host.to_ascii_lowercase(), port, path })
    }

    /// Whether the host is this machine by its name or address alone, without a look-up.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// `http[s]://host[:port]/path`, the same for each way to write the same URL; without userinfo.
    pub(crate) fn normalized(&self) -> String {
        let Scheme { name, default_port } = if self.tls { HTTP.tls } else { HTTP.plain };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let port = if self.port == default_port { String::new() } else { format!(":{}", self.port) };
        format!("{name}://{host}{port}{}", self.path)
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
fn split_address(address: &str) -> Result<(&str, Option<&str>), &'static str> {
    if let Some(bracketed) = address.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or("it is not a URL")?;
        return match rest {
            "" => Ok((host, None)),
            _ => Ok((host, Some(rest.strip_prefix(':').ok_or("it is not a URL")?))),
        };
    }
    Ok(match address.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (address, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_urls_have_one_normal_form() {
        for text in ["https://Enterprise.Personr.co/api/1.1/wf", "https://enterprise.personr.co:443/api/1.1/wf/"] {
            let url = Url::parse(text).expect("a URL");
            assert_eq!(url.normalized(), "https://enterprise.personr.co/api/1.1/wf");
        }
        assert_eq!(Url::parse("http://[::1]:8080").expect("a URL").normalized(), "http://[::1]:8080");
    }

    #[test]
    fn only_addresses_and_localhost_are_loopback() {
        for text in ["http://localhost/x", "http://127.0.0.1:1/", "http://127.9.9.9", "http://[::1]:80"] {
            assert!(Url::parse(text).expect("a URL").is_loopback(), "{text}");
        }
        for text in ["http://localhost.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "http://[::2]"]
        {
            assert!(!Url::parse(text).expect("a URL").is_loopback(), "{text}");
        }
    }

    #[test]
    fn a_proxy_keeps_its_userinfo_apart() {
        let url = Url::parse("http://user:p%40ss@proxy:3128").expect("a URL");
        assert_eq!(url.userinfo.as_ref().expect("there is one").as_bytes(), b"user:p%40ss");
        assert_eq!((url.host.as_str(), url.port), ("proxy", 3128));
        assert!(!format!("{url:?}").contains("p%40ss"));
    }

    #[test]
    fn what_is_not_such_a_url_is_refused() {
        let cases = [
            "",
            "enterprise.personr.co",
            "ftp://host/",
            "socks5://host",
            "https://",
            "https:///path",
            "https://host:0",
            "https://host:99999",
            "https://host:x",
            "https://host:",
            "https://ho st",
            "https://host/?q",
            "https://host/#f",
            "https://[::1",
            "https://[::1]x",
            "https://h\u{f6}st",
            "https://host/\n",
        ];
        for text in cases {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }
}
