//! The URLs that options hold: of the service, of a proxy, of a Redis server.
//!
//! A parsed URL has one form, whichever way it was written, so that two ways to write one URL do not make two accounts.
//! A URL that servers may understand in different ways is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use percent_encoding::percent_encode_byte;
use rustls::pki_types::DnsName;

use crate::blanks;
use crate::secret::Secret;

/// The longest URL that an option takes, in bytes.
pub(crate) const URL_MAX: usize = 2048;

/// What URLs of one kind begin with.
pub(crate) struct Schemes {
    pub(crate) plain: Scheme,
    pub(crate) tls: Scheme,
    /// The message about any other beginning.
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

const NO_HOST: &str = "the host is not a name or an address";

/// A parsed URL.
#[derive(Clone, Debug)]
pub(crate) struct Url {
    pub(crate) tls: bool,
    /// As written: any bytes, percent-encoded. It may hold a password.
    pub(crate) userinfo: Option<Arc<Secret>>,
    /// What is looked up and connected to. A name in lower case, with the dot at its end if there is one: it tells the
    /// system not to try its own domains. Or an address in its usual form, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// In the one form of [`normal_path`].
    pub(crate) path: String,
}

impl Url {
    /// Parses `http://…` or `https://…`. The error says what is wrong and repeats nothing of the text.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, &'static str> {
        Self::parse_as(&HTTP, text)
    }

    /// Parses a URL with one of these schemes.
    pub(crate) fn parse_as(schemes: &Schemes, text: &[u8]) -> Result<Self, &'static str> {
        if let Some(problem) = blanks::problem_of(text) {
            return Err(problem);
        }
        if text.iter().any(|byte| *byte == b' ' || byte.is_ascii_control()) {
            return Err("it contains a space or a control character");
        }
        if text.iter().any(|byte| matches!(byte, b'?' | b'#')) {
            return Err("a URL with a query or a fragment is not accepted");
        }
        let (name, rest) = split_once(text, b"://").ok_or(schemes.otherwise)?;
        let scheme = schemes.named(name)?;
        let path = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(path);
        let (userinfo, address) = split_userinfo(authority);
        let (host, port) = split_address(address)?;
        Ok(Self {
            tls: scheme.name == schemes.tls.name,
            userinfo: userinfo.map(|userinfo| Arc::new(Secret::concat(&[userinfo]))),
            host: normal_host(host)?,
            port: port.map_or(Ok(scheme.default_port), port_number)?,
            path: normal_path(path)?,
        })
    }

    /// Whether the host is this machine by its name or address alone, without a look-up.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The host without the dot at its end. It is the same host, and certificates and servers name it without the dot.
    pub(crate) fn name(&self) -> &str {
        self.host.strip_suffix('.').unwrap_or(&self.host)
    }

    /// `http[s]://host[:port]/path`, the same for each way to write the same URL; without userinfo.
    pub(crate) fn normalized(&self) -> String {
        let Scheme { name, default_port } = if self.tls { HTTP.tls } else { HTTP.plain };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.name().to_owned() };
        let port = if self.port == default_port { String::new() } else { format!(":{}", self.port) };
        format!("{name}://{host}{port}{}", self.path)
    }
}

impl Schemes {
    fn named(&self, name: &[u8]) -> Result<&Scheme, &'static str> {
        let known =
            [&self.tls, &self.plain].into_iter().find(|scheme| name.eq_ignore_ascii_case(scheme.name.as_bytes()));
        let is_socks = name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"socks"));
        known.ok_or(if is_socks { "SOCKS proxies are not supported" } else { self.otherwise })
    }
}

/// What stands before and behind the first `separator`.
pub(crate) fn split_once<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(separator.len()).position(|part| part == separator)?;
    let (before, rest) = bytes.split_at(at);
    Some((before, rest.strip_prefix(separator)?))
}

/// The last `@` ends the userinfo: a host has none, and a password that is not encoded may have one.
fn split_userinfo(authority: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let Some(at) = authority.iter().rposition(|byte| *byte == b'@') else { return (None, authority) };
    let (userinfo, address) = authority.split_at(at);
    (Some(userinfo), address.strip_prefix(b"@").unwrap_or(address))
}

/// A host as it is written in a URL.
enum Host<'a> {
    Bracketed(&'a str),
    Bare(&'a str),
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
fn split_address(address: &[u8]) -> Result<(Host<'_>, Option<&str>), &'static str> {
    let address = std::str::from_utf8(address).ok().filter(|address| address.is_ascii());
    let address = address.ok_or("the host is not ASCII: write a name of other letters in its \"xn--\" form")?;
    if let Some(bracketed) = address.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or(NO_HOST)?;
        return match rest {
            "" => Ok((Host::Bracketed(host), None)),
            _ => Ok((Host::Bracketed(host), Some(rest.strip_prefix(':').ok_or(NO_HOST)?))),
        };
    }
    Ok(match address.split_once(':') {
        Some((host, port)) => (Host::Bare(host), Some(port)),
        None => (Host::Bare(address), None),
    })
}

fn port_number(digits: &str) -> Result<u16, &'static str> {
    let port = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    port.filter(|port| *port != 0).ok_or("the port is not between 1 and 65535")
}

/// A host in its one form: an address as RFC 5952 writes it, with an IPv4 address that stands in an IPv6 address
/// written as such; or a name.
///
/// Other spellings of an IPv4 address (`0x7f.1`, `010.0.0.1`) are refused, since programs read them in different ways.
/// They are no names either: no name ends with a number.
fn normal_host(host: Host<'_>) -> Result<String, &'static str> {
    let host = match host {
        Host::Bracketed(host) => {
            let address: Ipv6Addr = host.parse().map_err(|_| NO_HOST)?;
            return Ok(address.to_canonical().to_string());
        }
        Host::Bare("") => return Err("the host is missing"),
        Host::Bare(host) => host.to_ascii_lowercase(),
    };
    match host.as_str() {
        // `localhost` is never looked up, so a dot at its end has no meaning.
        "localhost." => Ok("localhost".to_owned()),
        name if name.parse::<Ipv4Addr>().is_ok() || DnsName::try_from(name).is_ok() => Ok(host),
        _ => Err(NO_HOST),
    }
}

/// A path in its one form: no slash at its end, percent-encoding in capitals, and only where it is needed (RFC 3986,
/// section 6.2.2).
fn normal_path(path: &[u8]) -> Result<String, &'static str> {
    let mut normal = String::with_capacity(path.len());
    let mut bytes = path.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16));
                let octet = digit().zip(digit()).and_then(|(high, low)| u8::try_from(16 * high + low).ok());
                match octet.ok_or("a \"%\" in the path is not followed by two hexadecimal digits")? {
                    octet if is_unreserved(octet) => normal.push(char::from(octet)),
                    octet => normal.push_str(percent_encode_byte(octet)),
                }
            }
            _ if is_unreserved(byte) || b"/!$&'()*+,;=:@".contains(&byte) => normal.push(char::from(byte)),
            _ => return Err("the path contains a character that must be percent-encoded"),
        }
    }
    if normal.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("the path contains the segment \".\" or \"..\"");
    }
    normal.truncate(normal.trim_end_matches('/').len());
    Ok(normal)
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
#[path = "url/url_tests.rs"]
mod tests;
