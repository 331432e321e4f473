//! Which texts are read, which are not, and which bend the rules. The kinds are those of JSONTestSuite (Nicolas Seriot):
//! what a parser must take, what it must refuse, and what it may decide.

use super::tests::{document, shown};
use super::*;

/// What RFC 8259 has, and how it is read.
const VALID: &[(&str, &str)] = &[
    ("null", "null"),
    (" true ", "true"),
    ("false", "false"),
    ("\t\n\r 0 \t\n\r", "0"),
    ("-0", "-0"),
    ("-1", "-1"),
    ("123456789012345678901234567890", "123456789012345678901234567890"),
    ("0.5e-7", "0.5e-7"),
    ("1E+2", "1E+2"),
    ("-0.0E0", "-0.0E0"),
    ("20e1", "20e1"),
    ("[]", "[]"),
    ("{}", "{}"),
    ("[ ]", "[]"),
    ("{ }", "{}"),
    ("[[] , {}]", "[[],{}]"),
    ("[1,2 ,\n3]", "[1,2,3]"),
    ("[null, true, false, 0, \"\", [], {}]", "[null,true,false,0,'',[],{}]"),
    (r#""""#, "''"),
    (r#""a\"b\\c\/d\be\ff\ng\rh\ti""#, "'a\"b\\c/d\u{8}e\u{c}f\ng\rh\ti'"),
    (r#""\u0041\u00e4\u20AC\uD834\uDD1E""#, "'A\u{e4}\u{20ac}\u{1d11e}'"),
    (r#""\uDBFF\uDFFF \uffff""#, "'\u{10ffff} \u{ffff}'"),
    ("\"\u{e4}\u{20ac}\u{1d11e}\u{7f}\u{2028}\u{feff}\"", "'\u{e4}\u{20ac}\u{1d11e}\u{7f}\u{2028}\u{feff}'"),
    (r#""\\u0041""#, "'\\u0041'"),
    (r#""\\""#, "'\\'"),
    (r#""\u0000""#, "'\0'"),
    (r#"{"a":1,"b":{"c":[2]}}"#, "{'a':1,'b':{'c':[2]}}"),
    (r#"{"":0}"#, "{'':0}"),
    ("{\"a b\\u00e4\\\"\\\\\" \t: \r\n1}", "{'a b\u{e4}\"\\':1}"),
    (r#"{"a":{"b":"c\"}"},"d":"\\"}"#, "{'a':{'b':'c\"}'},'d':'\\'}"),
    (r#"{"a":1,"a":2}"#, "{'a':2}"),
    (r#"{"a":"b","\u0061":"c"}"#, "{'a':'c'}"),
];

/// What the service sends besides, and how it is read.
const TOLERATED: &[(&[u8], &str)] = &[
    (b"[1,]", "[1]"),
    (b"[[],]", "[[]]"),
    (b"[1, \n ]", "[1]"),
    (br#"{"a":1,}"#, "{'a':1}"),
    (br#"{"a":[1,],"b":{"c":2,},}"#, "{'a':[1],'b':{'c':2}}"),
    (br#"{"a":1 "b":2}"#, "{'a':1,'b':2}"),
    (
        br#"{"a":"x""b":[]"c":{} "d":null"e":true"f":1.5"g":0}"#,
        "{'a':'x','b':[],'c':{},'d':null,'e':true,'f':1.5,'g':0}",
    ),
    (b"\xef\xbb\xbf[1]", "[1]"),
    (b"\xef\xbb\xbf \"\"", "''"),
    (b"\"a\tb\nc\rd\x01\x1f\"", "'a\tb\nc\rd\u{1}\u{1f}'"),
    // Windows-1252, half a character, an overlong slash, an encoded surrogate, what is beyond Unicode.
    (b"\"We didn\x92t\"", "'We didn\u{fffd}t'"),
    (b"\"\xc3\"", "'\u{fffd}'"),
    (b"\"\xe2\x82\\n\"", "'\u{fffd}\n'"),
    (b"\"\xc0\xaf\"", "'\u{fffd}\u{fffd}'"),
    (b"\"\xed\xa0\x80\"", "'\u{fffd}\u{fffd}\u{fffd}'"),
    (b"\"\xf4\x90\x80\x80\"", "'\u{fffd}\u{fffd}\u{fffd}\u{fffd}'"),
    (b"{\"\xff\":1,\"\xfe\":2}", "{'\u{fffd}':2}"),
];

/// Half a surrogate pair is valid by the grammar, and no character.
const HALVES: &[(&str, &str)] = &[
    (r#""\ud800""#, "'\u{fffd}'"),
    (r#""\udc00a""#, "'\u{fffd}a'"),
    (r#""\ud800\n""#, "'\u{fffd}\n'"),
    (r#""\ud800\u0041""#, "'\u{fffd}A'"),
    (r#""\ud800\ud800\udc00""#, "'\u{fffd}\u{10000}'"),
    (r#""\udc00\ud800""#, "'\u{fffd}\u{fffd}'"),
    (r#""\ud800\\udc00""#, "'\u{fffd}\\udc00'"),
];

const BROKEN: &[&[u8]] = &[
    b"",
    b" ",
    b"\n",
    b"[",
    b"{",
    b"]",
    b"}",
    b"[1",
    b"[1,",
    b"{\"a\"",
    b"{\"a\":",
    b"{\"a\":1",
    b"{\"a\":1,",
    b"\"",
    b"\"a",
    b"\"a\\",
    b"\"a\\\"",
    b"[,]",
    b"[,1]",
    b"[1,,]",
    b"[1,,2]",
    b"{,}",
    b"{,\"a\":1}",
    b"{\"a\":1,,}",
    b"{\"a\":1,,\"b\":2}",
    b"[1 2]",
    b"[\"a\" \"b\"]",
    b"[[][]]",
    b"[1\"a\"]",
    b"[1 \"a\":2]",
    b"{\"a\" 1}",
    b"{\"a\"::1}",
    b"{\"a\":}",
    b"{\"a\":,}",
    b"{a:1}",
    b"{'a':1}",
    b"{1:1}",
    b"{null:1}",
    b"{[]:1}",
    b"{\"a\":1 2}",
    b"{\"a\":1 b}",
    b"[1}",
    b"{\"a\":1]",
    b"[\"a\":1]",
    b"{\"a\"}",
    b"{\"a\",\"b\"}",
    b"1 2",
    b"[] []",
    b"{}}",
    b"[]]",
    b"1,",
    b"[],",
    b"\"a\" \"b\"",
    b"nul",
    b"nulL",
    b"Null",
    b"nullnull",
    b"truefalse",
    b"tru",
    b"TRUE",
    b"falsey",
    b"undefined",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"+1",
    b"-",
    b"--1",
    b"01",
    b"-01",
    b"00",
    b".5",
    b"1.",
    b"-.5",
    b"1.e1",
    b"1e",
    b"1e+",
    b"1eE2",
    b"1e1.5",
    b"0x1",
    b"1_000",
    b"1a",
    b"1-2",
    b"1+2",
    b"0e",
    b"'a'",
    b"\"\\a\"",
    b"\"\\x41\"",
    b"\"\\u\"",
    b"\"\\u123\"",
    b"\"\\u12g4\"",
    b"\"\\U0041\"",
    b"\"\\\n\"",
    b"\"\\\xff\"",
    b"\"\\u00\xe4\"",
    b"\"a\0b\"",
    b"\0",
    b"1\0",
    b"[1]\0",
    b"\x0c1",
    b"\x0b1",
    b"\xa01",
    b"\xc2\xa01",
    b"\xef\xbb\xbf",
    b"\xef\xbb\xbf\xef\xbb\xbf1",
    b"[\xef\xbb\xbf1]",
    b"\xfe\xff\0[",
    b"\xff\xfe[\0]\0",
    b"\xff",
    b"[\xff]",
    b"// a\n1",
    b"/**/1",
    b"[1]# a",
    b"<html>",
    b"\x1b[1m",
];

fn problem(text: &[u8]) -> Option<String> {
    Document::parse_copy(text).err().map(|error| error.reason().to_owned())
}

#[test]
fn what_is_valid_is_read_and_is_strict() {
    for (text, expected) in VALID.iter().chain(HALVES) {
        assert_eq!(shown(&document(text)), *expected, "{text}");
        assert_eq!(check_strict(text.as_bytes()), Ok(()), "{text}");
    }
}

#[test]
fn what_the_service_sends_besides_is_read_and_is_not_strict() {
    for (text, expected) in TOLERATED {
        let shown_text = String::from_utf8_lossy(text).into_owned();
        assert_eq!(shown(&document(text)), *expected, "{shown_text}");
        assert_eq!(
            check_strict(text).map_err(|error| error.reason().to_owned()),
            Err("json".to_owned()),
            "{shown_text}"
        );
    }
}

#[test]
fn what_is_broken_is_an_error() {
    for text in BROKEN {
        let shown_text = String::from_utf8_lossy(text).into_owned();
        assert_eq!(problem(text).as_deref(), Some("json"), "{shown_text}");
        assert_eq!(
            check_strict(text).map_err(|error| error.reason().to_owned()),
            Err("json".to_owned()),
            "{shown_text}"
        );
    }
}

/// Every beginning of a text, and every text with one byte replaced: nothing panics, and what both read is the same.
#[test]
fn no_text_is_read_otherwise_than_serde_json_reads_it() {
    let texts =
        VALID.iter().chain(HALVES).map(|(text, _)| text.as_bytes()).chain(TOLERATED.iter().map(|(text, _)| *text));
    let mut both = 0;
    for text in texts {
        let cut = (0..=text.len()).map(|end| text[..end].to_vec());
        let replaced = (0..text.len()).flat_map(|at| {
            b"\0\t \"',/0:[\\]eu{}\x80\xff".iter().map(move |byte| {
                let mut text = text.to_vec();
                text[at] = *byte;
                text
            })
        });
        for text in cut.chain(replaced) {
            let mine = Document::parse_copy(&text);
            let is_strict =
                std::str::from_utf8(&text).is_ok() && serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok();
            assert_eq!(check_strict(&text).is_ok(), is_strict, "{text:?}");
            if let Ok(theirs) = serde_json::from_slice::<serde_json::Value>(&text) {
                let mine = mine.expect("it is valid");
                assert!(super::tests::is_as(mine.root().expect("a value"), &theirs), "{text:?}");
                both += 1;
            }
        }
    }
    assert!(both > 500, "{both}");
}

#[test]
fn the_byte_of_the_problem_is_told_and_nothing_else_of_the_text() {
    for (text, at) in [("", 0), ("[1,\n  secret]", 6), ("{\"secret\":1]", 11), ("\"secret", 7), ("[1]secret", 3)] {
        let error = Document::parse_copy(text.as_bytes()).err().expect(text);
        assert_eq!(error.status(), Status::Protocol);
        assert_eq!(error.message(), format!("the text is no JSON (byte {at})"), "{text}");
    }
    assert_eq!(
        check_strict(b"[\"\xff\"]").err().map(|error| error.message().to_owned()).as_deref(),
        Some("the text is no JSON (byte 2)")
    );
    assert_eq!(
        check_strict(b"\"a\tb\"").err().map(|error| error.message().to_owned()).as_deref(),
        Some("the text is no JSON (byte 2)")
    );
}

#[test]
fn there_are_128_levels_at_most() {
    let nested = |open: &str, close: &str, depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let levels = if open.len() > 5 { 2 } else { 1 };
        let fits = nested(open, close, 128 / levels);
        assert_eq!((problem(fits.as_bytes()), check_strict(fits.as_bytes())), (None, Ok(())));
        let exceeds = format!("[{fits}]");
        assert_eq!(problem(exceeds.as_bytes()).as_deref(), Some("json-depth"));
        assert_eq!(
            check_strict(exceeds.as_bytes()).map_err(|error| error.reason().to_owned()),
            Err("json-depth".to_owned())
        );
    }
    // Beside each other there may be any number.
    assert_eq!(problem(format!("[{}]", "[[]],".repeat(1000)).as_bytes()), None);
}
