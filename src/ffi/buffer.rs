use std::mem::MaybeUninit;
use std::slice;

use super::strings::Output;
use crate::error::{Error, Result, Status};

/// A caller's buffer, which is filled piece by piece. What it has no room for is counted.
pub(super) struct Buffer<'a> {
    bytes: &'a mut [MaybeUninit<u8>],
    length: usize,
}

impl Buffer<'_> {
    /// # Safety
    /// `buffer` is NULL, or `capacity` bytes that nobody else uses as long as the buffer is. They need not be
    /// initialised.
    pub(super) unsafe fn new(parameter: &str, buffer: *mut u8, capacity: usize) -> Result<Self> {
        if capacity == 0 {
            return Ok(Self { bytes: &mut [], length: 0 });
        }
        if buffer.is_null() {
            return Err(Error::argument(parameter, "it is NULL and the capacity is not 0"));
        }
        // No object is longer.
        let capacity = capacity.min(isize::MAX as usize);
        // SAFETY: promised by the caller, and not longer than a slice may be.
        Ok(Self { bytes: unsafe { slice::from_raw_parts_mut(buffer.cast(), capacity) }, length: 0 })
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            for (place, byte) in place.iter_mut().zip(bytes) {
                place.write(*byte);
            }
        }
        self.length = end;
    }

    /// Tells the length, and whether all found room; `terminator` bytes of it are not counted.
    pub(super) fn finish(self, terminator: usize, length_out: &Output<usize>) -> Result<()> {
        let length = self.length.saturating_sub(terminator);
        length_out.set(length);
        if self.length <= self.bytes.len() {
            return Ok(());
        }
        let nul = if terminator > 0 { " with its NUL" } else { "" };
        let message = format!("buffer: the value needs {} bytes{nul}", self.length);
        Err(Error::new(Status::BufferTooSmall, "buffer", message))
    }
}
