//! JSON that may be untidy, as the service's is, and values in it that are named by JSON pointers (RFC 6901).
//!
//! A [`Document`] is an index over the bytes that were received, and no copy of them: `scanner` reads the grammar,
//! `index` notes 16 bytes for each value. What a value *is* (`strings`, `numbers`, `base64`) is read from the text when
//! somebody asks. So an image of megabytes costs one look for its closing quote, and stands in memory once.
//!
//! A document never changes, but for the copies of strings that C programs get (`copies`), which are added without a
//! lock.

mod base64;
mod copies;
mod index;
mod members;
mod numbers;
mod pointer;
mod scanner;
mod strings;
mod value;

use std::sync::Arc;

use crate::error::{Error, Result, Status};
use copies::Copies;
use scanner::{Event, Rules, Scanner};

pub(crate) use index::Node;
// For the C interface alone.
#[cfg_attr(not(feature = "capi"), allow(unused_imports))]
pub(crate) use pointer::Pointer;
pub(crate) use value::Value;

/// The longest text, in bytes.
pub(crate) const TEXT_MAX: usize = 64 * 1024 * 1024;
/// How many values a text may have.
const VALUES_MAX: usize = 1_000_000;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Null = 1,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    fn numbered(number: u64) -> Self {
        match number {
            2 => Self::Boolean,
            3 => Self::Number,
            4 => Self::String,
            5 => Self::Array,
            6 => Self::Object,
            _ => Self::Null,
        }
    }
}

/// Why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    /// Something else was expected at this byte.
    Syntax(usize),
    Depth,
    TooLarge,
}

impl From<Problem> for Error {
    /// The text itself is not repeated: it may be somebody's data.
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Syntax(at) => Self::new(Status::Protocol, "json", format!("the text is no JSON (byte {at})")),
            Problem::Depth => {
                Self::new(Status::Protocol, "json-depth", "more than 128 arrays and objects are within each other")
            }
            Problem::TooLarge => Self::new(
                Status::Protocol,
                "too-large",
                "the text is longer than 64 MiB, or has more than a million values",
            ),
        }
    }
}

/// The bytes of a document: whoever received them may go on to own them.
pub(crate) type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A text that was read.
pub(crate) struct Document {
    text: Bytes,
    /// See [`index`]. None of them moves or changes any more.
    nodes: Vec<Node>,
    strings: Copies,
    names: Copies,
}

impl Document {
    /// Reads a text, which must stay as it is.
    pub(crate) fn parse(text: Bytes) -> Result<Self> {
        let bytes = (*text).as_ref();
        if bytes.len() > TEXT_MAX {
            return Err(Problem::TooLarge.into());
        }
        let nodes = index::build(bytes)?;
        let (strings, names) = (Copies::new(nodes.len()), Copies::new(nodes.len()));
        Ok(Self { text, nodes, strings, names })
    }

    /// Reads a copy of a text.
    pub(crate) fn parse_copy(text: &[u8]) -> Result<Self> {
        // Before it is copied.
        if text.len() > TEXT_MAX {
            return Err(Problem::TooLarge.into());
        }
        Self::parse(Arc::new(text.to_vec()))
    }

    /// Keeps a number in the first node, which stands beside all others: see [`Node::owner`].
    pub(crate) fn set_owner(&mut self, owner: u64) {
        if let Some(first) = self.nodes.first_mut() {
            *first = Node::of_owner(owner);
        }
    }

    /// Its nodes, as they stand beside each other. The last one is that of the whole.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The whole.
    pub(crate) fn root(&self) -> Option<Value<'_>> {
        self.nodes.last().map(|node| Value::new(self, *node))
    }

    /// The value whose node has this place.
    pub(crate) fn value(&self, place: usize) -> Option<Value<'_>> {
        self.nodes.get(place).map(|node| Value::new(self, *node))
    }

    fn text(&self) -> &[u8] {
        (*self.text).as_ref()
    }
}

/// Whether a text is JSON as RFC 8259 has it, with 128 arrays and objects within each other at most.
pub(crate) fn check_strict(text: &[u8]) -> Result<()> {
    if let Err(error) = std::str::from_utf8(text) {
        return Err(Problem::Syntax(error.valid_up_to()).into());
    }
    let mut scanner = Scanner::new(text, Rules::Strict);
    while scanner.next()? != Event::End {}
    Ok(())
}

#[cfg(test)]
#[path = "json/base64_tests.rs"]
mod base64_tests;
#[cfg(test)]
#[path = "json/grammar_tests.rs"]
mod grammar_tests;
#[cfg(test)]
#[path = "json/json_tests.rs"]
mod tests;
