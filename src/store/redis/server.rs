//! Which Redis server a URL names, and how to log in to it.

use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::url::{Scheme, Schemes, URL_MAX, Url};

const REDIS: Schemes = Schemes {
    plain: Scheme { name: "redis", default_port: 6379 },
    tls: Scheme { name: "rediss", default_port: 6379 },
    otherwise: "it must begin with rediss:// or redis://",
};

/// `redis[s]://[[user]:password@]host[:port][/database]`.
#[derive(Debug)]
pub(crate) struct Server {
    pub(super) url: Url,
    pub(super) login: Option<Login>,
    /// Redis's own default is 0.
    pub(super) database: u16,
}

#[derive(Debug)]
pub(super) struct Login {
    /// `None` for the server's default user. AUTH then has its older form, which servers before Redis 6 know as well.
    pub(super) user: Option<Secret>,
    pub(super) password: Secret,
}

impl Server {
    /// The error says what is wrong and repeats nothing of the text, which may hold a password.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, &'static str> {
        if text.len() > URL_MAX {
            return Err("it is longer than 2048 bytes");
        }
        let mut url = Url::parse_as(&REDIS, text)?;
        let login = url.userinfo.take().map(|userinfo| Login::parse(userinfo.as_bytes())).transpose()?;
        let database = match url.path.strip_prefix('/').unwrap_or_default() {
            "" => 0,
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| "the number of the database is too large")?
            }
            _ => return Err("the path is not the number of a database"),
        };
        Ok(Self { url, login, database })
    }
}

impl Login {
    /// User and password are percent-encoded (RFC 3986, section 3.2.1).
    fn parse(userinfo: &[u8]) -> Result<Self, &'static str> {
        let mut parts = userinfo.splitn(2, |byte| *byte == b':');
        let mut part = || parts.next().map(|part| Zeroizing::new(percent_decode(part).collect::<Vec<_>>()));
        match (part(), part()) {
            (Some(user), Some(password)) if !password.is_empty() => Ok(Self {
                user: (!user.is_empty()).then(|| Secret::concat(&[&user])),
                password: Secret::concat(&[&password]),
            }),
            _ => {
                Err("there is a user name and no password: write redis://USER:PASSWORD@HOST or redis://:PASSWORD@HOST")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Server {
        Server::parse(text.as_bytes()).unwrap_or_else(|problem| panic!("{text}: {problem}"))
    }

    #[test]
    fn each_part_of_a_url_is_read_and_has_its_default() {
        for (text, tls, host, port, database) in [
            ("redis://cache", false, "cache", 6379, 0),
            ("redis://cache/", false, "cache", 6379, 0),
            ("rediss://Cache.Example:7000/15", true, "cache.example", 7000, 15),
            ("redis://[::1]:1/3/", false, "::1", 1, 3),
        ] {
            let server = parse(text);
            assert_eq!((server.url.tls, server.url.host.as_str(), server.url.port), (tls, host, port), "{text}");
            assert_eq!((server.database, server.login.is_none()), (database, true), "{text}");
        }
    }

    #[test]
    fn user_and_password_are_decoded_and_never_shown() {
        for (text, user, password) in [
            ("redis://:hunter2@h", None, "hunter2"),
            ("redis://app:p%40ss%3A%2F%3F%23@h/1", Some("app"), "p@ss:/?#"),
            ("rediss://a%3Ab:c:d@h", Some("a:b"), "c:d"),
        ] {
            let server = parse(text);
            let login = server.login.as_ref().expect("one");
            assert_eq!(login.user.as_ref().map(Secret::as_bytes), user.map(str::as_bytes), "{text}");
            assert_eq!(login.password.as_bytes(), password.as_bytes(), "{text}");
            let shown = format!("{server:?}");
            assert!(!shown.contains(password) && !shown.contains("p%40ss"), "{shown}");
        }
        let server = Server::parse(b"redis://DOMAIN\\\xfcser:p@ss^|\"<>%E4@h").expect("bytes are accepted");
        let login = server.login.expect("one");
        assert_eq!(login.user.as_ref().map(Secret::as_bytes), Some(&b"DOMAIN\\\xfcser"[..]));
        assert_eq!(login.password.as_bytes(), b"p@ss^|\"<>\xe4");
    }

    #[test]
    fn an_invalid_url_is_refused_and_not_repeated() {
        for text in [
            "redis:",
            "redis://",
            "redis:///0",
            "redis://:hunter2@",
            "redis://user@h",
            "redis://user:@h",
            "redis://@h",
            "redis://h:0",
            "redis://h:hunter2",
            "redis://h/hunter2",
            "redis://h/-1",
            "redis://h/+1",
            "redis://h/65536",
            "redis://h/1/2",
            "redis://h?password=hunter2",
            "redis://h#f",
            "https://h",
        ] {
            let problem = Server::parse(text.as_bytes()).expect_err(text);
            assert!(!problem.contains("hunter2"), "{problem}");
        }
        assert!(Server::parse(format!("redis://{}", "h".repeat(2048)).as_bytes()).is_err());
    }
}
