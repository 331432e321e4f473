//! The fields of a request's body: multipart or JSON.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::ready;

use futures_util::stream;
use serde_json::Value;

use crate::http::Received;

/// Why a body cannot be read, in words for the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken(pub(super) &'static str);

/// Reads the fields. A body of another type, or of none, has no fields and is not looked at.
pub(super) fn of(request: &Received) -> Result<HashMap<String, String>, Broken> {
    let content_type = request.text_header("content-type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("multipart/form-data") {
        let boundary =
            multer::parse_boundary(content_type).map_err(|_| Broken("The multipart body has no boundary"))?;
        return futures_executor::block_on(multipart(&request.body, boundary))
            .map_err(|_| Broken("The multipart body cannot be read"));
    }
    if essence.eq_ignore_ascii_case("application/json") && !request.body.is_empty() {
        return json(&request.body).ok_or(Broken("The JSON body cannot be read"));
    }
    Ok(HashMap::new())
}

async fn multipart(body: &[u8], boundary: String) -> multer::Result<HashMap<String, String>> {
    let body = stream::once(ready(Ok::<_, Infallible>(body.to_vec())));
    let mut parts = multer::Multipart::new(body, boundary);
    let mut fields = HashMap::new();
    while let Some(part) = parts.next_field().await? {
        let name = part.name().unwrap_or_default().to_owned();
        let value = part.bytes().await?;
        fields.insert(name, String::from_utf8_lossy(&value).into_owned());
    }
    Ok(fields)
}

fn json(body: &[u8]) -> Option<HashMap<String, String>> {
    let Value::Object(object) = serde_json::from_slice(body).ok()? else {
        return None;
    };
    let text = |value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Some(object.into_iter().map(|(name, value)| (name, text(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &str) -> Result<HashMap<String, String>, Broken> {
        of(&Received {
            method: "POST".into(),
            target: "/".into(),
            headers: vec![("content-type".into(), content_type.as_bytes().to_vec())],
            body: body.into(),
        })
    }

    #[test]
    fn what_multipart_parsers_refuse_is_refused() {
        assert!(read("multipart/form-data", "").is_err());
        assert!(read("multipart/form-data", "--b--\r\n").is_err());
        assert!(read("multipart/form-data; boundary=b", "").is_err());
        assert!(read("multipart/form-data; boundary=b", "email=a").is_err());
        let unfinished = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue";
        assert!(read("multipart/form-data; boundary=b", unfinished).is_err());
    }

    #[test]
    fn the_closing_delimiter_alone_is_an_empty_form() {
        assert_eq!(read("multipart/form-data; boundary=b", "--b--\r\n"), Ok(HashMap::new()));
        assert_eq!(read("Multipart/Form-Data; boundary=\"b\"", "--b--\r\n"), Ok(HashMap::new()));
    }

    #[test]
    fn fields_are_read_from_both_forms() {
        let multipart = "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nä@b\r\n\
            --b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\na\r\nb\r\n--b--\r\n";
        let fields = read("multipart/form-data; boundary=b", multipart).unwrap();
        assert_eq!((fields["email"].as_str(), fields["password"].as_str()), ("ä@b", "a\r\nb"));
        let fields = read("application/json; charset=utf-8", r#"{"email":"ä@b","n":1}"#).unwrap();
        assert_eq!((fields["email"].as_str(), fields["n"].as_str()), ("ä@b", "1"));
    }

    #[test]
    fn an_empty_json_body_has_no_fields_and_a_broken_one_is_refused() {
        assert_eq!(read("application/json", ""), Ok(HashMap::new()));
        assert!(read("application/json", "{").is_err());
        assert!(read("application/json", "[]").is_err());
        assert_eq!(read("text/plain", "{"), Ok(HashMap::new()));
    }
}
