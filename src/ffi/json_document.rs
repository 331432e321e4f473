use std::ptr;

use super::handle::Handle;
use crate::json::{Document, Node, Value};

/// A value of a JSON document: the whole of it, or a part.
///
/// Every function takes a value and a JSON pointer (RFC 6901), which says where to go from there: "" is the value
/// itself, "/response/base64/0" the first element of the member "base64" of the member "response". In a name "~1"
/// stands for "/" and "~0" for "~"; blanks and capitals count: "/result/Created Date". A pointer that is no such thing
/// ("response", "/a~2") is #PERSONR_INVALID_ARGUMENT; one that leads nowhere is #PERSONR_NO_VALUE, reason
/// "json-missing", as is an element "01", "-" or after the last. NULL stands for a value that is missing, so calls can
/// be nested. For a missing value and for a malformed pointer, a function that returns no status returns what it
/// returns for NULL.
///
/// What personr_json_parse() makes is yours to free. Every other personr_json is borrowed from the document that it is
/// a part of, costs nothing, and is valid as long as that is.
///
/// Documents are read as RFC 8259 says, and as the service writes them: also with a comma after the last element or
/// member, with none before a member's name, with a byte order mark, with raw control characters in a string (but no
/// NUL), with bytes that are not UTF-8 and with halves of surrogate pairs (each becomes U+FFFD). At most 64 MiB,
/// 1,000,000 values, and 128 arrays and objects within each other. If a name is doubled, the last of these members
/// counts and the others are not there.
///
/// A document is an index over its text, 16 bytes for each value, and never changes: any number of threads may read it
/// at once, without a lock. All functions but personr_json_free() may also be called inside a callback.
#[cfg_attr(feature = "capi", repr(transparent))]
pub struct personr_json {
    #[allow(dead_code)] // read by way of the pointer to it
    node: Node,
}

// SAFETY: the type is its node, which is `repr(C)` and begins with a `u64` that has the mark.
unsafe impl Handle for personr_json {
    const NAME: &'static str = "personr_json";
    const WORD: u64 = Node::MARK;
    const BITS: u64 = Node::MARK_BITS;
}

/// A document that C programs hold pointers into. These are pointers to its nodes, and the first of all nodes keeps the
/// address of this.
pub(super) struct Held {
    document: Document,
    /// Made by `personr_json_parse`, and so freed by the application.
    pub(super) is_applications: bool,
}

impl Held {
    pub(super) fn boxed(document: Document, is_applications: bool) -> *mut Self {
        let held = Box::into_raw(Box::new(Self { document, is_applications }));
        let address = held.expose_provenance();
        // SAFETY: it was made above, and nobody else has it.
        unsafe { (*held).document.set_owner(address as u64) };
        held
    }

    /// The handle of a value. It points into all nodes, not to its own alone: from it the first one is found.
    pub(super) fn handle(&self, value: Value<'_>) -> *const personr_json {
        self.document.nodes().as_ptr().wrapping_add(value.place()).cast()
    }

    pub(super) fn root(&self) -> *const personr_json {
        self.document.root().map_or(ptr::null(), |root| self.handle(root))
    }
}

/// What a handle of a value belongs to.
///
/// # Safety
/// `json` is a live handle of this type.
pub(super) unsafe fn held(json: *const personr_json) -> *mut Held {
    let node = json.cast::<Node>();
    // SAFETY: it points to a node that has so many nodes before it, which `Held::handle` gave it for. The first one has
    // the address of a `Held` whose provenance was exposed, and which lives as long as its handles.
    unsafe {
        let first = node.sub((*node).place());
        ptr::with_exposed_provenance_mut((*first).owner() as usize)
    }
}

/// The value that a handle stands for, and the document.
///
/// # Safety
/// As for [`held`]; the handle lives as long as `'a`.
pub(super) unsafe fn opened<'a>(json: *const personr_json) -> Option<(&'a Held, Value<'a>)> {
    // SAFETY: promised by the caller. Nobody changes it.
    unsafe {
        let held = &*held(json);
        Some((held, held.document.value((*json.cast::<Node>()).place())?))
    }
}

/// A document that another handle lends out: an answer's.
pub(super) struct Lent(*mut Held);

// SAFETY: it owns a document, which any thread may read and free.
unsafe impl Send for Lent {}
// SAFETY: as above.
unsafe impl Sync for Lent {}

impl Lent {
    pub(super) fn new(document: Document) -> Self {
        Self(Held::boxed(document, false))
    }

    /// Valid as long as this.
    pub(super) fn root(&self) -> *const personr_json {
        // SAFETY: it lives until it is dropped here.
        unsafe { &*self.0 }.root()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // SAFETY: it came from a box, and goes once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}
