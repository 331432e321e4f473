//! What a server may do, odd as it looks: each gives a token.

use super::*;

pub fn cases() -> Vec<Case> {
    [heads(), lines(), bodies()].concat()
}

fn token(name: &'static str, answer: impl Into<Vec<u8>>) -> Case {
    case(name, answer, Expected::Token)
}

fn heads() -> Vec<Case> {
    let with = |line: &str| sized(&format!("{line}\r\n"), &success());
    let plain = sized("", &success());
    vec![
        token("as documented", plain.clone()),
        followed("as documented, then reset", plain.clone(), After::Reset, Expected::Token),
        // Its length ends it: the close is not waited for.
        followed("as documented, then silence", plain.clone(), After::Open, Expected::Token),
        token("HTTP/1.0 with a length", plain.replace("HTTP/1.1", "HTTP/1.0")),
        token("HTTP/1.0 until close", ok("", &success()).replace("HTTP/1.1", "HTTP/1.0")),
        token("201", plain.replace("200 OK", "201 Created")),
        token("names in mixed case", plain.replace("Content-Length", "cOnTeNt-LeNgTh")),
        token(
            "tabs and blanks around a value",
            plain.replace("Length: ", "Length:\t \t").replace("\r\n\r", " \t\r\n\r"),
        ),
        token("no blank behind a colon", plain.replace("Length: ", "Length:")),
        token("a header without a value", with("X-Empty:")),
        token("a header twice", with("X: a\r\nX: b")),
        token("cookies, and other headers of a CDN", with("Set-Cookie: a=b; Path=/\r\nCF-RAY: 1-A\r\nVia: 1.1 x")),
        token("a header of 60,000 bytes", with(&format!("X: {}", "x".repeat(60_000)))),
        token("keep-alive", with("Connection: keep-alive\r\nKeep-Alive: timeout=5")),
        // Section 5.5 of RFC 9110: opaque.
        token("bytes that are not ASCII in a value", with("X: gr\u{fc}n")),
        token("an upgrade offered", with("Upgrade: h2c\r\nConnection: Upgrade")),
        token("a location", with("Location: https://elsewhere.example/")),
        token("another content type", with("Content-Type: text/plain; charset=latin1")),
    ]
}

fn lines() -> Vec<Case> {
    let plain = sized("", &success());
    vec![
        token("no reason phrase", plain.replace(" OK", " ")),
        // Section 4 asks for the blank even so; many servers forget it.
        token("no blank behind the code", plain.replace(" OK", "")),
        token("a reason phrase of bytes that are not ASCII", plain.replace("OK", "Gr\u{fc}n")),
        token("a long reason phrase", plain.replace("OK", &"x".repeat(1000))),
        // Section 2.2: a reader may take a bare LF for an end of a line.
        token("bare LFs for the head", plain.replace("\r\n", "\n")),
        token("a bare LF behind the status line", plain.replacen("\r\n", "\n", 1)),
        // Left over from a body before, on servers that count wrong.
        token("empty lines first", format!("\r\n\r\n{plain}")),
    ]
}

fn bodies() -> Vec<Case> {
    let body = success();
    let each = |line: &dyn Fn(char) -> String| chunked(&(body.chars().map(line).collect::<String>() + "0\r\n\r\n"));
    vec![
        token("until close", ok("", &body)),
        // Nothing but the JSON tells that it is complete, and that it does.
        followed("until reset", ok("", &body), After::Reset, Expected::Token),
        token("one chunk", chunked(&(chunk(&body) + "0\r\n\r\n"))),
        followed("one chunk, then silence", chunked(&(chunk(&body) + "0\r\n\r\n")), After::Open, Expected::Token),
        token("a chunk for each byte", each(&|byte| format!("1\r\n{byte}\r\n"))),
        token("a chunk for each byte, extended", each(&|byte| format!("1;a=\"b\"\r\n{byte}\r\n"))),
        token("chunks, named in capitals", chunked(&(chunk(&body) + "0\r\n\r\n")).replace("chunked", "CHUNKED")),
        token(
            "chunks, with blanks around the name",
            chunked(&(chunk(&body) + "0\r\n\r\n")).replace("chunked", "\t chunked "),
        ),
        token("a last chunk of many zeros", chunked(&(chunk(&body) + "0000\r\n\r\n"))),
        token("white space around the JSON", sized("", &format!("\r\n\t {body} \r\n\r\n"))),
        token("members that are not known", sized("", &body.replacen('{', "{\"x\":[1,{\"y\":null}],", 1))),
        token("a token with escapes", sized("", &body.replace(TOKEN, &TOKEN.replace('x', "\\u0078")))),
        token("a lifetime with a fraction", sized("", &body.replace("31536000", "3.1536e7"))),
        // Section 6.3: what is behind the last answer may be dropped. The connection serves no second one.
        token("two answers", sized("", &body).repeat(2)),
        token("two answers, the second a refusal", sized("", &body) + "HTTP/1.1 400 Bad\r\n\r\n"),
        token("garbage behind the answer", sized("", &body) + "\0\0garbage"),
        token("garbage behind the last chunk", chunked(&(chunk(&body) + "0\r\n\r\n")) + "garbage"),
    ]
}
