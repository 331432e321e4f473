//! The last tokens that this process saw rejected.

use crate::token::Fingerprint;

const KEPT: usize = 8;

/// At most eight marks, the oldest first. A token whose mark is dropped has been replaced long ago.
#[derive(Default)]
pub(super) struct Rejected(Vec<Fingerprint>);

impl Rejected {
    /// Marks a token. The mark of the one in hand is never given up for another. Else a caller that rejects eight other
    /// strings would bring a rejected token back into use.
    pub(super) fn add(&mut self, fingerprint: Fingerprint, in_hand: Option<Fingerprint>) {
        if self.contains(&fingerprint) {
            return;
        }
        if self.0.len() >= KEPT {
            if let Some(oldest) = self.0.iter().position(|known| Some(*known) != in_hand) {
                self.0.remove(oldest);
            }
        }
        self.0.push(fingerprint);
    }

    /// The service has issued the token once more: it is good.
    pub(super) fn remove(&mut self, fingerprint: &Fingerprint) {
        self.0.retain(|known| known != fingerprint);
    }

    pub(super) fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.0.contains(fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: u8) -> Fingerprint {
        Fingerprint::of(&[number])
    }

    #[test]
    fn the_last_eight_are_kept_and_counted_once() {
        let mut rejected = Rejected::default();
        for number in 0..8 {
            rejected.add(of(number), None);
            rejected.add(of(number), None);
        }
        assert!((0..8).all(|number| rejected.contains(&of(number))));
        rejected.add(of(8), None);
        assert!(!rejected.contains(&of(0)) && (1..=8).all(|number| rejected.contains(&of(number))));
        rejected.remove(&of(5));
        assert!(!rejected.contains(&of(5)) && rejected.contains(&of(4)));
    }

    #[test]
    fn the_mark_of_the_token_in_hand_is_never_lost() {
        let mut rejected = Rejected::default();
        for number in 0..100 {
            rejected.add(of(number), Some(of(0)));
        }
        assert!(rejected.contains(&of(0)) && (93..100).all(|number| rejected.contains(&of(number))));
        assert_eq!(rejected.0.len(), KEPT);
    }
}
