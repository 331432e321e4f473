//! Bytes that are taken from the front and added at the end, wiped when they are dropped.

use zeroize::optimization_barrier;

pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { bytes: vec![0; capacity], start: 0, end: 0 }
    }

    pub(super) fn filled(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The room at the end.
    pub(super) fn room(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// Makes all room that there is stand at the end, and as much of it as `capacity` allows if there is none.
    pub(super) fn make_room(&mut self, capacity: usize) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.bytes.len() && self.end < capacity {
            let mut larger = Self::with_capacity(capacity);
            larger.bytes.get_mut(..self.end).unwrap_or_default().copy_from_slice(self.filled());
            larger.end = self.end;
            *self = larger;
        }
    }

    /// Counts so many bytes of the room as filled.
    pub(super) fn added(&mut self, count: usize) {
        self.end = (self.end + count).min(self.bytes.len());
    }

    pub(super) fn taken(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // Not by `zeroize`, which goes byte by byte.
        self.bytes.fill(0);
        // What is written before a free would else be left out.
        optimization_barrier(&self.bytes);
    }
}
