//! Who holds a lock.

use crate::error::{Error, Result, Status};
use crate::random;

/// A word that one flight has and nobody else: 32 hexadecimal digits. It is the same however often the flight asks for
/// the lock, so that a store that gave it and could not say so may give it again.
#[derive(Clone)]
pub(crate) struct Owner(String);

impl Owner {
    pub(crate) fn random() -> Result<Self> {
        let none = || Error::new(Status::Internal, "random", "the system gives no random numbers");
        let bytes = random::bytes::<16>().ok_or_else(none)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_word_of_its_own() {
        let (one, two) = (Owner::random().expect("random"), Owner::random().expect("random"));
        for owner in [&one, &two] {
            assert!(owner.0.len() == 32 && owner.0.bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", owner.0);
        }
        assert_ne!(one.0, two.0);
    }
}
