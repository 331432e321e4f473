//! What says how long a body is (section 6), and what becomes of bodies that are longer or shorter.

use super::*;

pub fn cases() -> Vec<Case> {
    [contradictions(), numbers(), codings(), ends(), without_a_body()].concat()
}

/// Section 6.3: to be handled as an error, since two readers may read two messages in them.
fn contradictions() -> Vec<Case> {
    let length = success().len();
    let both = |first: &str, second: &str, body: &str| ok(&format!("{first}\r\n{second}\r\n"), body);
    let is = format!("Content-Length: {length}");
    let coded = "Transfer-Encoding: chunked";
    let framed = chunk(&success()) + "0\r\n\r\n";
    vec![
        case("two lengths", both(&is, "Content-Length: 5", &success()), HTTP),
        case("two lengths, the wrong one first", both("Content-Length: 5", &is, &success()), HTTP),
        case("two lengths in one line", ok(&format!("{is}, 5\r\n"), &success()), HTTP),
        case("a length and chunks", both(&is, coded, &framed), HTTP),
        case("chunks and a length", both(coded, &is, &framed), HTTP),
        case("chunks and a length, and neither true", both(coded, &is, &success()), HTTP),
        case("chunks and no length worth the name", both(coded, "Content-Length: x", &framed), HTTP),
        // Section 6.1: HTTP/1.0 has no chunks, and whoever sends them does not know what it says.
        case("chunks in HTTP/1.0", chunked(&framed).replace("HTTP/1.1", "HTTP/1.0"), HTTP),
        // Section 6.3, rule 5: the same number again may be taken for one.
        case("the same length twice", both(&is, &is, &success()), Expected::Token),
        case("the same length twice in one line", ok(&format!("{is}, {length}\r\n"), &success()), Expected::Token),
    ]
}

/// Section 8.6 of RFC 9110: digits, and nothing else.
fn numbers() -> Vec<Case> {
    let length = success().len();
    let says = |value: &str| ok(&format!("Content-Length: {value}\r\n"), &success());
    vec![
        case("a negative length", says("-1"), HTTP),
        case("a length with a plus sign", says(&format!("+{length}")), HTTP),
        case("a length beyond 64 bits", says("18446744073709551616"), HTTP),
        case("a length far beyond 64 bits", says(&"9".repeat(1000)), HTTP),
        case("a length that is no number", says("many"), HTTP),
        case("a hexadecimal length", says(&format!("{length:#x}")), HTTP),
        case("a length with a fraction", says(&format!("{length}.0")), HTTP),
        case("an empty length", says(""), HTTP),
        case("a length of digits that are not ASCII", says("\u{ff11}\u{ff12}"), HTTP),
        case("a length with something behind it", says(&format!("{length} bytes")), HTTP),
        case("a length and an empty one", says(&format!("{length},")), HTTP),
        case("the largest length", says("18446744073709551615"), TOO_LARGE),
        case("a length with zeros before it", says(&format!("000{length}")), Expected::Token),
    ]
}

/// Section 6.1: what was not asked for cannot be read, and chunks are the last coding and stand once.
fn codings() -> Vec<Case> {
    let framed = chunk(&success()) + "0\r\n\r\n";
    let coded = |coding: &str, body: &str| ok(&format!("Transfer-Encoding: {coding}\r\n"), body);
    vec![
        case("an unknown coding", coded("rot13", &success()), HTTP),
        case("a coding of old", coded("identity", &success()), HTTP),
        case("a coding that is empty", coded("", &success()), HTTP),
        case("gzip, then chunks", coded("gzip, chunked", &framed), HTTP),
        case("chunks, then gzip", coded("chunked, gzip", &framed), HTTP),
        case("chunks of chunks", coded("chunked, chunked", &framed), HTTP),
        case("chunks, said twice", ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", &framed), HTTP),
        case(
            "gzip, and chunks in another line",
            ok("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", &framed),
            HTTP,
        ),
        case("chunks by another name", coded("xchunked", &framed), HTTP),
        case("chunks with a parameter", coded("chunked;q=1", &framed), HTTP),
        case("chunks with something behind them", coded("chunked\u{b}", &framed), HTTP),
        case("a coding that is not ASCII", coded("chunked\u{e4}", &framed), HTTP),
    ]
}

/// Bodies that do not end where they should.
fn ends() -> Vec<Case> {
    let body = success();
    let length = body.len();
    let says = |length: usize, body: &str| ok(&format!("Content-Length: {length}\r\n"), body);
    let cut = &body[..length / 2];
    vec![
        // Section 8: incomplete, even if the part that came could be read.
        case("a body shorter than its length, then close", says(length + 1, &body), CLOSED),
        followed("a body shorter than its length, then reset", says(length + 1, &body), After::Reset, CLOSED),
        followed("a body shorter than its length, then silence", says(length + 1, &body), After::Open, TIMEOUT),
        case("a body cut in its middle", says(length, cut), CLOSED),
        followed("a body cut in its middle by a reset", says(length, cut), After::Reset, CLOSED),
        case("no body where one is announced", says(length, ""), CLOSED),
        case("a length that cuts the body", says(length - 1, &body), JSON),
        case("a length that cuts the token", says(length / 2, &body), JSON),
        case("a length of zero before a body", says(0, &body), EMPTY),
        // Where only the end of the connection ends a body, its JSON alone tells whether it is whole.
        case("a body until close, cut", ok("", cut), JSON),
        followed("a body until reset, cut", ok("", cut), After::Reset, JSON),
        case("a body until close, cut by one byte", ok("", &body[..length - 1]), JSON),
        case("no body until close", ok("", ""), EMPTY),
        followed("a body until close that stops", ok("", &body), After::Open, TIMEOUT),
        case("a body of a byte too much by length", sized("", &spaced(65_537)), TOO_LARGE),
        case("a body of a byte too much in chunks", chunked(&(chunk(&spaced(65_537)) + "0\r\n\r\n")), TOO_LARGE),
        case("a body of a byte too much until close", ok("", &spaced(65_537)), TOO_LARGE),
        case("a body as large as it may be", sized("", &spaced(65_536)), Expected::Token),
        followed("a body for ever by length", says(2_000_000_000, &body), After::Forever(b" "), TOO_LARGE),
        followed("a body for ever until close", ok("", &body), After::Forever(b" "), TOO_LARGE),
        followed("an opening bracket for ever", ok("", ""), After::Forever(b"["), TOO_LARGE),
    ]
}

/// Section 6.3, rule 1: these have none, whatever is said and sent.
fn without_a_body() -> Vec<Case> {
    let empty = Expected::Error(PERSONR_PROTOCOL, "empty", 204);
    let redirect = Expected::Error(PERSONR_PROTOCOL, "redirect", 304);
    let bodied = |code: &str| sized("", &success()).replace("200 OK", code);
    vec![
        case("204", "HTTP/1.1 204 No Content\r\n\r\n", empty),
        case("204 with a body", bodied("204 No Content"), empty),
        followed(
            "204 with a body until close",
            ok("", &success()).replace("200 OK", "204 Nothing"),
            After::Open,
            empty,
        ),
        case("204 with chunks", chunked(&(chunk(&success()) + "0\r\n\r\n")).replace("200 OK", "204 Nothing"), empty),
        case("304", "HTTP/1.1 304 Not Modified\r\n\r\n", redirect),
        case("304 with a body", bodied("304 Not Modified"), redirect),
        case("205 with a length of zero", "HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", EMPTY_205),
        case("as to a HEAD: a length and no body", ok("Content-Length: 139\r\n", ""), CLOSED),
    ]
}

const EMPTY_205: Expected = Expected::Error(PERSONR_PROTOCOL, "empty", 205);

/// A success with blanks behind it, of this size.
fn spaced(length: usize) -> String {
    success() + &" ".repeat(length - success().len())
}
