//! Random bytes of the system's.

use ring::rand::{SecureRandom, SystemRandom};

/// `None` where the system has none to give: what is to be done then differs.
pub(crate) fn bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok().map(|()| bytes)
}
