//! Another static library in Rust, with a standard library of its own: it links beside libpersonr.a in both orders.

use std::collections::HashMap;

/// Uses enough of the standard library to bring its allocator, panics and formatting.
#[unsafe(no_mangle)]
pub extern "C" fn other_answer() -> i32 {
    let map: HashMap<String, i32> = (0..10).map(|number| (format!("{number}"), number)).collect();
    std::panic::catch_unwind(|| map.values().sum()).unwrap_or(-1)
}
