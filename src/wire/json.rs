//! JSON as a tree, stricter than `serde_json::Value` (a key stands once), with one leniency for refusals.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

#[derive(Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// One whole document and nothing behind it; at most 128 levels deep, which is serde_json's own limit.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The same after the commas behind last members are taken out: the service's own refusal has one.
    pub(super) fn parse_without_trailing_commas(bytes: &[u8]) -> Option<Self> {
        Self::parse(&without_trailing_commas(bytes))
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Self::String(text)) => Some(text),
            _ => None,
        }
    }
}

fn without_trailing_commas(bytes: &[u8]) -> Vec<u8> {
    let mut kept: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut comma = None; // where the last comma stands in `kept`, if only white space follows it
    let (mut in_string, mut escaped) = (false, false);
    for &byte in bytes {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else {
            match byte {
                b'"' => (in_string, comma) = (true, None),
                b',' => comma = Some(kept.len()),
                b'}' | b']' => {
                    if let Some(at) = comma.take() {
                        kept.truncate(at);
                    }
                }
                b' ' | b'\t' | b'\r' | b'\n' => {}
                _ => comma = None,
            }
        }
        kept.push(byte);
    }
    kept
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut keys = std::collections::BTreeSet::new();
        while let Some((key, value)) = map.next_entry::<String, Json>()? {
            if !keys.insert(key.clone()) {
                return Err(A::Error::custom("a key stands twice"));
            }
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> String {
        String::from_utf8(without_trailing_commas(text.as_bytes())).expect("still UTF-8")
    }

    #[test]
    fn only_commas_before_a_closing_bracket_go() {
        assert_eq!(stripped(r#"{"a": [1, 2, ], "b": 3 , }"#), r#"{"a": [1, 2], "b": 3 }"#);
        assert_eq!(stripped(r#"{"a": ",}", "b": "\",]"}"#), r#"{"a": ",}", "b": "\",]"}"#);
        assert_eq!(stripped(r#"{"a": "\\",}"#), r#"{"a": "\\"}"#);
    }

    #[test]
    fn a_comma_alone_or_twice_is_not_forgiven() {
        assert_eq!(Json::parse_without_trailing_commas(b"{,,}"), None);
        assert_eq!(Json::parse_without_trailing_commas(br#"{"a":1,,}"#), None);
        assert_eq!(Json::parse(br#"{"a":1,}"#), None);
    }

    #[test]
    fn a_key_stands_once_at_every_level() {
        for text in [r#"{"a":1,"a":2}"#, r#"{"b":{"a":1,"a":1}}"#, r#"[{"a":1,"\u0061":1}]"#] {
            assert_eq!(Json::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn depth_and_size_do_not_hurt() {
        assert_eq!(Json::parse("[".repeat(100_000).as_bytes()), None);
        let many: String = (0..8000).map(|key| format!("\"{key}\":1,")).collect();
        assert!(Json::parse_without_trailing_commas(format!("{{{many}}}").as_bytes()).is_some());
    }
}
