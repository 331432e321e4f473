//! The allocator of the shared and the static library: the system's, but every block is wiped before it is given
//! back, also the old block of a `realloc`.
//!
//! Tokens and passwords pass through buffers of ureq-proto, rustls and serde_json. The library cannot wipe these itself,
//! but its allocator sees each of them when it is freed.

use std::alloc::{GlobalAlloc, Layout, System};

use zeroize::optimization_barrier;

struct Wiping<A>(A);

// `personr_bench_unwiped` is for `make bench` alone, which says what wiping costs: never for use.
#[cfg_attr(not(personr_bench_unwiped), global_allocator)]
#[cfg_attr(personr_bench_unwiped, allow(dead_code))]
static ALLOCATOR: Wiping<System> = Wiping(System);

// SAFETY: every block comes from the inner allocator and goes back to it with its own layout. `realloc` is the default
// one of the trait: allocate, copy, `dealloc`.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Wiping<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the inner allocator asks for.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`. Not the default of the trait, which would write to pages that are zero already.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is `layout.size()` bytes that the caller gives up, initialised or not.
        unsafe {
            // Not byte by byte, as `zeroize` does it: buffers of 64 KiB come by here.
            block.write_bytes(0, layout.size());
            // Without this the compiler may leave out the write, since the block is freed.
            optimization_barrier(&block);
            self.0.dealloc(block, layout);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts the bytes that are not zero in the blocks that it gets back.
    #[derive(Default)]
    struct Inspecting {
        residue: AtomicUsize,
        blocks: AtomicUsize,
    }

    // SAFETY: the system's allocator, but for a look at blocks that the test has written in full.
    unsafe impl GlobalAlloc for Inspecting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: passed on.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            let residue = (0..layout.size())
                // SAFETY: within the block, which the test has written in full and `Wiping` again.
                .filter(|&at| unsafe { block.add(at).read() } != 0)
                .count();
            self.residue.fetch_add(residue, Ordering::Relaxed);
            self.blocks.fetch_add(1, Ordering::Relaxed);
            // SAFETY: passed on.
            unsafe { System.dealloc(block, layout) }
        }
    }

    #[test]
    fn blocks_are_wiped_when_freed_and_when_moved() {
        let wiping = Wiping(Inspecting::default());
        let small = Layout::from_size_align(100, 8).expect("a valid layout");
        let large = Layout::from_size_align(200, 8).expect("a valid layout");
        // SAFETY: blocks of the layouts that they are given back with, written in full.
        unsafe {
            let block = wiping.alloc(small);
            block.write_bytes(0xA5, small.size());
            let moved = wiping.realloc(block, small, large.size());
            assert_eq!(moved.read(), 0xA5, "the contents move along");
            moved.write_bytes(0xA5, large.size());
            wiping.dealloc(moved, large);
        }
        assert_eq!(wiping.0.blocks.load(Ordering::Relaxed), 2);
        assert_eq!(wiping.0.residue.load(Ordering::Relaxed), 0);
    }
}
