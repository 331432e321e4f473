//! Documents of 50 MB: up in each form and down, without holding one of them.
//!
//! A file of its own: what other tests hold would be measured as well.

mod client;

use std::fs;
use std::io::{Read, Write};

use client::{Client, FORM_TYPE, exchange, form, head, login};
use personr_sandbox::{Document, Encoding, Sandbox};

/// Bytes; `SIZE / 3` times "abc", which is "YWJj" as Base64.
const SIZE: usize = 49_999_998;
const MOST_MEMORY: u64 = 8 * 1024 * 1024;

/// The most memory that this process has had since the last call, in bytes; `None` where the system does not say.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    fs::write("/proc/self/clear_refs", "5").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

fn now() -> Option<u64> {
    peak()?;
    peak()
}

/// Sends `before`, then so many times `unit`, then `after`.
fn send(client: &mut Client, before: &str, unit: &[u8], times: usize, after: &str) {
    let block = unit.repeat(16_000);
    client.send(before);
    for _ in 0..times / 16_000 {
        client.0.write_all(&block).unwrap();
    }
    client.send_bytes(&unit.repeat(times % 16_000));
    client.send(after);
}

#[test]
fn documents_of_50_mb_go_up_and_down_in_little_memory() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let token = exchange(&sandbox, &login()).token();
    let mut client = Client::new(&sandbox);
    let before = now();
    let object = r#"{"docFile":{"filename":"a","contents":""}}"#;
    let (file, text) = (form(&[("name=\"docFile\"; filename=\"a\"", b"")]), form(&[("name=\"docFile\"", b"")]));
    let (file, text) = (String::from_utf8(file).unwrap(), String::from_utf8(text).unwrap());
    let end = "\r\n--b--\r\n".len();
    for (content_type, frame, behind, unit, encoding) in [
        ("application/json", object, 3, b"YWJj".as_slice(), Encoding::Object),
        (FORM_TYPE, &text, end, b"YWJj", Encoding::Base64),
        (FORM_TYPE, &file, end, b"abc", Encoding::Binary),
    ] {
        let length = frame.len() + SIZE / 3 * unit.len();
        let (start, end) = frame.split_at(frame.len() - behind);
        let start = head("api-document-upload", &token, content_type, length) + start;
        send(&mut client, &start, unit, SIZE / 3, end);
        assert_eq!(client.receive().status, 200);
        let requests = sandbox.requests();
        let part = requests.last().unwrap().uploads().next().unwrap();
        assert_eq!((part.encoding, part.length), (encoding, SIZE as u64));
        assert_eq!(part.sha256, "3425dc9ac0ce3c9c0ea598deb3da4d1f553e926c32cdad496d5f961e67a9876b");
    }

    sandbox.set_documents(&[Document::new("", SIZE as u64, 1)]);
    client.send(&client::bearer("/api/1.1/wf/api-document-download", &token));
    let mut wanted =
        r#"{"status":"success","response":{"IdDocType":[""],"base64":["""#.len() + r"]}}".len() + SIZE / 3 * 4;
    let mut piece = [0; 64 * 1024];
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        client.0.read_exact(&mut piece[..1]).unwrap();
        text.push(piece[0]);
    }
    assert!(String::from_utf8(text).unwrap().contains(&format!("Content-Length: {wanted}\r\n")));
    while wanted > 0 {
        wanted -= client.0.read(&mut piece).unwrap();
    }
    match (before, peak()) {
        (Some(before), Some(peak)) => {
            let growth = peak.saturating_sub(before);
            assert!(growth < MOST_MEMORY, "{growth} bytes more");
        }
        _ => eprintln!("SKIP: the system does not tell the peak of memory"),
    }
}
