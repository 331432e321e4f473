//! The index of a text: a node of 16 bytes for each value, which says where it begins and where its children are.
//!
//! The children of a value stand beside each other, so that the one of a given number is found at once. They stand before
//! their parent, and the document's value is the last node of all. The first node is no value: whoever owns the document
//! may keep a number there, by which it is found again from any of the nodes.
//!
//! Where a value ends, and which name it has, does not stand here: the text says so.

use super::members;
use super::scanner::{Event, Rules, Scanner};
use super::{Problem, Type, VALUES_MAX};

/// Where a value is. A pointer to a node is what a C program holds, so it begins as all handles do, with bits that tell
/// its type.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Node {
    /// From the highest bit: [`Node::MARK`] (32), nothing (3), the type of the value (3), its position in the text (26).
    head: u64,
    /// From the highest bit: nothing (4), the number of children (20), the place of the first (20), the place of this
    /// node (20).
    links: u64,
}

const _: () = assert!(size_of::<Node>() == 16 && super::TEXT_MAX <= 1 << 26 && VALUES_MAX < 1 << 20);

impl Node {
    /// What the head of each node begins with, in the bits of [`Node::MARK_BITS`].
    pub(crate) const MARK: u64 = 0x6a73_6f6e << 32;
    pub(crate) const MARK_BITS: u64 = 0xffff_ffff << 32;

    fn new(kind: Type, at: usize, first: usize, count: usize) -> Self {
        Self { head: Self::MARK | (kind as u64) << 26 | at as u64, links: (count as u64) << 40 | (first as u64) << 20 }
    }

    fn placed(self, place: usize) -> Self {
        Self { links: self.links | place as u64, ..self }
    }

    pub(super) fn kind(self) -> Type {
        Type::numbered(self.head >> 26 & 0b111)
    }

    pub(super) fn at(self) -> usize {
        (self.head & 0x3ff_ffff) as usize
    }

    pub(super) fn first(self) -> usize {
        (self.links >> 20 & 0xf_ffff) as usize
    }

    pub(super) fn count(self) -> usize {
        (self.links >> 40 & 0xf_ffff) as usize
    }

    /// Which of its document's nodes it is.
    pub(crate) fn place(self) -> usize {
        (self.links & 0xf_ffff) as usize
    }

    /// The number that the first of a document's nodes keeps for its owner.
    pub(crate) fn owner(self) -> u64 {
        self.links
    }

    pub(super) fn of_owner(owner: u64) -> Self {
        Self { head: Self::MARK, links: owner }
    }
}

/// A value whose siblings are not all known yet.
struct Pending {
    node: Node,
    /// Where its name is; nothing for an element of an array.
    name: u32,
}

/// An array or object whose end is not there yet.
struct Opened {
    kind: Type,
    at: usize,
    name: usize,
    /// Its first child in `pending`.
    first: usize,
}

/// Reads a text. Nothing is allocated in one piece for what the text merely claims.
pub(super) fn build(text: &[u8]) -> Result<Vec<Node>, Problem> {
    let mut scanner = Scanner::new(text, Rules::Tolerant);
    let mut builder =
        Builder { text, nodes: vec![Node::of_owner(0)], pending: Vec::new(), opened: Vec::new(), values: 0 };
    let mut name = 0;
    loop {
        match scanner.next()? {
            Event::Name(at) => name = at,
            Event::Scalar(kind, at) => {
                builder.count()?;
                builder.push(Node::new(kind, at, 0, 0), name);
            }
            Event::Open(kind, at) => {
                builder.count()?;
                let first = builder.pending.len();
                builder.opened.push(Opened { kind, at, name, first });
            }
            Event::Close => builder.close(),
            Event::End => break,
        }
    }
    builder.place_from(0);
    builder.nodes.shrink_to_fit();
    Ok(builder.nodes)
}

struct Builder<'t> {
    text: &'t [u8],
    nodes: Vec<Node>,
    pending: Vec<Pending>,
    opened: Vec<Opened>,
    values: usize,
}

impl Builder<'_> {
    /// Each value counts, also one that a doubled name puts out of effect.
    fn count(&mut self) -> Result<(), Problem> {
        self.values += 1;
        if self.values > VALUES_MAX { Err(Problem::TooLarge) } else { Ok(()) }
    }

    fn push(&mut self, node: Node, name: usize) {
        self.pending.push(Pending { node, name: name as u32 });
    }

    fn close(&mut self) {
        let Some(Opened { kind, at, name, first }) = self.opened.pop() else { return };
        if kind == Type::Object {
            self.keep_the_last_of_doubled(first);
        }
        let place = self.nodes.len();
        let count = self.place_from(first);
        self.push(Node::new(kind, at, place, count), name);
    }

    /// The values from `first` on are all that there are beside each other: they get their places. Returns how many.
    fn place_from(&mut self, first: usize) -> usize {
        let before = self.nodes.len();
        let children = self.pending.drain(first..).zip(before..);
        self.nodes.extend(children.map(|(child, place)| child.node.placed(place)));
        self.nodes.len() - before
    }

    fn keep_the_last_of_doubled(&mut self, first: usize) {
        let names = self.pending.iter().skip(first).map(|child| child.name);
        if names.len() < 2 {
            return;
        }
        let doubled = members::doubled(self.text, names);
        if !doubled.is_empty() {
            let children = self.pending.split_off(first).into_iter().zip(0..);
            self.pending.extend(children.filter(|(_, at)| doubled.binary_search(at).is_err()).map(|(child, _)| child));
        }
    }
}
