//! Documents and the values in them.

use std::sync::Arc;

use super::*;
use crate::sys::in_child;

pub(super) fn document(text: impl AsRef<[u8]>) -> Document {
    Document::parse_copy(text.as_ref()).unwrap_or_else(|error| panic!("{error}"))
}

fn pointer(text: &str) -> Pointer<'_> {
    Pointer::parse(text).expect(text)
}

fn text_of(value: Value<'_>) -> String {
    let mut text = Vec::new();
    value.text().expect("it is not null").each(|piece| text.extend_from_slice(piece));
    String::from_utf8(text).expect("UTF-8")
}

/// The document as it was read, with single quotes and without blanks.
pub(super) fn shown(document: &Document) -> String {
    show(document.root().expect("a document has a value"))
}

fn show(value: Value<'_>) -> String {
    let parts = |part: &dyn Fn(usize) -> String| (0..value.count()).map(part).collect::<Vec<_>>().join(",");
    let child = |at| show(value.at(at).expect("it is counted"));
    match value.kind() {
        Type::Null => "null".to_owned(),
        Type::Boolean | Type::Number => text_of(value),
        Type::String => format!("'{}'", text_of(value)),
        Type::Array => format!("[{}]", parts(&child)),
        Type::Object => format!("{{{}}}", parts(&|at| format!("'{}':{}", name_of(value, at), child(at)))),
    }
}

/// Whether it is the same as a tree of serde_json's, but for its numbers, which are not as they were received.
pub(super) fn is_as(value: Value<'_>, tree: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Bool, Null, Number, Object, String};
    match (value.kind(), tree) {
        (Type::Null, Null) | (Type::Number, Number(_)) => true,
        (Type::Boolean, Bool(expected)) => value.boolean() == Ok(*expected),
        (Type::String, String(expected)) => text_of(value) == *expected,
        (Type::Array, Array(elements)) => {
            let mut children = elements.iter().enumerate();
            value.count() == elements.len()
                && children.all(|(at, it)| value.at(at).is_some_and(|child| is_as(child, it)))
        }
        (Type::Object, Object(members)) => {
            let escaped = |name: &str| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            let mut children = members.iter();
            value.count() == members.len()
                && children.all(|(name, it)| value.get(pointer(&escaped(name))).is_some_and(|child| is_as(child, it)))
        }
        _ => false,
    }
}

/// Where C would end it, there is U+FFFD.
fn name_of(value: Value<'_>, at: usize) -> &str {
    value.name(at).expect("it has one").to_str().expect("UTF-8")
}

/// RFC 6901, section 5.
#[test]
fn the_pointers_of_the_rfc_lead_where_it_says() {
    let text = r#"{
        "foo": ["bar", "baz"],
        "": 0,
        "a/b": 1,
        "c%d": 2,
        "e^f": 3,
        "g|h": 4,
        "i\\j": 5,
        "k\"l": 6,
        " ": 7,
        "m~n": 8
    }"#;
    let document = document(text);
    let root = document.root().expect("a value");
    for (path, expected) in [
        ("/foo", "['bar','baz']"),
        ("/foo/0", "'bar'"),
        ("/", "0"),
        ("/a~1b", "1"),
        ("/c%d", "2"),
        ("/e^f", "3"),
        ("/g|h", "4"),
        ("/i\\j", "5"),
        ("/k\"l", "6"),
        ("/ ", "7"),
        ("/m~0n", "8"),
    ] {
        assert_eq!(root.get(pointer(path)).map(show).as_deref(), Some(expected), "{path}");
    }
    assert_eq!(root.get(pointer("")).map(|whole| whole.place()), Some(root.place()));
}

#[test]
fn a_pointer_that_leads_nowhere_finds_nothing() {
    let document = document(r#"{"a":[1,{"b":"c"}],"0":null,"":{"":true}}"#);
    let root = document.root().expect("a value");
    for (path, is_there) in [
        ("/a/1/b", true),
        ("/0", true),
        ("//", true),
        ("/a/2", false),
        ("/a/-", false),
        ("/a/01", false),
        ("/a/", false),
        ("/a/1/c", false),
        ("/a/1/b/0", false),
        ("/a/0/0", false),
        ("/0/0", false),
        ("/A", false),
        ("/a ", false),
        ("/b", false),
        ("///", false),
    ] {
        assert_eq!(root.get(pointer(path)).is_some(), is_there, "{path}");
    }
    assert_eq!(root.get(pointer("/a/1")).and_then(|part| part.get(pointer("/b"))).map(show).as_deref(), Some("'c'"));
    assert!(root.at(3).is_none() && root.name(3).is_none());
}

/// However it is written: the pointer says which characters it has.
#[test]
fn a_name_is_found_by_what_it_says() {
    let quoted = r#"{"x":"\"","\\":1,"\"a\"" :2,"\\\"":3,"\u00e4\ud834\udd1e":4,"a\/b":5,"Created Date":6,"\\\\":7}"#;
    let document = document(quoted);
    let root = document.root().expect("a value");
    let named =
        [("\\", 1), ("\"a\"", 2), ("\\\"", 3), ("\u{e4}\u{1d11e}", 4), ("a~1b", 5), ("Created Date", 6), ("\\\\", 7)];
    for (name, number) in named {
        let value = root.get(pointer(&format!("/{name}"))).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(value.integer(), Ok(number), "{name}");
        assert_eq!(name_of(root, number as usize), name.replace("~1", "/"));
    }
}

/// The last one counts, at its place; but all of them are counted against the limit.
#[test]
fn of_doubled_members_the_last_counts() {
    for (text, expected) in [
        (r#"{"a":1,"b":2,"a":3}"#, "{'b':2,'a':3}"),
        (r#"{"a":{"x":1},"a":{"x":2},"b":0}"#, "{'a':{'x':2},'b':0}"),
        (r#"{"a":1,"\u0061":[],"A":2,"a":[4,{"b":1,"b":2}]}"#, "{'A':2,'a':[4,{'b':2}]}"),
        (r#"[{"a":1},{"a":2}]"#, "[{'a':1},{'a':2}]"),
        (r#"{"a":{"a":1},"b":{"a":2}}"#, "{'a':{'a':1},'b':{'a':2}}"),
    ] {
        assert_eq!(shown(&document(text)), expected);
    }
    // Two names of the same hash (FNV-1a, 32 bits) are two names.
    let same_hash = r#"{"costarring":1,"liquid":2,"costarring":3,"declinate":4,"macallums":5}"#;
    assert_eq!(shown(&document(same_hash)), "{'liquid':2,'costarring':3,'declinate':4,'macallums':5}");
    let many: String = (0..20_000).map(|number| format!("\"{}\":{number},", number % 100)).collect();
    let many = document(format!("{{{many}}}"));
    let root = many.root().expect("a value");
    assert_eq!((root.count(), root.at(0).map(Value::integer)), (100, Some(Ok(19_900))));
}

#[test]
fn values_are_read_as_what_they_are() {
    let document = document(r#"[null,true,false,-0,1.5,1e3,"7","",[1, 2],{"a" :1}]"#);
    let root = document.root().expect("a value");
    let at = |index| root.at(index).expect("it is there");
    let strings: Vec<_> = (0..10).map(|index| at(index).string().map(|text| text.to_str().expect("UTF-8"))).collect();
    let (some, none) = (Some, None);
    assert_eq!(
        strings,
        [none, some("true"), some("false"), some("-0"), some("1.5"), some("1e3"), some("7"), some(""), none, none]
    );
    assert!(at(0).text().is_none());
    assert_eq!((text_of(at(8)), text_of(at(9))), ("[1, 2]".to_owned(), r#"{"a" :1}"#.to_owned()));
    let reason = |error: Error| {
        assert_eq!(error.status(), Status::NoValue);
        error.reason().to_owned()
    };
    let integers: Vec<_> = (0..10).map(|index| at(index).integer().map_err(reason)).collect();
    let (of_type, of_range) = (|| Err("json-type".to_owned()), || Err("json-range".to_owned()));
    let expected =
        [of_type(), of_type(), of_type(), Ok(0), of_range(), Ok(1000), of_type(), of_type(), of_type(), of_type()];
    assert_eq!(integers, expected);
    assert_eq!(
        (at(4).number(), at(5).number(), at(6).number().map_err(reason)),
        (Ok(1.5), Ok(1000.0), Err("json-type".to_owned()))
    );
    let booleans: Vec<_> = (0..4).map(|index| at(index).boolean().map_err(reason)).collect();
    assert_eq!(booleans, [Err("json-type".to_owned()), Ok(true), Ok(false), Err("json-type".to_owned())]);
    for kind in [Type::Null, Type::Boolean, Type::Number, Type::String, Type::Array, Type::Object] {
        assert_eq!(Type::numbered(kind as u64), kind);
    }
}

/// What is behind an array or object does not belong to it.
#[test]
fn a_part_is_copied_as_it_was_received() {
    let bytes = b"{\"a\": [ {\"b\":\"]}\" \"c\":[1,],}\t, \"\xff\" ] ,\"d\":{}}";
    let document = document(bytes);
    let root = document.root().expect("a value");
    for (path, expected) in [
        ("", &bytes[..]),
        ("/a", b"[ {\"b\":\"]}\" \"c\":[1,],}\t, \"\xff\" ]"),
        ("/a/0", b"{\"b\":\"]}\" \"c\":[1,],}"),
        ("/a/0/c", b"[1,]"),
        ("/d", b"{}"),
    ] {
        let mut text = Vec::new();
        root.get(pointer(path)).and_then(Value::text).expect(path).each(|piece| text.extend_from_slice(piece));
        assert_eq!(text, expected, "{path}");
    }
}

/// A C string ends at a NUL: one that is written as an escape must not cut off what is behind it.
#[test]
fn a_nul_becomes_another_character_for_c() {
    let document = document(r#"{"a\u0000b":"admin\u0000x"}"#);
    let root = document.root().expect("a value");
    let value = root.at(0).expect("a member");
    assert_eq!(value.string().map(|text| text.to_bytes()), Some("admin\u{fffd}x".as_bytes()));
    assert_eq!(root.name(0).map(|name| name.to_bytes()), Some("a\u{fffd}b".as_bytes()));
    assert_eq!(text_of(value), "admin\0x");
    assert!(root.get(pointer("/a")).is_none() && root.get(pointer("/a\u{fffd}b")).is_none());
}

/// Threads that ask for the same string at once get the same copy.
#[test]
fn a_string_is_copied_once_for_all_threads() {
    let numbers: Vec<_> = (0..2000).map(|number| format!("{{\"name {number}\":\"value {number}\"}}")).collect();
    let document = document(format!("[{}]", numbers.join(",")));
    let all = || -> Vec<(usize, usize)> {
        let root = document.root().expect("a value");
        let of = |index| {
            let object = root.at(index).expect("an element");
            let (name, string) =
                (object.name(0).expect("a name"), object.at(0).and_then(Value::string).expect("a string"));
            assert_eq!(name.to_str(), Ok(&*format!("name {index}")));
            assert_eq!(string.to_str(), Ok(&*format!("value {index}")));
            (name.as_ptr() as usize, string.as_ptr() as usize)
        };
        (0..root.count()).map(of).collect()
    };
    let copies: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(all)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(copies.iter().all(|of_thread| *of_thread == copies[0]));
}

#[test]
fn a_document_may_have_a_million_values_and_64_mebibytes() {
    let reason = |text: &[u8]| Document::parse_copy(text).err().map(|error| error.reason().to_owned());
    let many = |values: usize| format!("[{}0]", "0,".repeat(values - 2)).into_bytes();
    assert_eq!((reason(&many(VALUES_MAX)), reason(&many(VALUES_MAX + 1)).as_deref()), (None, Some("too-large")));
    // Also where most of them are doubled.
    let doubled = format!("{{{}}}", "\"\":[],".repeat(VALUES_MAX / 8 * 8));
    assert_eq!(reason(doubled.as_bytes()).as_deref(), Some("too-large"));

    let mut long = vec![b' '; TEXT_MAX + 1];
    long[TEXT_MAX - 1] = b'7';
    let long: &'static [u8] = Vec::leak(long);
    let fits = Document::parse(Arc::new(&long[..TEXT_MAX])).expect("it fits");
    assert_eq!(fits.root().map(Value::integer), Some(Ok(7)), "at the last byte");
    let error = Document::parse(Arc::new(long)).err().map(|error| error.reason().to_owned());
    assert_eq!(error.as_deref(), Some("too-large"));
    assert_eq!(reason(long).as_deref(), Some("too-large"));
}

/// In a process that may not get more memory than the index of a document may take.
#[test]
#[cfg(target_os = "linux")]
fn what_a_text_claims_is_not_allocated() {
    const MIB: usize = 1 << 20;
    let reason_within = |text: &'static [u8], limit: usize, reason: &str| {
        in_child(|| {
            crate::sys::limit_memory(limit);
            i32::from(
                Document::parse(Arc::new(text)).err().map_or("", |error| error.reason().to_owned().leak()) == reason,
            )
        })
    };
    let repeated = |piece: &[u8]| -> &'static [u8] { Vec::leak(piece.repeat(TEXT_MAX / piece.len())) };
    for (piece, reason) in
        [(&b"["[..], "json-depth"), (b"{\"\":", "json-depth"), (b"\"\\u", "json"), (b"\\", "json"), (b" ", "json")]
    {
        assert_eq!(reason_within(repeated(piece), 2 * MIB, reason), 1, "{piece:?}");
    }
    let flat = Vec::leak([b"[", &b"0,".repeat(VALUES_MAX * 2)[..]].concat());
    assert_eq!(reason_within(flat, 100 * MIB, "too-large"), 1);
    let one_string = Vec::leak([b"\"", &vec![b'a'; TEXT_MAX - 2][..], b"\""].concat());
    assert_eq!(reason_within(one_string, 2 * MIB, ""), 1, "it is not copied");
}
