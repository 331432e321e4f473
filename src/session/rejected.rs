//! The last tokens that this process saw rejected.

use crate::token::Fingerprint;

const KEPT: usize = 8;

/// A small ring: a token that was pushed out is long replaced.
#[derive(Default)]
pub(super) struct Rejected {
    ring: [Option<Fingerprint>; KEPT],
    oldest: usize,
}

impl Rejected {
    pub(super) fn add(&mut self, fingerprint: Fingerprint) {
        if self.contains(&fingerprint) {
            return;
        }
        if let Some(place) = self.ring.get_mut(self.oldest) {
            *place = Some(fingerprint);
        }
        self.oldest = (self.oldest + 1) % KEPT;
    }

    pub(super) fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.ring.iter().flatten().any(|known| known == fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_eight_are_kept_and_counted_once() {
        let of = |number: u8| Fingerprint::of(&[number]);
        let mut rejected = Rejected::default();
        for number in 0..8 {
            rejected.add(of(number));
            rejected.add(of(number));
        }
        assert!((0..8).all(|number| rejected.contains(&of(number))));
        rejected.add(of(8));
        assert!(!rejected.contains(&of(0)) && (1..=8).all(|number| rejected.contains(&of(number))));
    }
}
