//! Of `src/secret.rs` what `published` needs: where a value stands does not matter to the model.

use std::ops::Deref;

pub(crate) struct InPages<T>(T);

impl<T> InPages<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    pub(crate) fn protect_again(&self) {}
}

impl<T> Deref for InPages<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
