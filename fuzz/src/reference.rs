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
    let expires = seconds(response.get("expires")?)?;
    let is_printable = |text: &str| text.len() <= 4096 && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    let is_success = !token.is_empty() && is_printable(token) && is_printable(user_id) && expires >= 1.0;
    is_success.then(|| Success { token: token.to_owned(), user_id: user_id.to_owned(), expires })
}

/// A number, or a string that holds one: digits, maybe a fraction, maybe an exponent, maybe blanks around.
fn seconds(value: &Value) -> Option<f64> {
    fn digits(text: &str) -> (&str, &str) {
        text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
    }
    let Value::String(text) = value else { return value.as_f64() };
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\u{c}']);
    let (whole, mut rest) = digits(text);
    if let Some(behind) = rest.strip_prefix('.') {
        let (fraction, behind) = digits(behind);
        if fraction.is_empty() {
            return None;
        }
        rest = behind;
    }
    let is_exponent = |text: &str| {
        let (digits, rest) = digits(text.strip_prefix(['+', '-']).unwrap_or(text));
        !digits.is_empty() && rest.is_empty()
    };
    if whole.is_empty() || !(rest.is_empty() || rest.strip_prefix(['e', 'E']).is_some_and(is_exponent)) {
        return None;
    }
    // JSON has no zeros before a number. One that begins with them alone is less than a second, or written oddly.
    let number = text.trim_start_matches('0');
    serde_json::from_str(number).ok()
}

pub const NO_SUCH_ACCOUNT: &str = "INVALID_LOGIN_CREDENTIALS";

/// Whether a body surely gives this reason: in a valid document by a member at any depth, in a broken one that leaves no
/// doubt where its strings begin by one that reads as documented.
pub fn says_no_such_account(body: &[u8]) -> bool {
    fn says(value: &Value) -> bool {
        match value {
            Value::Array(items) => items.iter().any(says),
            Value::Object(members) => {
                members.get("reason").is_some_and(|reason| reason == NO_SUCH_ACCOUNT) || members.values().any(says)
            }
            _ => false,
        }
    }
    if !has_duplicate_keys_or_is_none(body) {
        let document: Value = serde_json::from_slice(body).expect("valid");
        // Of a document that says that it is a success nothing but its own reason counts.
        return if document["status"] == "success" { document["reason"] == NO_SUCH_ACCOUNT } else { says(&document) };
    }
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let member = |before: char| format!("{before}\"reason\":\"{NO_SUCH_ACCOUNT}\"");
    text.starts_with('{')
        && !text.contains(['\\', '\''])
        && (text.contains(&member('{')) || text.contains(&member(',')))
}

/// Whether a body or a header could give this reason at all.
pub fn may_say_no_such_account(text: &[u8]) -> bool {
    // UTF-16 has a NUL beside each letter; a backslash or a percent sign may stand for any.
    let text: Vec<u8> = text.iter().copied().filter(|byte| *byte != 0).collect();
    let word = NO_SUCH_ACCOUNT.as_bytes();
    text.windows(word.len()).any(|part| part == word) || text.contains(&b'\\') || text.contains(&b'%')
}

fn has_duplicate_keys_or_is_none(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_err() || has_duplicate_keys(body)
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
