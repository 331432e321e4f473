//! Random bytes from the system.

use ring::rand::{SecureRandom, SystemRandom};

/// `None` if the system has none to give. What that means differs from caller to caller.
pub(crate) fn bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok().map(|()| bytes)
}
