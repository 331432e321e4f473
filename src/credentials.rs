//! Email and password, checked once.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{Context, SHA256};
use zeroize::Zeroizing;

use crate::blanks;
use crate::clock::Deadline;
use crate::error::{Error, Result, Status};
use crate::secret::Secret;

/// The longest email and the longest password, in bytes.
pub(crate) const CREDENTIAL_MAX: usize = 1024;

/// Email and password. The password cannot be copied out of this value, and is wiped with it, in a forked child too.
pub(crate) struct Credentials {
    email: String,
    password: Secret,
}

impl Credentials {
    /// Refuses what Basic authentication cannot carry (RFC 7617, section 2: no control characters, no colon in the
    /// user-id) for both login methods, so that they accept the same accounts.
    pub(crate) fn new(email: &str, password: &str) -> Result<Self> {
        check_email(email)?;
        check("password", password)?;
        Ok(Self { email: email.to_owned(), password: Secret::concat(&[password.as_bytes()]) })
    }

    pub(crate) fn email(&self) -> &str {
        &self.email
    }

    pub(crate) fn password(&self) -> &[u8] {
        self.password.as_bytes()
    }

    /// Locks the password into memory again, in a forked child.
    pub(crate) fn protect_again(&self) {
        self.password.protect_again();
    }

    /// A salted hash of the password, cut to 16 bits: enough to tell it from another password, and too little to find
    /// it by trying, since one password of 65,536 has the same tag.
    pub(crate) fn tag(&self, salt: u64) -> u16 {
        let mut context = Context::new(&SHA256);
        context.update(&salt.to_be_bytes());
        context.update(self.password());
        context.finish().as_ref().first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes))
    }

    /// `base64(email:password)`, as Basic authentication sends it (RFC 7617; UTF-8).
    pub(crate) fn basic(&self) -> Zeroizing<String> {
        let pair = Zeroizing::new([self.email.as_bytes(), b":", self.password()].concat());
        Zeroizing::new(BASE64_STANDARD.encode(&*pair))
    }
}

/// The credentials of one login.
pub(crate) enum ForLogin<'a> {
    Kept(&'a Credentials),
    Asked(Credentials),
}

impl Deref for ForLogin<'_> {
    type Target = Credentials;

    fn deref(&self) -> &Credentials {
        match self {
            Self::Kept(credentials) => credentials,
            Self::Asked(credentials) => credentials,
        }
    }
}

/// The application's credentials callback. It is asked for the password before each login, on a thread of a caller,
/// maybe on several at once.
pub(crate) trait CredentialsHook: Send + Sync {
    fn password(&self, email: &str) -> Result<Secret>;
}

/// Where the credentials of a login come from.
pub(crate) enum CredentialsSource {
    Kept(Credentials),
    /// The application is asked before each login, and the password is not kept.
    Asked {
        email: String,
        hook: Arc<dyn CredentialsHook>,
    },
}

impl CredentialsSource {
    pub(crate) fn asked(email: &str, hook: Arc<dyn CredentialsHook>) -> Result<Self> {
        check_email(email)?;
        Ok(Self::Asked { email: email.to_owned(), hook })
    }

    pub(crate) fn email(&self) -> &str {
        match self {
            Self::Kept(credentials) => credentials.email(),
            Self::Asked { email, .. } => email,
        }
    }

    /// The credentials that the handle keeps. `None` with a credentials callback.
    pub(crate) fn kept(&self) -> Option<&Credentials> {
        match self {
            Self::Kept(credentials) => Some(credentials),
            Self::Asked { .. } => None,
        }
    }

    /// The credentials for a login; asks the callback if there is one. No lock may be held, since the callback may take
    /// long.
    pub(crate) fn for_login(&self, deadline: Deadline) -> Result<ForLogin<'_>> {
        match self {
            Self::Kept(credentials) => Ok(ForLogin::Kept(credentials)),
            Self::Asked { email, hook } => {
                let password = hook.password(email)?;
                let problem = match std::str::from_utf8(password.as_bytes()) {
                    Ok(text) => problem_of(text),
                    Err(_) => Some("it is not UTF-8"),
                };
                if let Some(problem) = problem {
                    let message = format!("the credentials callback wrote no valid password: {problem}");
                    return Err(Error::new(Status::Credentials, "password", message));
                }
                if deadline.has_passed() {
                    let message = "the credentials callback took all of the time allowed";
                    return Err(Error::new(Status::Timeout, "credentials-callback", message));
                }
                Ok(ForLogin::Asked(Credentials { email: email.clone(), password }))
            }
        }
    }
}

/// Refuses blanks around an email, with which the service knows no account. Blanks around a password may be part of it:
/// only its user knows.
fn check_email(email: &str) -> Result<()> {
    if let Some(problem) = blanks::problem_of(email.as_bytes()) {
        return Err(Error::argument("email", problem));
    }
    check("email", email)?;
    if email.contains(':') {
        return Err(Error::argument("email", "it must not contain a colon"));
    }
    Ok(())
}

fn check(parameter: &str, value: &str) -> Result<()> {
    problem_of(value).map_or(Ok(()), |problem| Err(Error::argument(parameter, problem)))
}

fn problem_of(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("it is empty")
    } else if value.len() > CREDENTIAL_MAX {
        Some("it is longer than 1024 bytes")
    } else if value.chars().any(char::is_control) {
        Some("it contains a control character")
    } else {
        None
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(email: &str, password: &str) -> String {
        Credentials::new(email, password).expect_err("refused").message().to_owned()
    }

    #[test]
    fn basic_carries_utf8_and_colons_of_the_password() {
        let credentials = Credentials::new("zoë@example.com", "pä:ss").expect("accepted");
        assert_eq!(BASE64_STANDARD.decode(&*credentials.basic()).expect("base64"), "zoë@example.com:pä:ss".as_bytes());
    }

    #[test]
    fn invalid_credentials_are_refused_with_the_name_of_the_parameter() {
        assert_eq!(message("", "p"), "email: it is empty");
        assert_eq!(message("e", ""), "password: it is empty");
        assert_eq!(message("a:b", "p"), "email: it must not contain a colon");
        assert_eq!(message("a\nb", "p"), "email: it contains a control character");
        assert_eq!(message("a", "p\u{85}"), "password: it contains a control character");
        assert_eq!(message("a", &"p".repeat(1025)), "password: it is longer than 1024 bytes");
        assert!(Credentials::new(&"e".repeat(1024), &"p".repeat(1024)).is_ok());
    }

    #[test]
    fn blanks_around_an_email_are_refused_and_those_of_a_password_are_sent() {
        assert_eq!(message("a@b.c   ", "p"), "email: it ends with a space");
        assert_eq!(message(" a@b.c", "p"), "email: it begins with a space");
        assert_eq!(message("a@b.c\n", "p"), "email: it ends with a line break");
        let credentials = Credentials::new("a b@b.c", " p ").expect("accepted");
        assert_eq!((credentials.email(), credentials.password()), ("a b@b.c", &b" p "[..]));
    }

    #[test]
    fn a_tag_tells_passwords_apart() {
        let of = |password: &str, salt| Credentials::new("a@b.c", password).expect("accepted").tag(salt);
        assert_eq!(of("one", 7), of("one", 7));
        assert_ne!(of("one", 7), of("two", 7));
        assert_ne!(of("one", 7), of("one", 8));
    }

    #[test]
    fn debug_shows_nothing() {
        let shown = format!("{:?}", Credentials::new("someone@example.com", "hunter2").expect("accepted"));
        assert!(!shown.contains("hunter2") && !shown.contains("someone"), "{shown}");
    }
}
