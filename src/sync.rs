//! The atomics of `published`, in a module of their own: its model (`tests/models/published.rs`) puts others in their
//! place.

pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::atomic::{AtomicI64, AtomicU64, Ordering, fence};
