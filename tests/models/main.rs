//! Models, which are tried in every order of their steps. `published.rs` is a test program of its own: it needs loom in
//! place of the standard library's atomics.

mod sharing;
