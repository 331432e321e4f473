//! Strings for C programs: copied out of the text when they are first asked for, and there as long as the document.
//!
//! A document may have a million values, of which a program asks for a few. So the places for their copies are made a
//! page at a time. Nobody waits for anybody: of two threads that copy the same string at once, one's copy is dropped.

use std::ffi::{CStr, CString};

use once_cell::race::OnceBox;

const PAGE: usize = 256;

pub(super) struct Copies {
    pages: Vec<OnceBox<[OnceBox<CString>; PAGE]>>,
}

impl Copies {
    /// For so many values.
    pub(super) fn new(count: usize) -> Self {
        Self { pages: (0..count.div_ceil(PAGE)).map(|_| OnceBox::new()).collect() }
    }

    /// The copy that belongs to a place; `make` is called if there is none yet.
    pub(super) fn get_or_make(&self, place: usize, make: impl FnOnce() -> CString) -> &CStr {
        let page =
            self.pages.get(place / PAGE).map(|page| page.get_or_init(|| Box::new([const { OnceBox::new() }; PAGE])));
        let entry = page.and_then(|page| page.get(place % PAGE));
        entry.map_or(c"", |entry| entry.get_or_init(|| Box::new(make())))
    }
}
