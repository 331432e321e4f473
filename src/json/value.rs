//! A value of a document, and what can be asked of it.

use std::ffi::{CStr, CString};

use super::base64::{self, Ended};
use super::index::Node;
use super::numbers;
use super::pointer::{Pointer, Token};
use super::scanner::{Event, Rules, Scanner};
use super::strings::Quoted;
use super::{Document, Type};
use crate::error::{Error, Result, Status};

/// A value where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Value<'d> {
    document: &'d Document,
    node: Node,
}

impl<'d> Value<'d> {
    pub(super) fn new(document: &'d Document, node: Node) -> Self {
        Self { document, node }
    }

    /// Which of its document's nodes it has.
    pub(crate) fn place(self) -> usize {
        self.node.place()
    }

    pub(crate) fn kind(self) -> Type {
        self.node.kind()
    }

    /// How many elements or members it has.
    pub(crate) fn count(self) -> usize {
        self.node.count()
    }

    /// Its element of this number, or the value of its member.
    pub(crate) fn at(self, index: usize) -> Option<Self> {
        self.children().get(index).map(|node| Self { node: *node, ..self })
    }

    /// The value that a pointer names, from here on. To find a member takes time in proportion to the number of members
    /// beside it, to find an element does not.
    pub(crate) fn get(self, pointer: Pointer<'_>) -> Option<Self> {
        pointer.tokens().try_fold(self, Self::child)
    }

    fn child(self, token: Token<'_>) -> Option<Self> {
        match self.kind() {
            Type::Array => self.at(token.number()?),
            Type::Object => {
                let text = self.document.text();
                let has_the_name =
                    |node: &&Node| Quoted::name_before(text, node.at()).is_some_and(|name| name.is(token.name()));
                self.children().iter().find(has_the_name).map(|node| Self { node: *node, ..self })
            }
            _ => None,
        }
    }

    fn children(self) -> &'d [Node] {
        let (first, count) = (self.node.first(), self.node.count());
        self.document.nodes.get(first..first + count).unwrap_or_default()
    }

    /// The name of its member of this number.
    pub(crate) fn name(self, index: usize) -> Option<&'d CStr> {
        let member = self.at(index).filter(|_| self.kind() == Type::Object)?;
        let name = Quoted::name_before(self.document.text(), member.node.at())?;
        Some(self.document.names.get_or_make(member.place(), || c_string(Text::Quoted(name))))
    }

    /// It as text, for a C program; `None` if it is null, an array or an object.
    pub(crate) fn string(self) -> Option<&'d CStr> {
        let text = match self.kind() {
            Type::String | Type::Number | Type::Boolean => self.text()?,
            _ => return None,
        };
        Some(self.document.strings.get_or_make(self.place(), || c_string(text)))
    }

    /// It as text: what a string says, and all else as it was received; `None` for null.
    pub(crate) fn text(self) -> Option<Text<'d>> {
        match self.kind() {
            Type::Null => None,
            Type::String => Some(Text::Quoted(self.quoted())),
            Type::Array | Type::Object => Some(Text::Received(self.whole())),
            Type::Number | Type::Boolean => Some(Text::Received(self.word())),
        }
    }

    /// A number that is whole and fits.
    pub(crate) fn integer(self) -> Result<i64> {
        numbers::integer(self.number_text()?)
            .ok_or_else(|| out_of_range("the number is not whole, or has more than 64 bits"))
    }

    /// The double that is nearest to a number.
    pub(crate) fn number(self) -> Result<f64> {
        numbers::double(self.number_text()?).ok_or_else(|| out_of_range("the number is larger than any double"))
    }

    pub(crate) fn boolean(self) -> Result<bool> {
        match self.kind() {
            Type::Boolean => Ok(self.word() == b"true"),
            _ => Err(of_another_type("boolean")),
        }
    }

    /// Gives the bytes that a string has in Base64 to `take`, in pieces.
    pub(crate) fn base64(self, take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if self.kind() != Type::String {
            return Err(of_another_type("string"));
        }
        base64::decode(self.quoted(), take).map_err(|ended| match ended {
            Ended::Taker(error) => error,
            Ended::NotBase64 => Error::new(Status::NoValue, "json-base64", "the string is no Base64"),
        })
    }

    fn number_text(self) -> Result<&'d str> {
        let text = Some(self).filter(|value| value.kind() == Type::Number).map(|value| value.word());
        text.and_then(|text| std::str::from_utf8(text).ok()).ok_or_else(|| of_another_type("number"))
    }

    fn quoted(self) -> Quoted<'d> {
        Quoted::at(self.document.text(), self.node.at())
    }

    /// From its first byte to the end of the document.
    fn rest(self) -> &'d [u8] {
        self.document.text().get(self.node.at()..).unwrap_or_default()
    }

    /// A number, a boolean or null.
    fn word(self) -> &'d [u8] {
        let is_of_it = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let rest = self.rest();
        rest.split(|byte| !is_of_it(byte)).next().unwrap_or(rest)
    }

    /// An array or an object.
    fn whole(self) -> &'d [u8] {
        let rest = self.rest();
        let mut scanner = Scanner::new(rest, Rules::Tolerant);
        let mut depth = 0_usize;
        loop {
            match scanner.next() {
                Ok(Event::Open(..)) => depth += 1,
                Ok(Event::Close) if depth == 1 => return rest.get(..scanner.position()).unwrap_or_default(),
                Ok(Event::Close) => depth -= 1,
                Ok(Event::Name(_) | Event::Scalar(..)) => {}
                // It was read before.
                Ok(Event::End) | Err(_) => return rest,
            }
        }
    }
}

/// A value as text.
#[derive(Clone, Copy)]
pub(crate) enum Text<'d> {
    Quoted(Quoted<'d>),
    Received(&'d [u8]),
}

impl Text<'_> {
    /// Gives it to `take`, in pieces.
    pub(crate) fn each(self, mut take: impl FnMut(&[u8])) {
        match self {
            Self::Quoted(quoted) => quoted.each(take),
            Self::Received(bytes) => take(bytes),
        }
    }

    /// In bytes.
    pub(crate) fn length(self) -> usize {
        let mut length = 0;
        self.each(|piece| length += piece.len());
        length
    }
}

/// A NUL would end it: as other things that are no characters to C it becomes U+FFFD.
fn c_string(text: Text<'_>) -> CString {
    let mut nuls = 0;
    text.each(|piece| nuls += piece.iter().filter(|byte| **byte == 0).count());
    // In one piece of the right size: a vector that grows leaves copies.
    let mut bytes = Vec::with_capacity(text.length() + 2 * nuls + 1);
    text.each(|piece| match piece {
        [0] => bytes.extend_from_slice("\u{fffd}".as_bytes()),
        piece => bytes.extend_from_slice(piece),
    });
    CString::new(bytes).unwrap_or_default()
}

fn of_another_type(wanted: &str) -> Error {
    Error::new(Status::NoValue, "json-type", format!("the value is no {wanted}"))
}

fn out_of_range(message: &'static str) -> Error {
    Error::new(Status::NoValue, "json-range", message)
}
