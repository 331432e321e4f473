//! Base64 in a string, however it is written.

use super::tests::document;
use super::*;

fn decoded(json: &str) -> std::result::Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let document = document(json);
    let value = document.root().expect("a value");
    let taken = value.base64(|piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    });
    taken.map(|()| bytes).map_err(|error| error.reason().to_owned())
}

/// RFC 4648, section 10, and how it is written elsewhere.
#[test]
fn base64_is_decoded_however_it_is_written() {
    for (text, bytes) in [
        ("", ""),
        ("Zg==", "f"),
        ("Zm8=", "fo"),
        ("Zm9v", "foo"),
        ("Zm9vYg==", "foob"),
        ("Zm9vYmE=", "fooba"),
        ("Zm9vYmFy", "foobar"),
        ("Zg", "f"),
        ("Zg=", "f"),
        ("Zm8", "fo"),
        (" Z\\ng = \\r\\n= ", "f"),
        ("Zm9v\\tYmFy\\n", "foobar"),
        ("Zm9v\n YmFy", "foobar"),
        ("\\u005am9v", "foo"),
        ("Pz8\\/", "??\u{3f}"),
        ("data:;base64,Zm9v", "foo"),
        ("data:image\\/png;base64,Zm9v YmFy", "foobar"),
        ("DATA:text/plain;charset=utf-8;BASE64, Zg==", "f"),
        ("data:image/png;base64,", ""),
        ("data", "\u{75}\u{ab}\u{5a}"),
    ] {
        let expected: Vec<u8> = bytes.chars().map(|c| c as u8).collect();
        assert_eq!(decoded(&format!("\"{text}\"")), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_base64_is_told() {
    for text in [
        "Z",
        "Zm9vY",
        "=",
        "====",
        "Zg===",
        "Zm9v=",
        "Zg==Zg==",
        "Zg=a",
        "Zh==",
        "Zm9",
        "Z.9v",
        "Zm9v!",
        "Zm-_",
        "data:",
        "data:Zm9v",
        "data:,Zm9v",
        "data:image/png,Zm9v",
        "data:xbase64,Zm9v",
        "dat:;base64,Zm9v",
        "xdata:;base64,Zm9v",
        "Zm9v:Zm9v",
        "data:;base64,data:;base64,Zm9v",
        "\\u0000",
        "\u{e4}",
        "\\ud800",
    ] {
        let expected = Err("json-base64".to_owned());
        assert_eq!(decoded(&format!("\"{text}\"")), expected, "{text}");
    }
    for json in ["null", "1", "[\"Zg==\"]", "{}", "true"] {
        assert_eq!(decoded(json), Err("json-type".to_owned()), "{json}");
    }
}

/// Longer than a block, with lines of any length and with escapes at any place.
#[test]
fn long_base64_is_decoded_in_pieces() {
    let bytes: Vec<u8> = (0..200_003_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let plain = ::base64::Engine::encode(&::base64::engine::general_purpose::STANDARD, &bytes);
    let broken_into = |length: usize, with: &str| -> String {
        let lines = plain.as_bytes().chunks(length).map(|line| std::str::from_utf8(line).expect("ASCII"));
        lines.collect::<Vec<_>>().join(with)
    };
    for text in [
        plain.clone(),
        plain.replace('/', "\\/"),
        broken_into(76, "\\r\\n"),
        broken_into(64, "\n"),
        broken_into(32_768, " "),
        broken_into(32_769, " "),
        broken_into(5, "\\n"),
        format!("data:application/pdf;base64,{plain}"),
    ] {
        assert!(decoded(&format!("\"{text}\"")) == Ok(bytes.clone()), "{}", &text[..80]);
    }
    let spoilt = format!("\"{}*{}\"", &plain[..100_000], &plain[100_001..]);
    assert_eq!(decoded(&spoilt), Err("json-base64".to_owned()));
}

/// The failure is the one of whoever takes the bytes.
#[test]
fn decoding_ends_where_the_bytes_are_not_taken() {
    let document = document(format!("\"{}\"", "QUJD".repeat(30_000)));
    let mut times = 0;
    let result = document.root().expect("a value").base64(|_| {
        times += 1;
        Err(Error::new(Status::File, "file-full", "full"))
    });
    assert_eq!((result.map_err(|error| error.reason().to_owned()), times), (Err("file-full".to_owned()), 1));
}
