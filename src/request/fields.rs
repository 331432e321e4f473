//! What a request sends: named fields, or one body as it stands.
//!
//! A name, a value and a file name may be somebody's personal data. They are wiped when they are freed, no error
//! repeats one, and no `Debug` shows one.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::json;

const NAME_MAX: usize = 256;
const CONTENT_TYPE_MAX: usize = 256;

/// How fields become a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `multipart/form-data` (RFC 7578).
    #[default]
    Multipart,
    /// One JSON object, with a member for each field.
    Json,
}

/// How the bytes of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// A JSON object: `{"filename":"…","contents":"BASE64"}`.
    Object,
    /// The Base64 alone, as text.
    Base64,
    /// The bytes as they are, as a file of a form (RFC 7578).
    Binary,
}

/// One field.
pub(super) struct Field {
    pub(super) name: Zeroizing<String>,
    pub(super) content: Content,
}

pub(super) enum Content {
    Text(Zeroizing<String>),
    /// One JSON value, as the caller wrote it.
    Json(Zeroizing<Vec<u8>>),
    File(FileField),
}

/// A file of the caller's, or bytes that are sent as one.
pub(super) struct FileField {
    pub(super) bytes: FileBytes,
    /// Empty where the encoding has no place for it.
    pub(super) name: Zeroizing<String>,
    pub(super) encoding: Encoding,
}

pub(super) enum FileBytes {
    Held(Zeroizing<Vec<u8>>),
    /// A path, which is opened at the send.
    At(Zeroizing<Vec<u8>>),
}

/// A body that the caller has encoded.
pub(super) struct Whole {
    pub(super) content_type: String,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

impl Field {
    pub(super) fn text(name: &str, value: &str) -> Result<Self> {
        Self::new(name, Content::Text(Zeroizing::new(value.to_owned())))
    }

    pub(super) fn json(name: &str, json: &[u8]) -> Result<Self> {
        check_json(json)?;
        Self::new(name, Content::Json(Zeroizing::new(json.to_vec())))
    }

    pub(super) fn file(name: &str, path: &[u8], file_name: Option<&str>, encoding: Encoding) -> Result<Self> {
        if path.is_empty() {
            return Err(Error::argument("path", "it is empty"));
        }
        let own_name = Path::new(OsStr::from_bytes(path)).file_name().and_then(OsStr::to_str);
        let bytes = FileBytes::At(Zeroizing::new(path.to_vec()));
        let name_is_missing = "it is NULL, and the last part of the path is no file name in UTF-8";
        Self::of_file(name, bytes, file_name.or(own_name), name_is_missing, encoding)
    }

    pub(super) fn bytes(name: &str, bytes: &[u8], file_name: Option<&str>, encoding: Encoding) -> Result<Self> {
        let bytes = FileBytes::Held(Zeroizing::new(bytes.to_vec()));
        Self::of_file(name, bytes, file_name, "it is NULL, and this encoding has a place for it", encoding)
    }

    fn of_file(
        name: &str,
        bytes: FileBytes,
        file_name: Option<&str>,
        name_is_missing: &'static str,
        encoding: Encoding,
    ) -> Result<Self> {
        let file_name = match (encoding, file_name) {
            (Encoding::Base64, _) => "",
            (_, Some(file_name)) => file_name,
            (_, None) => return Err(Error::argument("file_name", name_is_missing)),
        };
        if encoding != Encoding::Base64 {
            check_name("file_name", file_name)?;
        }
        Self::new(name, Content::File(FileField { bytes, name: Zeroizing::new(file_name.to_owned()), encoding }))
    }

    fn new(name: &str, content: Content) -> Result<Self> {
        check_name("name", name)?;
        Ok(Self { name: Zeroizing::new(name.to_owned()), content })
    }

    /// What of this field a service could repeat in a word: not what stands in a document.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let (value, file_name): (&[u8], &[u8]) = match &self.content {
            Content::Text(value) => (value.as_bytes(), b""),
            Content::Json(json) => (json, b""),
            Content::File(file) => (b"", file.name.as_bytes()),
        };
        [value, file_name].into_iter().filter(|text| !text.is_empty())
    }
}

impl Whole {
    pub(super) fn new(content_type: &str, bytes: &[u8]) -> Result<Self> {
        let problem = match content_type.len() {
            0 => Some("it is empty"),
            1..=CONTENT_TYPE_MAX => None,
            _ => Some("it is longer than 256 bytes"),
        };
        let is_printable = content_type.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        match problem {
            Some(problem) => Err(Error::argument("content_type", problem)),
            None if !is_printable => {
                Err(Error::argument("content_type", "it contains a character that is not printable ASCII"))
            }
            // At its ends a blank is not a part of a header's value.
            None if content_type.trim().len() != content_type.len() => {
                Err(Error::argument("content_type", "it begins or ends with a space"))
            }
            None => Ok(Self { content_type: content_type.to_owned(), bytes: Zeroizing::new(bytes.to_vec()) }),
        }
    }
}

/// A name of a field or a file. It is sent as it stands, but for `"` in a form: so a line break, which could begin
/// another header, must not be in it.
fn check_name(parameter: &str, name: &str) -> Result<()> {
    let problem = if name.is_empty() {
        "it is empty"
    } else if name.len() > NAME_MAX {
        "it is longer than 256 bytes"
    } else if name.chars().any(char::is_control) {
        "it contains a control character"
    } else {
        return Ok(());
    };
    Err(Error::argument(parameter, problem))
}

/// It is sent byte for byte, and a broken value would break the whole body.
fn check_json(json: &[u8]) -> Result<()> {
    let problem = "it is not one JSON value as RFC 8259 writes it, at most 128 levels deep";
    json::check_strict(json).map_err(|_| Error::argument("json", problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(result: Result<Field>) -> String {
        result.err().expect("refused").message().to_owned()
    }

    #[test]
    fn a_name_has_1_to_256_bytes_and_no_control_character() {
        for name in ["a", "with \"quotes\"", "a;b=c", "\u{e4}", &"n".repeat(256)] {
            assert!(Field::text(name, "v").is_ok(), "{name}");
        }
        assert_eq!(problem(Field::text("", "v")), "name: it is empty");
        assert_eq!(problem(Field::text(&"n".repeat(257), "v")), "name: it is longer than 256 bytes");
        for name in ["a\r\nb", "\n", "a\tb", "a\u{7f}", "a\u{85}"] {
            assert_eq!(problem(Field::text(name, "v")), "name: it contains a control character", "{name:?}");
        }
    }

    #[test]
    fn a_file_has_a_name_where_it_is_sent() {
        let name =
            |path: &[u8], file_name, encoding| match Field::file("f", path, file_name, encoding).map(|it| it.content) {
                Ok(Content::File(file)) => Ok(file.name.to_string()),
                Ok(_) => unreachable!("it is a file"),
                Err(error) => Err(error.message().to_owned()),
            };
        assert_eq!(name(b"/a/b.pdf", None, Encoding::Object).as_deref(), Ok("b.pdf"));
        assert_eq!(name(b"b.pdf", Some("c.pdf"), Encoding::Binary).as_deref(), Ok("c.pdf"));
        assert_eq!(name(b"/a/\xff", Some("c.pdf"), Encoding::Binary).as_deref(), Ok("c.pdf"));
        assert_eq!(name(b"/a/\xff", None, Encoding::Base64).as_deref(), Ok(""));
        for path in [&b"/a/\xff"[..], b"/", b".."] {
            assert!(name(path, None, Encoding::Object).is_err_and(|it| it.starts_with("file_name: it is NULL")));
        }
        assert!(name(b"", None, Encoding::Base64).is_err_and(|it| it == "path: it is empty"));
        assert!(name(b"/a\n", None, Encoding::Binary).is_err_and(|it| it.contains("control character")));
        assert!(Field::bytes("f", b"", None, Encoding::Base64).is_ok());
        assert!(problem(Field::bytes("f", b"", None, Encoding::Binary)).starts_with("file_name: it is NULL"));
    }

    #[test]
    fn json_is_one_valid_value() {
        for json in [&b"1"[..], b" [\"a\", null]\n", b"{\"a\":1,\"a\":2}", b"\"\\ud800\""] {
            assert!(Field::json("j", json).is_ok(), "{json:?}");
        }
        let deep = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat().into_bytes();
        assert!(Field::json("j", &deep(128)).is_ok());
        for json in [&b""[..], b"{", b"1 2", b"[1,]", b"\"\xff\"", b"NaN", b"\xef\xbb\xbf1", &deep(129)] {
            assert!(problem(Field::json("j", json)).starts_with("json: "), "{json:?}");
        }
    }

    #[test]
    fn a_content_type_is_printable() {
        let problem = |content_type: &str| Whole::new(content_type, b"").err().map(|error| error.message().to_owned());
        assert_eq!(problem("application/json; charset=utf-8"), None);
        assert_eq!(problem(&"t".repeat(256)), None);
        for content_type in ["", " a/b", "a/b ", "a/b\r\nx: y", "a/\u{e4}", &"t".repeat(257)] {
            assert!(problem(content_type).is_some_and(|it| it.starts_with("content_type: ")), "{content_type:?}");
        }
    }
}
