//! The members of a JSON object.

use std::io::Read;

use serde_json::{Map, Value};

use super::base64::Decoder;
use super::lifter::{self, Lifted, Lifter};
use super::part::{Encoding, Part};
use super::summary::{KEPT, Summary};
use super::text::DOCUMENT;
use super::{Broken, for_each_piece};

/// Reads a JSON object; an empty body has no members.
pub(super) fn read(body: &mut impl Read) -> Result<Vec<Part>, Broken> {
    let mut lifter = Lifter::default();
    for_each_piece(body, |piece| lifter.update(piece)).map_err(|_| unreadable())?;
    let (left, lifted) = lifter.finish()?;
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let Ok(Value::Object(object)) = serde_json::from_slice(&left) else {
        return Err(unreadable());
    };
    let mut strings = Strings(lifted.into_iter().map(Some).collect());
    object.into_iter().map(|(name, value)| strings.part(&name, value)).collect()
}

/// The part of a form whose text is an object of a file name and contents.
pub(super) fn document(name: &str, (left, lifted): (Vec<u8>, Vec<Lifted>)) -> Result<Part, Broken> {
    let mut strings = Strings(lifted.into_iter().map(Some).collect());
    match serde_json::from_slice(&left) {
        Ok(Value::Object(object)) if is_document(&object) => strings.document(name, object),
        _ => Err(Broken(format!("{name} is no object of a file name and contents"))),
    }
}

fn unreadable() -> Broken {
    Broken::new("The JSON body cannot be read")
}

fn is_document(object: &Map<String, Value>) -> bool {
    matches!(object.get("contents"), Some(Value::String(_)))
}

/// The strings that were lifted, each to be used once.
struct Strings(Vec<Option<Lifted>>);

impl Strings {
    fn part(&mut self, name: &str, value: Value) -> Result<Part, Broken> {
        match value {
            Value::Object(object) if is_document(&object) => self.document(name, object),
            Value::String(text) => {
                let (raw, decoded) = self.resolve(&text);
                let may_be_document = name == DOCUMENT || raw.length() > KEPT as u64;
                Ok(match decoded.filter(|_| may_be_document) {
                    Some(decoded) => Part::new(name, Encoding::Base64, decoded),
                    None => Part::new(name, Encoding::Text, raw),
                })
            }
            other => Ok(Part::new(name, Encoding::Text, Summary::of(other.to_string().as_bytes()))),
        }
    }

    fn document(&mut self, name: &str, object: Map<String, Value>) -> Result<Part, Broken> {
        let text = |member: &str| object.get(member).and_then(Value::as_str);
        let contents = text("contents").unwrap_or_default();
        let decoded = match self.resolve(contents).1 {
            Some(decoded) => decoded,
            None if contents.is_empty() => Summary::default(),
            None => return Err(Broken(format!("The contents of {name} are no Base64"))),
        };
        let mut part = Part::new(name, Encoding::Object, decoded);
        part.file_name = text("filename").map(str::to_owned);
        Ok(part)
    }

    /// The string as it is, and decoded if it is Base64.
    fn resolve(&mut self, text: &str) -> (Summary, Option<Summary>) {
        let lifted = lifter::index(text).and_then(|index| self.0.get_mut(index)).and_then(Option::take);
        let Some(Lifted { raw, decoded }) = lifted else {
            let mut decoder = Decoder::default();
            decoder.update(text.as_bytes());
            return (Summary::of(text.as_bytes()), decoder.finish());
        };
        (raw, decoded.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<Vec<Part>, Broken> {
        read(&mut text.as_bytes())
    }

    #[test]
    fn texts_and_other_values_are_texts() {
        let parts = parts(r#"{"email":"ä@b","n":1,"list":["a"]}"#).unwrap();
        let found: Vec<_> = parts.iter().map(|part| (part.name.as_str(), part.text().unwrap())).collect();
        assert_eq!(found, [("email", "ä@b"), ("list", "[\"a\"]"), ("n", "1")]);
    }

    #[test]
    fn a_document_is_decoded_whatever_its_size() {
        for length in [0, 1, 100_000] {
            let document = vec![b'a'; length];
            let contents = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &document);
            let text = format!(r#"{{"docFile":{{"filename":"ä.png","contents":"{contents}"}},"docType":"x"}}"#);
            let parts = parts(&text).unwrap();
            let part = &parts[0];
            assert_eq!((part.encoding, part.file_name.as_deref()), (Encoding::Object, Some("ä.png")));
            assert_eq!((part.length, &part.sha256), (length as u64, &Summary::of(&document).finish().1));
            assert_eq!(parts[1].text(), Some("x"));
        }
    }

    #[test]
    fn base64_is_a_document_by_its_name_or_its_length() {
        let long = "YWJj".repeat(20_000);
        let parts = parts(&format!(r#"{{"a":"Anna","b":"{long}","docFile":"YWJj"}}"#)).unwrap();
        let found: Vec<_> = parts.iter().map(|part| (part.encoding, part.length)).collect();
        assert_eq!(found, [(Encoding::Text, 4), (Encoding::Base64, 60_000), (Encoding::Base64, 3)]);
        assert_eq!((parts[0].text(), parts[2].text()), (Some("Anna"), None), "a document is no text");
    }

    #[test]
    fn an_empty_body_has_no_members_and_a_broken_one_is_refused() {
        assert_eq!(parts(""), Ok(Vec::new()));
        for text in ["{", "[]", r#"{"a":1}x"#, r#"{"docFile":{"contents":"?"}}"#, "{\"a\":\"\n\"}"] {
            assert!(parts(text).is_err(), "{text}");
        }
    }
}
