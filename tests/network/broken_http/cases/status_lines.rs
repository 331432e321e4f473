//! The status line (section 4).

use super::*;

pub fn cases() -> Vec<Case> {
    let after = |line: &str| format!("{line}\r\nContent-Length: {}\r\n\r\n{}", success().len(), success());
    let coded = |code: &str| after(&format!("HTTP/1.1 {code} Text"));
    vec![
        case("nothing, then close", "", CLOSED),
        followed("nothing, then reset", "", After::Reset, RESET),
        followed("nothing, then silence", "", After::Open, TIMEOUT),
        case("half a status line, then close", "HTTP/1.1 20", CLOSED),
        followed("half a status line, then silence", "HTTP/1.1 20", After::Open, TIMEOUT),
        followed("a whole status line, then reset", "HTTP/1.1 200 OK\r\n", After::Reset, RESET),
        case("garbage", "\u{1}\u{2}\u{3} garbage\r\n\r\n", HTTP),
        // Judged by its first bytes: whatever else may come is not waited for.
        followed("another protocol's greeting, then silence", "220 smtp.example.com\r\n", After::Open, HTTP),
        // HTTP/0.9 has a body and nothing else.
        case("HTTP/0.9", success(), HTTP),
        case("HTTP/0.9 by name", after("HTTP/0.9 200 OK"), HTTP),
        // Section 2.3 of RFC 9110 and section 2.3: the major version says what the message's syntax is.
        case("HTTP/2.0", after("HTTP/2.0 200 OK"), HTTP),
        // A client may take a higher minor version for 1.1; nobody has ever made one.
        case("HTTP/1.2", after("HTTP/1.2 200 OK"), HTTP),
        // The frame that a server of HTTP/2 begins with.
        followed("HTTP/2's own settings frame", *b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x80", After::Open, HTTP),
        // Section 2.3: the name is case-sensitive.
        case("the protocol in lower case", after("http/1.1 200 OK"), HTTP),
        case("no version", after("HTTP 200 OK"), HTTP),
        case("two blanks before the code", after("HTTP/1.1  200 OK"), HTTP),
        case("a blank before the protocol", after(" HTTP/1.1 200 OK"), HTTP),
        case("no code", after("HTTP/1.1"), HTTP),
        case("a code of two digits", coded("99"), HTTP),
        case("a code below 100", coded("099"), HTTP),
        case("a code of four digits", coded("1000"), HTTP),
        case("a code that is no number", coded("2x0"), HTTP),
        case("a negative code", coded("-200"), HTTP),
        // Section 15 of RFC 9110: to be taken for a 5xx.
        case("a code beyond 599", coded("600"), Expected::Error(PERSONR_SERVER, "http-600", 600)),
        case("a code of 999", coded("999"), Expected::Error(PERSONR_SERVER, "http-999", 999)),
        case("a NUL in the reason phrase", coded("200 O\0K"), HTTP),
        case("a bare CR in the reason phrase", coded("200 O\rK"), HTTP),
        case("a reason phrase without an end", format!("HTTP/1.1 200 {}", "x".repeat(70_000)), TOO_LARGE),
        // A success is the 2xx's alone.
        case("a success with 404", coded("404"), Expected::Error(PERSONR_PROTOCOL, "answer", 404)),
        case("a success with 500", coded("500"), Expected::Error(PERSONR_SERVER, "http-500", 500)),
        case("a success with 302", coded("302"), Expected::Error(PERSONR_PROTOCOL, "redirect", 302)),
        // Said by nothing but its status.
        case("an empty 500", "HTTP/1.1 500 Error\r\n\r\n", Expected::Error(PERSONR_SERVER, "http-500", 500)),
        case("an empty 404", "HTTP/1.1 404 Gone\r\n\r\n", Expected::Error(PERSONR_PROTOCOL, "empty", 404)),
        case("an empty 401", "HTTP/1.1 401 No\r\n\r\n", Expected::Error(PERSONR_UNAUTHORIZED, "http-401", 401)),
    ]
}
