//! User name and password of a proxy: bytes, of which few must be percent-encoded.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use personr_testkit::compile::skip;
use personr_testkit::figures::figures;

use super::{Otherwise, Question, SAME, Way, ask_curl, ask_library, curl_version};

/// In each password, and in no message.
const MARK: &str = "Pw41";

const LAST: Otherwise = Some("curl 7.88 refuses it, and no host has an \"@\"");
const CONTROL: Otherwise = Some("curl 7.88 connects directly, without a word; RFC 7617 allows no control character");
const DELETE: Otherwise = Some("curl sends it; RFC 7617 allows no control character");

/// Userinfo, what the proxy is told (`None`: the URL is refused), and why curl does otherwise.
type Row = (&'static [u8], Option<&'static [u8]>, Otherwise);

const ROWS: &[Row] = &[
    (b"user:Pw41", Some(b"user:Pw41"), SAME),
    (b"DOMAIN\\user:Pw41", Some(b"DOMAIN\\user:Pw41"), SAME),
    (b"DOMAIN%5Cuser:Pw41", Some(b"DOMAIN\\user:Pw41"), SAME),
    (b"\\\\user\\:Pw41\\", Some(b"\\\\user\\:Pw41\\"), SAME),
    (b"user:Pw41^|\"<>{}[]`", Some(b"user:Pw41^|\"<>{}[]`"), SAME),
    (b"[::1]:Pw41", Some(b"[::1]:Pw41"), SAME),
    (b"user:Pw41!$&'()*,;=-._~+", Some(b"user:Pw41!$&'()*,;=-._~+"), SAME),
    (b"us\xe4r:Pw41\xff\x80", Some(b"us\xe4r:Pw41\xff\x80"), SAME),
    ("us\u{e4}r:Pw41\u{20ac}\u{a0}".as_bytes(), Some("us\u{e4}r:Pw41\u{20ac}\u{a0}".as_bytes()), SAME),
    (b"us%E4r:Pw41%fF%80", Some(b"us\xe4r:Pw41\xff\x80"), SAME),
    (b"us%40er:Pw41%40%2f%3F%23%20%25", Some(b"us@er:Pw41@/?# %"), SAME),
    (b"us%3Aer:Pw41", Some(b"us:er:Pw41"), SAME),
    (b"user:Pw41%zz%4%", Some(b"user:Pw41%zz%4%"), SAME),
    (b"user:Pw41%2525", Some(b"user:Pw41%25"), SAME),
    (b"user:Pw41:more", Some(b"user:Pw41:more"), SAME),
    (b"user", Some(b"user:"), SAME),
    (b"user:", Some(b"user:"), SAME),
    (b":Pw41", Some(b":Pw41"), SAME),
    (b":", Some(b":"), SAME),
    (b"", Some(b":"), SAME),
    (b"user:Pw41 x", None, SAME),
    (b"user:Pw41\tx", None, SAME),
    (b"user:Pw41\x01", None, SAME),
    (b"user:Pw41\x7f", None, SAME),
    (b"user:Pw41?x", None, SAME),
    (b"user:Pw41#x", None, SAME),
    (b"user:Pw41/x", None, SAME),
    (b"user:8080/Pw41", None, Some("curl takes the user for the proxy's name, and looks it up")),
    (b"user:Pw41@x", Some(b"user:Pw41@x"), LAST),
    (b"a@example.com:Pw41", Some(b"a@example.com:Pw41"), LAST),
    (b"user:Pw41%0d%0aX:y", None, CONTROL),
    (b"user:Pw41%00", None, CONTROL),
    (b"us%09er:Pw41", None, CONTROL),
    (b"user:Pw41%7f", None, DELETE),
];

#[test]
fn a_proxy_gets_the_credentials_that_curl_sends() {
    let test = "a_proxy_gets_the_credentials_that_curl_sends";
    let question = |userinfo: &[u8]| Question {
        url: "https://enterprise.personr.co".to_owned(),
        userinfo: [userinfo, b"@"].concat(),
        no_proxy: Vec::new(),
    };
    let questions: Vec<_> = ROWS.iter().map(|(userinfo, ..)| question(userinfo)).collect();
    let shown = |userinfo: &[u8]| String::from_utf8_lossy(userinfo).into_owned();
    let mut wrong = Vec::new();
    for ((userinfo, sent, _), way) in ROWS.iter().zip(ask_library(&questions)) {
        let is_right = match (sent, &way) {
            (Some(pair), Way::Proxy(Some(got))) => *got == BASE64_STANDARD.encode(pair),
            (None, Way::Nothing(message)) => message.starts_with("HTTPS_PROXY: ") && !message.contains(MARK),
            _ => false,
        };
        if !is_right {
            wrong.push(format!("{}: {way:?}", shown(userinfo)));
        }
    }
    assert!(wrong.is_empty(), "the library:\n{}", wrong.join("\n"));

    let Some(version) = curl_version() else {
        return skip(test, "curl 7.86 or later is not installed (Debian: curl)");
    };
    for ((userinfo, sent, otherwise), question) in ROWS.iter().zip(&questions) {
        let expected = match sent {
            Some(pair) => Way::Proxy(Some(BASE64_STANDARD.encode(pair))),
            None => Way::Nothing(String::new()),
        };
        if otherwise.is_none() && ask_curl(question) != expected {
            wrong.push(shown(userinfo));
        }
    }
    assert!(wrong.is_empty(), "curl {version} does something else:\n{}", wrong.join("\n"));
    let reasons = ROWS.iter().filter(|(.., otherwise)| otherwise.is_some()).count();
    figures!(
        "{} forms of a proxy's userinfo as curl {version} takes them, {reasons} not for a reason",
        ROWS.len() - reasons
    );
}
