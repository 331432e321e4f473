//! The atomics of `published`. They have a module of their own, so that its model (`tests/models/published.rs`) can put
//! others in their place.

pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::atomic::{AtomicI64, AtomicU64, Ordering, fence};
