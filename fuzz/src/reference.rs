//! A second reading of a login's answer, which shares no code with the library's.

use std::collections::HashSet;

use serde_json::Value;

/// What the documentation's success holds.
#[derive(Debug)]
pub struct Success {
    pub token: String,
    pub user_id: String,
    pub expires: f64,
}

/// The success that a body is, if it is one: a whole JSON document and nothing behind it.
pub fn success(body: &[u8]) -> Option<Success> {
    let document: Value = serde_json::from_slice(body).ok()?;
    if document["status"] != "success" || has_duplicate_keys(body) {
        return None;
    }
    let response = document["response"].as_object()?;
    let token = response.get("token")?.as_str()?;
    let user_id = match response.get("user_id") {
        None | Some(Value::Null) => "",
        Some(user_id) => user_id.as_str()?,
    };
    let expires = response.get("expires")?.as_f64()?;
    let is_printable = |text: &str| text.len() <= 4096 && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    let is_success = !token.is_empty() && is_printable(token) && is_printable(user_id) && expires >= 1.0;
    is_success.then(|| Success { token: token.to_owned(), user_id: user_id.to_owned(), expires })
}

/// Every text that stands in a JSON document, if it is one.
pub fn texts(bytes: &[u8]) -> Vec<String> {
    fn collect(value: &Value, texts: &mut Vec<String>) {
        match value {
            Value::String(text) => texts.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
            Value::Object(members) => members.values().for_each(|member| collect(member, texts)),
            _ => {}
        }
    }
    let mut texts = Vec::new();
    if let Ok(value) = serde_json::from_slice(bytes) {
        collect(&value, &mut texts);
    }
    texts
}

/// Whether an object of a JSON document has a key twice, of which `serde_json::Value` keeps the last.
fn has_duplicate_keys(document: &[u8]) -> bool {
    let mut objects: Vec<HashSet<String>> = Vec::new();
    let mut at = 0;
    while at < document.len() {
        match document[at] {
            b'{' | b'[' => objects.push(HashSet::new()),
            b'}' | b']' => drop(objects.pop()),
            b'"' => {
                let end = end_of_string(document, at);
                let is_key = document[end..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                let text: String = serde_json::from_slice(&document[at..end]).expect("a string of valid JSON");
                if is_key && !objects.last_mut().expect("keys stand in objects").insert(text) {
                    return true;
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    false
}

/// Behind the closing quote of the string that starts here.
fn end_of_string(document: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while document[at] != b'"' {
        at += if document[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}
