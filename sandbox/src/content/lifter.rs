//! JSON whose long strings are lifted out of it, so that a document inside it is not held in memory.
//!
//! What is left is JSON again, in which a marker stands for each lifted string; `serde_json` says whether it is valid.

use memchr::{memchr, memchr2};

use super::Broken;
use super::base64::Decoder;
use super::summary::{KEPT, Summary};

/// The most bytes that are taken besides the long strings.
const LIMIT: usize = 1024 * 1024;

/// A marker begins so: with a character that a sensible client does not send.
const MARKER: &str = "\u{0}lifted ";

/// A long string: as it stands in the JSON (but for `\/`), and decoded if it is Base64.
pub(super) struct Lifted {
    pub(super) raw: Summary,
    pub(super) decoded: Decoder,
}

#[derive(Default)]
pub(super) struct Lifter {
    left: Vec<u8>,
    lifted: Vec<Lifted>,
    string: Option<InString>,
    too_large: bool,
}

/// Where a string is being read.
struct InString {
    /// Where it begins in what is left.
    start: usize,
    escaped: bool,
    /// Once it is long.
    long: Option<Lifted>,
}

impl Lifted {
    fn update(&mut self, piece: &[u8]) {
        self.raw.update(piece);
        self.decoded.update(piece);
    }
}

impl Lifter {
    pub(super) fn update(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() && !self.too_large {
            let length = match self.string.take() {
                None => self.outside(piece),
                Some(string) => self.inside(string, piece),
            };
            piece = &piece[length..];
            let start = self.string.as_ref().map_or(self.left.len(), |string| string.start);
            self.too_large = start > LIMIT;
        }
    }

    /// What is left, and the strings behind the markers.
    pub(super) fn finish(self) -> Result<(Vec<u8>, Vec<Lifted>), Broken> {
        if self.too_large {
            return Err(Broken::new("The JSON body has more than 1 MiB besides its documents"));
        }
        Ok((self.left, self.lifted))
    }

    /// Up to the next string; how many bytes were used.
    fn outside(&mut self, piece: &[u8]) -> usize {
        let quote = memchr(b'"', piece);
        let length = quote.map_or(piece.len(), |at| at + 1);
        self.left.extend_from_slice(&piece[..length]);
        if quote.is_some() {
            self.string = Some(InString { start: self.left.len(), escaped: false, long: None });
        }
        length
    }

    /// Up to the next escape or the end of the string.
    fn inside(&mut self, mut string: InString, piece: &[u8]) -> usize {
        if string.escaped {
            string.escaped = false;
            self.escape(&mut string, piece[0]);
            self.string = Some(string);
            return 1;
        }
        let stop = memchr2(b'"', b'\\', piece);
        let length = stop.unwrap_or(piece.len());
        self.append(&mut string, &piece[..length]);
        match stop.map(|at| piece[at]) {
            None => {
                self.string = Some(string);
                length
            }
            Some(b'"') => {
                self.close(string);
                length + 1
            }
            Some(_) => {
                string.escaped = true;
                self.string = Some(string);
                length + 1
            }
        }
    }

    fn escape(&mut self, string: &mut InString, character: u8) {
        // Some encoders write each slash so, and Base64 has slashes.
        if character == b'/' {
            self.append(string, b"/");
        } else {
            self.append(string, &[b'\\', character]);
        }
    }

    fn append(&mut self, string: &mut InString, bytes: &[u8]) {
        if let Some(long) = &mut string.long {
            long.update(bytes);
            return;
        }
        self.left.extend_from_slice(bytes);
        if self.left.len() - string.start > KEPT {
            let mut long = Lifted { raw: Summary::default(), decoded: Decoder::default() };
            long.update(&self.left[string.start..]);
            self.left.truncate(string.start);
            string.long = Some(long);
        }
    }

    fn close(&mut self, string: InString) {
        if let Some(long) = string.long {
            let marker = format!("\\u0000{}{}", &MARKER[1..], self.lifted.len());
            self.left.extend_from_slice(marker.as_bytes());
            self.lifted.push(long);
        }
        self.left.push(b'"');
    }
}

/// Which lifted string this string stands for.
pub(super) fn index(text: &str) -> Option<usize> {
    text.strip_prefix(MARKER)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lift(text: &str, size: usize) -> Result<(String, Vec<Lifted>), Broken> {
        let mut lifter = Lifter::default();
        text.as_bytes().chunks(size).for_each(|piece| lifter.update(piece));
        lifter.finish().map(|(left, lifted)| (String::from_utf8(left).unwrap(), lifted))
    }

    #[test]
    fn short_strings_stay_as_they_are() {
        let text = r#"{"a\"b":"c\\","d":["\u00e9",1]}"#;
        for size in [1, 2, 100] {
            assert_eq!(lift(text, size).unwrap().0, text);
        }
    }

    #[test]
    fn a_long_string_is_lifted() {
        let long = "YWJj".repeat(KEPT / 4) + "YQ==";
        let text = format!(r#"{{"a":"{long}","b":"{}"}}"#, "x\\/".repeat(KEPT));
        for size in [1, 1000, text.len()] {
            let (left, mut lifted) = lift(&text, size).unwrap();
            assert_eq!(left, r#"{"a":"\u0000lifted 0","b":"\u0000lifted 1"}"#);
            assert_eq!(lifted.pop().unwrap().raw.length(), 2 * KEPT as u64, "an escaped slash is a slash");
            let lifted = lifted.pop().unwrap();
            assert_eq!(lifted.raw.length(), long.len() as u64);
            assert_eq!(lifted.decoded.finish().unwrap().length(), KEPT as u64 / 4 * 3 + 1);
        }
        assert_eq!(index("\u{0}lifted 12"), Some(12));
        assert_eq!(index("lifted 12"), None);
    }

    #[test]
    fn too_much_besides_is_refused() {
        let text = format!("[{}1]", "\"abcdefg\",".repeat(LIMIT / 10 + 1));
        assert!(lift(&text, 4096).is_err());
    }
}
