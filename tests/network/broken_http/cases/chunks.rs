//! Chunks (section 7.1).

use super::*;

pub fn cases() -> Vec<Case> {
    [sizes(), ends(), extras()].concat()
}

fn sizes() -> Vec<Case> {
    let body = success();
    let length = body.len();
    let first = |size: &str| chunked(&format!("{size}\r\n{body}\r\n0\r\n\r\n"));
    vec![
        case("a chunk size that is empty", first(""), HTTP),
        case("a chunk size that is no number", first("zz"), HTTP),
        case("a negative chunk size", first(&format!("-{length:x}")), HTTP),
        case("a chunk size with 0x", first(&format!("0x{length:x}")), HTTP),
        case("a chunk size that is an extension alone", first(";x"), HTTP),
        case("a chunk size of 65 bits", first("1ffffffffffffffff"), HTTP),
        // Where a size has 32 bits it is no number.
        case(
            "a chunk size of 64 bits",
            first("ffffffffffffffff"),
            if cfg!(target_pointer_width = "64") { CLOSED } else { HTTP },
        ),
        case("a chunk size of many digits", first(&format!("{length:030x}")), HTTP),
        case("a chunk size that is not UTF-8", [chunked("").as_bytes(), b"\xff\r\n"].concat(), HTTP),
        case("a chunk size with a blank inside", first("8 b"), HTTP),
        // Lenient: the number is the one that is meant, and no second reader sees the message.
        case("a chunk size with a plus sign", first(&format!("+{length:x}")), Expected::Token),
        case("a chunk size with blanks around it", first(&format!(" {length:x} ")), Expected::Token),
        case("a chunk size in upper case", chunked(&format!("{length:X}\r\n{body}\r\n0\r\n\r\n")), Expected::Token),
        case("a chunk size with zeros before it", first(&format!("000{length:x}")), Expected::Token),
        case("a chunk that is larger than said", first("5"), HTTP),
        case("a chunk that is smaller than said", first(&format!("{:x}", length + 4)), HTTP),
        // What is left begins like the end of the chunk, and then there is nothing more.
        case("a chunk that is smaller than said, by the last one", first(&format!("{:x}", length + 5)), CLOSED),
    ]
}

fn ends() -> Vec<Case> {
    let body = success();
    let length = body.len();
    let (start, end) = body.split_at(length / 2);
    vec![
        case("no CRLF behind a chunk", chunked(&format!("{length:x}\r\n{body}0\r\n\r\n")), HTTP),
        case("a bare LF behind a chunk", chunked(&format!("{length:x}\r\n{body}\n0\r\n\r\n")), HTTP),
        // The line has no end: the close comes instead of one.
        case("a bare LF behind a chunk size", chunked(&format!("{length:x}\n{body}\n0\n\n")), CLOSED),
        case("a bare CR behind a chunk size", chunked(&format!("{length:x}\r{body}\r0\r\r")), CLOSED),
        case("no chunks where they are announced", chunked(""), CLOSED),
        case("chunks announced, a bare body sent", chunked(&body), CLOSED),
        case("no last chunk", chunked(&chunk(&body)), CLOSED),
        followed("no last chunk, then reset", chunked(&chunk(&body)), After::Reset, CLOSED),
        followed("no last chunk, then silence", chunked(&chunk(&body)), After::Open, TIMEOUT),
        case("a cut in a chunk", chunked(&format!("{length:x}\r\n{start}")), CLOSED),
        case("a cut between chunks", chunked(&chunk(start)), CLOSED),
        case("a cut in a chunk size", chunked(&format!("{}4", chunk(start))), CLOSED),
        case("a last chunk too early", chunked(&format!("{}0\r\n\r\n{}0\r\n\r\n", chunk(start), chunk(end))), JSON),
        case("the last chunk alone", chunked("0\r\n\r\n"), EMPTY),
        // Section 8: complete as soon as the last chunk is there.
        case("a last chunk, and no empty line", chunked(&(chunk(&body) + "0\r\n")), Expected::Token),
        followed(
            "a last chunk, and no empty line, then silence",
            chunked(&(chunk(&body) + "0\r\n")),
            After::Open,
            TIMEOUT,
        ),
    ]
}

/// Extensions and trailers: allowed, useless to us, and a way to send without end.
fn extras() -> Vec<Case> {
    let body = success();
    let length = body.len();
    let extended = |extension: &str| chunked(&format!("{length:x};{extension}\r\n{body}\r\n0\r\n\r\n"));
    let trailed = |trailers: &str| chunked(&format!("{}0\r\n{trailers}\r\n", chunk(&body)));
    vec![
        case("a chunk with an extension", extended("a=\"b\""), Expected::Token),
        // A limit is asked for (section 7.1.1). ureq-proto's is 20 bytes for the line, found once the line has ended.
        case("a chunk with a long extension", extended(&"x".repeat(100)), HTTP),
        case("a chunk with an extension of 100 KB", extended(&"x".repeat(100_000)), TOO_LARGE),
        followed("an extension for ever", chunked("5;"), After::Forever(b"x"), TOO_LARGE),
        case("a bare CR in an extension", extended("a\rb"), CLOSED),
        case("trailers", trailed("X: x\r\nY: y\r\n"), Expected::Token),
        // What a head could say is not said by a trailer (section 6.5.1 of RFC 9110): it is forgotten.
        case("a trailer with a length", trailed("Content-Length: 5\r\n"), Expected::Token),
        case("a trailer of 100 KB", trailed(&format!("X: {}\r\n", "x".repeat(100_000))), TOO_LARGE),
        case("trailers, too large together", trailed(&"X: x\r\n".repeat(100_000)), TOO_LARGE),
        followed("trailers for ever", chunked(&(chunk(&body) + "0\r\n")), After::Forever(b"X: x\r\n"), TOO_LARGE),
        case("trailers that are none", trailed("\u{1}\r\n"), Expected::Token),
        followed("chunks of one byte for ever", chunked(""), After::Forever(b"1\r\n \r\n"), TOO_LARGE),
        followed(
            "chunks of one byte with extensions for ever",
            chunked(""),
            After::Forever(b"1;xxxxxxxxxxx\r\n \r\n"),
            TOO_LARGE,
        ),
    ]
}
