//! Messages that HTTP has nothing against, with bodies that are not the service's.

use super::*;

pub fn cases() -> Vec<Case> {
    [documents(), members(), codings(), echoes()].concat()
}

fn sent(body: &[u8]) -> Vec<u8> {
    let head = ok(&format!("Content-Length: {}\r\n", body.len()), "");
    [head.as_bytes(), body].concat()
}

fn documents() -> Vec<Case> {
    let body = success();
    let around = |before: &str, behind: &str| sent(format!("{before}{body}{behind}").as_bytes());
    let html = Expected::Error(PERSONR_PROTOCOL, "html", 200);
    vec![
        case("something behind the JSON", around("", "x"), JSON),
        case("a second document", around("", &body), JSON),
        case("a closing brace too much", around("", "}"), JSON),
        case("a NUL behind the JSON", around("", "\0"), JSON),
        case("a second answer inside the length", around("", &ok("", &body)), JSON),
        case("a prefix against scripts", around(")]}',\n", ""), JSON),
        case("two documents in chunks", chunked(&(chunk(&body) + &chunk(&body) + "0\r\n\r\n")), JSON),
        // RFC 8259, section 8.1: no sender may put one there; a reader may ignore it, and need not.
        case("a byte order mark", around("\u{feff}", ""), JSON),
        case("UTF-16", sent(&body.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), JSON),
        case("a NUL", sent(b"\0"), JSON),
        case("NULs in the JSON", sent(body.replace(':', ":\0").as_bytes()), JSON),
        case("bad UTF-8 in the token", sent(&spoiled(&body, b"\xff")), JSON),
        case("half a character of UTF-8", sent(&spoiled(&body, b"\xe2\x82")), JSON),
        case("an encoded surrogate", sent(&spoiled(&body, b"\xed\xa0\x80")), JSON),
        case("60,000 opening brackets", sent("[".repeat(60_000).as_bytes()), JSON),
        case("100,000 opening brackets", sent("[".repeat(100_000).as_bytes()), TOO_LARGE),
        case("60,000 brackets that close", sent(("[".repeat(30_000) + &"]".repeat(30_000)).as_bytes()), JSON),
        case("single quotes", sent(body.replace('"', "'").as_bytes()), JSON),
        case("a comment", around("/* */", ""), JSON),
        case("a comma behind the last member", sent(body.replace("}}", ",}}").as_bytes()), JSON),
        case("a web page", sent(b"<!doctype html><title>Checking your browser</title>"), html),
        case("a web page until close", ok("Content-Type: text/html\r\n", "<html>"), html),
        case("blanks alone", sent(b" \r\n\t "), EMPTY),
    ]
}

/// The body with these bytes inside the token.
fn spoiled(body: &str, bytes: &[u8]) -> Vec<u8> {
    let at = body.find(TOKEN).expect("it has one") + 5;
    [&body.as_bytes()[..at], bytes, &body.as_bytes()[at..]].concat()
}

fn members() -> Vec<Case> {
    let (body, lifetime) = (success(), LIFETIME.to_string());
    let instead = |old: &str, new: &str| sent(body.replace(old, new).as_bytes());
    let token = Expected::Error(PERSONR_PROTOCOL, "token", 200);
    let expires = Expected::Error(PERSONR_PROTOCOL, "expires", 200);
    let answer = Expected::Error(PERSONR_PROTOCOL, "answer", 200);
    let twice = format!(r#""token":"{TOKEN}","token":"another""#);
    vec![
        case("two tokens", instead(&format!(r#""token":"{TOKEN}""#), &twice), JSON),
        case("two statuses", instead("{\"status\"", "{\"status\":\"error\",\"status\""), JSON),
        case("a key twice, once by an escape", instead("{\"status\"", "{\"st\\u0061tus\":1,\"status\""), JSON),
        case("a NUL in the token", instead(TOKEN, &format!("{TOKEN}\\u0000")), token),
        case("CR and LF in the token", instead(TOKEN, &format!("{TOKEN}\\r\\nX: y")), token),
        case("a raw line break in the token", instead(TOKEN, &format!("{TOKEN}\n")), JSON),
        case("half a surrogate in the token", instead(TOKEN, &format!("{TOKEN}\\ud800")), JSON),
        case("a token that is too long", instead(TOKEN, &TOKEN.repeat(200)), token),
        case("no token", instead("\"token\"", "\"taken\""), token),
        case("a lifetime beyond all numbers", instead(&lifetime, "1e999"), JSON),
        case("a lifetime of 1,000 digits", instead(&lifetime, &"9".repeat(1000)), JSON),
        case("a lifetime that is NaN", instead(&lifetime, "NaN"), JSON),
        case("a negative lifetime", instead(&lifetime, "-1"), expires),
        case("a list", sent(format!("[{body}]").as_bytes()), answer),
    ]
}

/// Section 8.4 of RFC 9110. `Accept-Encoding: identity` is what the library asks for.
fn codings() -> Vec<Case> {
    // `printf x | gzip -n`
    let gzip: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\0\0\x83\x16\xdc\x8c\x01\0\0\0";
    let head = ok(&format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", gzip.len()), "");
    vec![
        case("a compressed body", [head.as_bytes(), gzip].concat(), JSON),
        // Lenient: nothing is unpacked, and a complete document is none by accident.
        case(
            "a plain body that is said to be compressed",
            sized("Content-Encoding: gzip\r\n", &success()),
            Expected::Token,
        ),
    ]
}

/// What an error tells is the service's own text, and that can hold what must not be told.
fn echoes() -> Vec<Case> {
    let secrets = format!("{} {} {TOKEN}", personr_sandbox::DEFAULT_PASSWORD, crate::broken_http::BASE64);
    let refusal =
        format!(r#"{{"statusCode":400,"reason":"{secrets}","message":"wrong: {secrets}","token":"{TOKEN}",}}"#);
    let answer = |line: &str| sized("", &refusal).replace("200 OK", line);
    let reason = "[redacted] [redacted] [redacted]";
    let location = format!("Location: /?message={}&reason={TOKEN}\r\n", secrets.replace(' ', "+"));
    vec![
        case("a refusal that tells secrets", answer("400 Bad"), Expected::Error(PERSONR_REJECTED, reason, 400)),
        case("a failure that tells secrets", answer("500 Bad"), Expected::Error(PERSONR_SERVER, reason, 500)),
        case("a 429 that tells secrets", answer("429 Bad"), Expected::Error(PERSONR_RATE_LIMITED, reason, 429)),
        case("a 401 that tells secrets", answer("401 Bad"), Expected::Error(PERSONR_UNAUTHORIZED, reason, 401)),
        case(
            "a redirect that tells secrets",
            sized(&location, "").replace("200 OK", "302 Found"),
            Expected::Error(PERSONR_REJECTED, "[redacted]", 302),
        ),
        case("secrets in a reason phrase", ok("", "").replace("OK", &secrets), EMPTY),
        case("secrets in a header that is none", ok(&format!("{secrets}\r\n"), ""), HTTP),
        case("secrets in a chunk size", chunked(&format!("{secrets}\r\n")), HTTP),
    ]
}
