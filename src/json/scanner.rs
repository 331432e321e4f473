//! The grammar of JSON, one event at a time, without recursion and without memory.
//!
//! It is RFC 8259. An answer of the service may bend it ([`Rules::Tolerant`]): a byte order mark, a comma behind the last
//! element or member, none before a member's name, raw control characters in a string, bytes that are not UTF-8, and
//! `\u` escapes that are half a character. What a string means is for `strings` to say: here it is passed over.

use memchr::memchr3;

use super::{Problem, Type};

/// Arrays and objects within each other. The bits of a `u128` say which they are.
pub(super) const DEPTH_MAX: u32 = 128;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rules {
    /// RFC 8259 alone. That the text is UTF-8 is the caller's to check.
    Strict,
    /// And what the service sends besides.
    Tolerant,
}

/// What stands next in the text. Each position is that of its first byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The name of a member, whose value follows.
    Name(usize),
    /// A value that has no others in it.
    Scalar(Type, usize),
    /// The beginning of an array or object.
    Open(Type, usize),
    /// The end of the innermost one.
    Close,
    /// The end of the text, behind one whole value.
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The value of the document, or of a member.
    Value,
    /// Behind `[`.
    FirstElement,
    /// Behind a comma.
    Element,
    /// Behind `{`.
    FirstName,
    /// Behind a comma.
    Name,
    /// Behind a value: a comma, the end of what it is in, or the end of the text.
    Separator,
}

pub(super) struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    rules: Rules,
    expected: Expected,
    depth: u32,
    /// A bit for each open array (0) or object (1), the innermost one last.
    objects: u128,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t [u8], rules: Rules) -> Self {
        let has_mark = rules == Rules::Tolerant && text.starts_with(BYTE_ORDER_MARK);
        let at = if has_mark { BYTE_ORDER_MARK.len() } else { 0 };
        Self { text, at, rules, expected: Expected::Value, depth: 0, objects: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Event, Problem> {
        use Expected::{Element, FirstElement, FirstName, Name, Separator, Value};
        loop {
            self.skip_blanks();
            match (self.expected, self.peek()) {
                (Separator, None) if self.depth == 0 => return Ok(Event::End),
                (Separator, _) if self.depth == 0 => return Err(self.problem()),
                (Separator, Some(b',')) => {
                    self.at += 1;
                    self.expected = if self.is_in_object() { Name } else { Element };
                }
                (Separator, Some(b'"')) if self.is_tolerant() && self.is_in_object() => self.expected = Name,
                (Separator | FirstElement, Some(b']')) if !self.is_in_object() => return Ok(self.close()),
                (Separator | FirstName, Some(b'}')) if self.is_in_object() => return Ok(self.close()),
                (Element, Some(b']')) | (Name, Some(b'}')) if self.is_tolerant() => return Ok(self.close()),
                (FirstName | Name, Some(b'"')) => return self.name(),
                (Value | FirstElement | Element, Some(byte)) => return self.value(byte),
                _ => return Err(self.problem()),
            }
        }
    }

    /// How much of the text was read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn is_tolerant(&self) -> bool {
        self.rules == Rules::Tolerant
    }

    fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn problem(&self) -> Problem {
        Problem::Syntax(self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Passes over one byte if it is this one.
    fn skip(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn name(&mut self) -> Result<Event, Problem> {
        let at = self.at;
        self.string()?;
        self.skip_blanks();
        if !self.skip(b':') {
            return Err(self.problem());
        }
        self.expected = Expected::Value;
        Ok(Event::Name(at))
    }

    fn value(&mut self, first: u8) -> Result<Event, Problem> {
        let at = self.at;
        let kind = match first {
            b'{' => return self.open(Type::Object),
            b'[' => return self.open(Type::Array),
            b'"' => self.string().map(|()| Type::String)?,
            b'-' | b'0'..=b'9' => self.number().map(|()| Type::Number)?,
            b't' => self.word(b"true").map(|()| Type::Boolean)?,
            b'f' => self.word(b"false").map(|()| Type::Boolean)?,
            b'n' => self.word(b"null").map(|()| Type::Null)?,
            _ => return Err(self.problem()),
        };
        self.expected = Expected::Separator;
        Ok(Event::Scalar(kind, at))
    }

    fn open(&mut self, kind: Type) -> Result<Event, Problem> {
        if self.depth == DEPTH_MAX {
            return Err(Problem::Depth);
        }
        let is_object = kind == Type::Object;
        self.depth += 1;
        self.objects = self.objects << 1 | u128::from(is_object);
        self.expected = if is_object { Expected::FirstName } else { Expected::FirstElement };
        self.at += 1;
        Ok(Event::Open(kind, self.at - 1))
    }

    fn close(&mut self) -> Event {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
        self.expected = Expected::Separator;
        self.at += 1;
        Event::Close
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Problem> {
        if !self.rest().starts_with(word) {
            return Err(self.problem());
        }
        self.at += word.len();
        Ok(())
    }

    /// From its opening quote to behind the closing one.
    fn string(&mut self) -> Result<(), Problem> {
        self.at += 1;
        loop {
            let rest = self.rest();
            let length = memchr3(b'"', b'\\', 0, rest).unwrap_or(rest.len());
            if !self.is_tolerant() {
                let control = rest.iter().take(length).position(|byte| *byte < b' ');
                if let Some(control) = control {
                    self.at += control;
                    return Err(self.problem());
                }
            }
            self.at += length;
            if self.skip(b'"') {
                return Ok(());
            }
            self.escape()?;
        }
    }

    fn escape(&mut self) -> Result<(), Problem> {
        let length = match self.rest() {
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'\\', b'u', digits @ ..]
                if digits.iter().take(4).filter(|byte| byte.is_ascii_hexdigit()).count() == 4 =>
            {
                6
            }
            _ => return Err(self.problem()),
        };
        self.at += length;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Problem> {
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        Ok(())
    }

    /// At least one.
    fn digits(&mut self) -> Result<(), Problem> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(self.problem()) } else { Ok(()) }
    }
}
