//! Of `src/clock.rs` what `published` needs.

#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Instant(u64);

impl Instant {
    pub(crate) const START: Self = Self(0);

    pub(crate) fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    pub(crate) fn as_nanos(self) -> u64 {
        self.0
    }
}
