//! Requests: what is encoded is read again by a parser of others, and is what was put in.
//!
//! An input is a row of calls with a byte 0x1F between them: a letter and the values, with a byte 0x1E between these.
//! `t` adds a text (name, value), `j` adds JSON (name, value); `o`, `b` and `f` add bytes as an object, as Base64 and as a
//! file (name, file name, bytes); `w` sets a whole body (type, bytes); `J` and `M` set the format.

use std::convert::Infallible;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::stream;
use multer::Multipart;
use personr::fuzz::encode;
use personr::{Encoding, Format, Request, Status};
use serde_json::Value;

/// What was accepted.
#[derive(Default)]
struct Model {
    fields: Vec<Field>,
    whole: Option<(String, Vec<u8>)>,
    format: Option<Format>,
    has_failed: bool,
}

struct Field {
    name: String,
    content: Content,
}

enum Content {
    Text(String),
    Json(Vec<u8>),
    File { name: String, bytes: Vec<u8>, encoding: Encoding },
}

pub fn run(input: &[u8]) {
    let mut request = Request::new("api-document-upload");
    let mut model = Model::default();
    for call in input.split(|byte| *byte == 0x1f) {
        if let Some((letter, values)) = call.split_first() {
            let values: Vec<&[u8]> = values.splitn(3, |byte| *byte == 0x1e).collect();
            model.call(&mut request, *letter, &values);
        }
    }
    match encode(&request) {
        Ok((content_type, body)) => model.check(&content_type, &body),
        Err(error) => {
            assert_eq!((error.status(), error.may_have_run()), (Status::InvalidArgument, false));
            assert!(model.is_refused(), "{error}");
        }
    }
}

fn text(values: &[&[u8]], at: usize) -> Option<String> {
    String::from_utf8(values.get(at).copied().unwrap_or_default().to_vec()).ok()
}

impl Model {
    fn call(&mut self, request: &mut Request, letter: u8, values: &[&[u8]]) {
        // The interface in C refuses what is not UTF-8.
        let (Some(name), Some(second)) = (text(values, 0), text(values, 1)) else { return };
        let last = values.get(2).copied().unwrap_or_default();
        let mut file = |encoding| {
            let file_name = Some(&*second).filter(|name| !name.is_empty());
            let content = Content::File { name: second.clone(), bytes: last.to_vec(), encoding };
            (request.add_bytes(&name, last, file_name, encoding), Some(content))
        };
        let (result, content) = match letter {
            b't' => (request.add_text(&name, &second), Some(Content::Text(second))),
            b'j' => (request.add_json(&name, second.as_bytes()), Some(Content::Json(second.into_bytes()))),
            b'o' => file(Encoding::Object),
            b'b' => file(Encoding::Base64),
            b'f' => file(Encoding::Binary),
            b'w' => {
                let result = request.set_body(&name, second.as_bytes());
                if result.is_ok() {
                    self.whole = Some((name.clone(), second.into_bytes()));
                }
                (result, None)
            }
            b'J' | b'M' => {
                let format = if letter == b'J' { Format::Json } else { Format::Multipart };
                self.format = Some(format);
                (request.set_format(format), None)
            }
            _ => return,
        };
        match (result, content) {
            (Ok(()), Some(content)) => self.fields.push(Field { name, content }),
            (Ok(()), None) => {}
            (Err(error), _) => {
                assert_eq!(error.status(), Status::InvalidArgument);
                // A shorter one stands in a message by chance.
                let is_told = name.len() > 20 && error.message().contains(&name);
                assert!(!is_told, "a message repeats an argument: {error}");
                self.has_failed = true;
            }
        }
    }

    /// Whether a send is refused for the whole of it, or for what has failed.
    fn is_refused(&self) -> bool {
        let is_binary = |field: &Field| matches!(field.content, Content::File { encoding: Encoding::Binary, .. });
        let mut names: Vec<_> = self.fields.iter().map(|field| &field.name).collect();
        names.sort();
        let is_doubled = names.windows(2).any(|pair| pair[0] == pair[1]);
        let is_json = self.format == Some(Format::Json);
        self.has_failed
            || (self.whole.is_some() && (self.format.is_some() || !self.fields.is_empty()))
            || (self.whole.is_none() && is_json && (is_doubled || self.fields.iter().any(is_binary)))
    }

    fn check(&self, content_type: &str, body: &[u8]) {
        assert!(!self.is_refused());
        match (&self.whole, self.format) {
            (Some((expected, bytes)), _) => assert_eq!((content_type, body), (&**expected, &**bytes)),
            (None, Some(Format::Json)) => self.check_json(content_type, body),
            (None, _) => self.check_form(content_type, body),
        }
    }

    fn check_json(&self, content_type: &str, body: &[u8]) {
        assert_eq!(content_type, "application/json");
        let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
            // It reads no deeper than 128 with the object around, and no lone surrogate.
            assert!(self.fields.iter().any(|field| matches!(field.content, Content::Json(_))));
            return;
        };
        assert_eq!(members.len(), self.fields.len());
        for Field { name, content } in &self.fields {
            let found = members.get(name).expect("each field is a member");
            match content {
                Content::Text(text) => assert_eq!(found, text),
                Content::Json(json) => {
                    assert_eq!(Some(found), serde_json::from_slice(json).ok().as_ref());
                }
                Content::File { name, bytes, encoding: Encoding::Object } => check_object(found, name, bytes),
                Content::File { bytes, .. } => assert_eq!(decoded(found), *bytes),
            }
        }
    }

    fn check_form(&self, content_type: &str, body: &[u8]) {
        // This parser takes a backslash in a name for an escape, which browsers do not write.
        let is_read_otherwise = |field: &Field| {
            let file_name = match &field.content {
                Content::File { name, .. } => name,
                _ => "",
            };
            field.name.contains('\\') || file_name.contains('\\')
        };
        if self.fields.iter().any(is_read_otherwise) {
            return;
        }
        let boundary = multer::parse_boundary(content_type).expect("a boundary");
        let body = stream::iter([Ok::<_, Infallible>(body.to_vec())]);
        let mut form = Multipart::new(body, boundary);
        futures_executor::block_on(async {
            for Field { name, content } in &self.fields {
                let part = form.next_field().await.expect("a form").expect("as many parts as fields");
                assert_eq!(part.name(), Some(&*name.replace('"', "%22")));
                let file_name = part.file_name().map(str::to_owned);
                let part_type = part.content_type().map(ToString::to_string);
                let bytes = part.bytes().await.expect("a whole part");
                let is_binary = match content {
                    Content::Text(text) => (bytes == text.as_bytes()).then_some(None),
                    Content::Json(json) => (bytes == json.as_slice()).then_some(None),
                    Content::File { bytes: expected, encoding: Encoding::Base64, .. } => {
                        (BASE64_STANDARD.decode(&bytes).as_ref() == Ok(expected)).then_some(None)
                    }
                    Content::File { name, bytes: expected, encoding: Encoding::Object } => {
                        check_object(&serde_json::from_slice(&bytes).expect("an object"), name, expected);
                        Some(None)
                    }
                    Content::File { name, bytes: expected, encoding: Encoding::Binary } => {
                        (bytes == expected.as_slice()).then_some(Some(name.replace('"', "%22")))
                    }
                };
                let expected_name = is_binary.expect("the part is what the field was");
                let expected_type = expected_name.as_ref().map(|_| "application/octet-stream".to_owned());
                assert_eq!((file_name, part_type), (expected_name, expected_type));
            }
            assert!(form.next_field().await.expect("a form").is_none());
        });
    }
}

fn decoded(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().expect("a string")).expect("Base64")
}

fn check_object(object: &Value, name: &str, bytes: &[u8]) {
    assert_eq!(object.as_object().map(serde_json::Map::len), Some(2));
    assert_eq!(object["filename"], *name);
    assert_eq!(decoded(&object["contents"]), bytes);
}
