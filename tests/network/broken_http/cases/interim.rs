//! Interim answers (RFC 9110, section 15.2), of which HTTP allows any number.

use super::*;

pub fn cases() -> Vec<Case> {
    let before = |interim: &str| format!("{interim}{}", sized("", &success()));
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
    let hundred = "HTTP/1.1 100 Continue\r\n\r\n";
    vec![
        case("100 first", before(hundred), Expected::Token),
        case("102 first", before("HTTP/1.1 102 Processing\r\n\r\n"), Expected::Token),
        case("103 first, with headers", before(hints), Expected::Token),
        case("an interim answer without a name", before("HTTP/1.1 199 \r\n\r\n"), Expected::Token),
        case("several interim answers", before(&[hundred, hints, hundred, hints].concat()), Expected::Token),
        // Allowed, and of no use: ureq-proto knows a 100 without headers alone.
        case("100 with a header", before("HTTP/1.1 100 Continue\r\nX: x\r\n\r\n"), HTTP),
        case("an interim answer alone", hundred, CLOSED),
        followed("an interim answer, then silence", hints, After::Open, TIMEOUT),
        followed("an interim answer, then reset", hints, After::Reset, RESET),
        case("100,000 interim answers of 100", before(&hundred.repeat(100_000)), TOO_LARGE),
        case("100,000 interim answers of 102", before(&"HTTP/1.1 102 \r\n\r\n".repeat(100_000)), TOO_LARGE),
        case("100,000 interim answers with headers", before(&hints.repeat(100_000)), TOO_LARGE),
        followed("interim answers for ever", "", After::Forever(b"HTTP/1.1 100 Continue\r\n\r\n"), TOO_LARGE),
        // They count as the head of the one answer that they come before.
        case("interim answers and a head, too large together", before(&hints.repeat(1100)), TOO_LARGE),
        // Section 15.2.2 of RFC 9110: only for who asked for it. What follows it is no HTTP, and not read.
        case("101, never asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", SWITCHED),
        case("101, and a success in the other protocol", ok("", &success()).replace("200 OK", "101 Other"), SWITCHED),
        // It has no body by its kind, so what follows is no answer.
        case("a success as the body of a 103", ok("", &success()).replace("200 OK", "103 Hints"), HTTP),
    ]
}

const SWITCHED: Expected = Expected::Error(PERSONR_PROTOCOL, "empty", 101);
