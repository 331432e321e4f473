//! Header lines (section 5), and their limit of 64 KiB.

use super::*;

const LIMIT: usize = 64 * 1024;

pub fn cases() -> Vec<Case> {
    let with = |line: &str| sized(&format!("{line}\r\n"), &success());
    vec![
        case("a head that ends in a line", "HTTP/1.1 200 OK\r\nContent-Le", CLOSED),
        case("a head without its empty line", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", CLOSED),
        followed("a head cut by a reset", "HTTP/1.1 200 OK\r\nContent-Le", After::Reset, RESET),
        followed("a head that stops", "HTTP/1.1 200 OK\r\nContent-Le", After::Open, TIMEOUT),
        case("a head as large as it may be", head_of(LIMIT), Expected::Token),
        case("a head one byte larger", head_of(LIMIT + 1), TOO_LARGE),
        case("one header that is too large", with(&format!("X: {}", "x".repeat(100_000))), TOO_LARGE),
        case("a header name that is too large", with(&format!("{}: x", "x".repeat(100_000))), TOO_LARGE),
        case("many headers, too large together", with(&lines(100, 1000)), TOO_LARGE),
        followed("one header for ever", "HTTP/1.1 200 OK\r\nX: ", After::Forever(b"x"), TOO_LARGE),
        // Refused by their number, before they reach the limit in bytes: ureq-proto takes 128.
        followed("headers for ever", "HTTP/1.1 200 OK\r\n", After::Forever(b"X: x\r\n"), HTTP),
        case("128 headers", ok(&(lines(127, 1) + "\r\nContent-Length: 1\r\n"), "x"), JSON),
        case("129 headers", ok(&(lines(128, 1) + "\r\nContent-Length: 1\r\n"), "x"), HTTP),
        case("no colon", with("Header"), HTTP),
        case("an empty name", with(": value"), HTTP),
        // Section 5.1: a proxy takes it out; whoever reads it must not guess.
        case("a blank before the colon", with("X-Name : value"), HTTP),
        case("a blank in the name", with("X Name: value"), HTTP),
        case("a blank before the length's colon", ok("Content-Length : 5\r\n", &success()), HTTP),
        case("a NUL in a name", with("X\0: value"), HTTP),
        case("a non-ASCII name", with("X-N\u{e4}me: value"), HTTP),
        // Section 5.5 of RFC 9110: dangerous, to be refused or replaced.
        case("a NUL in a value", with("X: a\0b"), HTTP),
        // Section 2.2: no end of a line.
        case("a bare CR in a value", with("X: a\rY: b"), HTTP),
        case("a CR at the end of a head", "HTTP/1.1 200 OK\r\n\rx", HTTP),
        case("another control character in a value", with("X: a\u{7}b"), HTTP),
        // Section 5.2: a client may take the fold for a blank. No sender may make one, and refusing is safe.
        case("an obsolete fold", with("X: a\r\n b"), HTTP),
        case("an obsolete fold by a tab", with("X: a\r\n\tb"), HTTP),
        case("a fold that hides a length", ok("X: a\r\n Content-Length: 5\r\n", &success()), HTTP),
        // Section 2.2: refused or dropped.
        case("a blank before the first header", with(" X: a"), HTTP),
    ]
}

/// A success whose status line and headers are of this size, the empty line included.
fn head_of(length: usize) -> String {
    let body = success();
    let head = |fill: usize| ok(&format!("Content-Length: {}\r\nX: {}\r\n", body.len(), "x".repeat(fill)), "");
    head(length - head(0).len()) + &body
}

/// So many headers with values of this length, without the last CRLF.
fn lines(count: usize, length: usize) -> String {
    let line = |number: usize| format!("X-{number}: {}", "x".repeat(length));
    (0..count).map(line).collect::<Vec<_>>().join("\r\n")
}
