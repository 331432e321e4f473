//! What is looked for, and the one function that looks for it.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use personr_sandbox::{Received, Sandbox};

/// What someone logs in with. The Base64 of each pair has a `+` or a `/`, and each password something to escape.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    pub email: &'static str,
    pub password: &'static str,
}

pub const FIRST: Account = Account { email: "first@example.com", password: "q7>~K?zu w%4&T/v\u{fc}\u{ff}+9=Xj:m" };
pub const SECOND: Account = Account { email: "second@example.com", password: "Hb?~>3\u{ff}\u{fe} &gR%8/d+Wk=5y:n" };

impl Account {
    pub fn pair(&self) -> String {
        format!("{}:{}", self.email, self.password)
    }

    pub fn basic(&self) -> String {
        BASE64_STANDARD.encode(self.pair())
    }
}

/// Secrets, each in every form in which it could go astray.
#[derive(Clone, Default)]
pub struct Needles(Vec<(String, Vec<u8>)>);

impl Needles {
    pub fn of(accounts: &[Account]) -> Self {
        let mut needles = Self::default();
        for account in accounts {
            needles.add(account.email, &[account.password, &account.pair()]);
        }
        needles
    }

    pub fn and(mut self, name: &str, secrets: &[impl AsRef<str>]) -> Self {
        let secrets: Vec<&str> = secrets.iter().map(AsRef::as_ref).collect();
        self.add(name, &secrets);
        self
    }

    fn add(&mut self, name: &str, secrets: &[&str]) {
        for secret in secrets {
            let basic = BASE64_STANDARD.encode(secret);
            for (form, text) in [
                ("as it is", (*secret).to_owned()),
                ("percent-encoded", utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()),
                ("percent-encoded Base64", utf8_percent_encode(&basic, NON_ALPHANUMERIC).to_string()),
                ("URL-safe Base64", BASE64_URL_SAFE_NO_PAD.encode(secret)),
                ("Base64", basic),
            ] {
                self.0.push((format!("{name}, {form}"), middle(text.as_bytes()).to_vec()));
            }
        }
    }
}

/// Half of a secret, and 8 bytes or more: what is cut off at its ends must be found too.
fn middle(secret: &[u8]) -> &[u8] {
    let length = (secret.len() / 2).max(8);
    assert!(secret.len() >= length, "too short to be found by its middle");
    &secret[(secret.len() - length) / 2..][..length]
}

pub fn holds(place: &[u8], needle: &[u8]) -> bool {
    place.windows(needle.len()).any(|part| part == needle)
}

/// None of the secrets stands in any of the places.
#[track_caller]
pub fn assert_nowhere(needles: &Needles, places: &[(&str, Vec<u8>)]) {
    assert!(!needles.0.is_empty());
    for (place, bytes) in places {
        for (name, needle) in &needles.0 {
            assert!(!holds(bytes, needle), "the secret of {name} is in {place}: {}", String::from_utf8_lossy(bytes));
        }
    }
}

/// What a server has seen, for one that should have seen nothing of value.
pub fn seen_by(sandbox: &Sandbox) -> Vec<u8> {
    sandbox.requests().iter().flat_map(|request| [head_of(request, ""), request.body.clone()].concat()).collect()
}

/// The request line and the headers, but for one of them.
fn head_of(request: &Received, left_out: &str) -> Vec<u8> {
    let headers = request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(left_out));
    let lines = headers.map(|(name, value)| [name.as_bytes(), b": ", value, b"\n"].concat());
    let mut head = format!("{} {}\n", request.method, request.target).into_bytes();
    head.extend(lines.flatten());
    head
}

/// At the right server, too, each secret has its one place: the `Authorization` line, or the body of the form.
#[track_caller]
pub fn assert_in_its_place(request: &Received, account: &Account) {
    let needles = Needles::of(&[*account]);
    if request.target.ends_with("/api-basic-auth") {
        let expected = format!("Basic {}", account.basic());
        assert_eq!(request.header("authorization"), Some(expected.as_bytes()));
        assert_nowhere(&needles, &[("a body", request.body.clone())]);
    } else {
        assert!(request.target.ends_with("/api-token-generate"), "{}", request.target);
        assert_eq!(request.header("authorization"), None);
        assert!(holds(&request.body, account.password.as_bytes()));
    }
    assert_nowhere(&needles, &[("a head", head_of(request, "authorization"))]);
    for name in ["cookie", "referer", "proxy-authorization", "origin"] {
        assert_eq!(request.header(name), None, "{name}");
    }
}

#[test]
fn a_secret_is_found_in_each_form() {
    let needles = Needles::of(&[FIRST]);
    let percent = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let basic = FIRST.basic();
    for text in [
        FIRST.password,
        &FIRST.password[1..],
        &basic,
        &basic[..basic.len() - 3],
        &percent(&basic),
        &percent(FIRST.password),
        &BASE64_URL_SAFE_NO_PAD.encode(FIRST.pair()),
        &BASE64_STANDARD.encode(FIRST.password),
    ] {
        let place = format!("before {text} behind").into_bytes();
        let found = std::panic::catch_unwind(|| assert_nowhere(&needles, &[("a text", place)]));
        assert!(found.is_err(), "{text}");
    }
    assert!(basic.contains(['+', '/']) && SECOND.basic().contains(['+', '/']), "another alphabet is another text");
    assert_nowhere(&needles, &[("the email alone", FIRST.email.into()), ("another's", SECOND.basic().into())]);
}
