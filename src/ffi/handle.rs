//! Handles: the pointers that a C program holds, and the word at their beginning that tells their types.
//!
//! A cast, or a language with one type for all pointers, can bring a handle of one type to a function of another. To
//! read the one as the other would be undefined behaviour, so every function looks at the word first, by one of the
//! functions here.
//!
//! A new type of handle is declared like this. Without `repr(C)` the word might not stand first.
//!
//! ```text
//! #[cfg_attr(feature = "capi", repr(C))] // not seen by cbindgen: to a C program the type is opaque
//! pub struct personr_thing {
//!     _type: TypeWord<Self>,
//!     value: Thing,
//! }
//!
//! // SAFETY: the type is `repr(C)` and begins with its word.
//! unsafe impl Handle for personr_thing {
//!     const NAME: &'static str = "personr_thing";
//! }
//! ```
//!
//! A freed handle is not recognised for sure: its memory may hold anything by then.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::boundary::quietly;
use crate::error::{Error, Result};

/// A type of handle.
///
/// # Safety
/// The type is `repr(C)`, and its first field is a [`TypeWord`] of itself, or another `u64` that has `WORD` in its `BITS`.
pub(super) unsafe trait Handle: Sized {
    /// As in the header. No two types have the same.
    const NAME: &'static str;
    /// Made of the name, so that types need no list of numbers; what is no handle has it by chance only.
    const WORD: u64 = fnv1a(Self::NAME.as_bytes());
    /// The bits of the word that tell the type. One of whose handles there are many may use the others for itself.
    const BITS: u64 = u64::MAX;
}

/// The first field of a handle.
#[repr(transparent)]
pub(super) struct TypeWord<T> {
    _word: u64,
    of: PhantomData<fn() -> T>,
}

impl<T: Handle> TypeWord<T> {
    pub(super) const fn new() -> Self {
        Self { _word: T::WORD, of: PhantomData }
    }
}

/// The hash of Fowler, Noll and Vo, with 64 bits.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let (mut hash, mut rest) = (0xcbf2_9ce4_8422_2325_u64, bytes);
    while let [byte, behind @ ..] = rest {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = behind;
    }
    hash
}

/// Whether this is a handle of that type.
///
/// # Safety
/// `pointer` is a live handle of this library, of any type.
#[inline(always)]
unsafe fn is_of_its_type<T: Handle>(pointer: NonNull<T>) -> bool {
    // SAFETY: a handle of any type begins with such a word, which never changes.
    unsafe { (pointer.cast::<u64>().read() ^ T::WORD) & T::BITS == 0 }
}

/// The handle, or what is wrong with it.
///
/// It is inlined, whatever the optimiser thinks of its size: each hand-out of a token comes through here.
///
/// # Safety
/// `pointer` is NULL or a live handle of this library, of any type.
#[inline(always)]
unsafe fn checked<T: Handle>(parameter: &str, pointer: *mut T) -> Result<NonNull<T>> {
    match NonNull::new(pointer) {
        // SAFETY: promised by the caller.
        Some(pointer) if unsafe { is_of_its_type(pointer) } => Ok(pointer),
        Some(_) => Err(is_of_another_type(parameter, T::NAME)),
        None => Err(is_null(parameter)),
    }
}

#[cold]
#[inline(never)]
fn is_of_another_type(parameter: &str, name: &str) -> Error {
    Error::argument(parameter, &format!("it is not a {name}, but a handle of another type"))
}

#[cold]
#[inline(never)]
fn is_null(parameter: &str) -> Error {
    Error::argument(parameter, "it is NULL")
}

/// What a handle points to.
///
/// # Safety
/// `pointer` is NULL or a live handle of this library, of any type.
#[inline(always)]
pub(super) unsafe fn handle<'a, T: Handle>(parameter: &str, pointer: *const T) -> Result<&'a T> {
    // SAFETY: promised by the caller; its type is checked.
    unsafe { checked(parameter, pointer.cast_mut()).map(|pointer| pointer.as_ref()) }
}

/// What a handle points to, for changes.
///
/// # Safety
/// `pointer` is NULL or a live handle of this library, of any type, that nobody else uses during the call.
pub(super) unsafe fn handle_mut<'a, T: Handle>(parameter: &str, pointer: *mut T) -> Result<&'a mut T> {
    // SAFETY: promised by the caller; its type is checked.
    unsafe { checked(parameter, pointer).map(|mut pointer| pointer.as_mut()) }
}

/// For a parameter that may be NULL.
///
/// # Safety
/// As [`handle`].
pub(super) unsafe fn optional_handle<'a, T: Handle>(parameter: &str, pointer: *const T) -> Result<Option<&'a T>> {
    // SAFETY: promised by the caller.
    if pointer.is_null() { Ok(None) } else { unsafe { handle(parameter, pointer) }.map(Some) }
}

/// For functions that cannot report: `None` for NULL and for a handle of another type.
///
/// # Safety
/// As [`handle`].
pub(super) unsafe fn known_handle<'a, T: Handle>(pointer: *const T) -> Option<&'a T> {
    let pointer = NonNull::new(pointer.cast_mut())?;
    // SAFETY: promised by the caller; its type is checked.
    unsafe { if is_of_its_type(pointer) { Some(pointer.as_ref()) } else { None } }
}

/// Makes a handle of a value, for [`free`] to end.
pub(super) fn boxed<T: Handle>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Ends a handle. Does nothing with NULL and with a handle of another type, which leaks then.
///
/// # Safety
/// `pointer` is NULL or a live handle of this library, of any type; if of this type, it came from [`boxed`] and is not
/// used again.
pub(super) unsafe fn free<T: Handle>(pointer: *mut T) {
    // SAFETY: promised by the caller.
    let Some(pointer) = NonNull::new(pointer).filter(|pointer| unsafe { is_of_its_type(*pointer) }) else { return };
    // SAFETY: promised by the caller; its type is checked.
    quietly((), || drop(unsafe { Box::from_raw(pointer.as_ptr()) }));
}

#[cfg(test)]
mod tests {
    use std::ptr::{null, null_mut};
    use std::sync::Arc;

    use super::*;

    #[repr(C)]
    struct Apple {
        _type: TypeWord<Self>,
        counted: Arc<u8>,
    }

    // SAFETY: the type is `repr(C)` and begins with its word.
    unsafe impl Handle for Apple {
        const NAME: &'static str = "apple";
    }

    #[repr(C)]
    struct Pear {
        _type: TypeWord<Self>,
    }

    // SAFETY: as above.
    unsafe impl Handle for Pear {
        const NAME: &'static str = "pear";
    }

    #[test]
    fn a_handle_is_known_by_its_word() {
        let counted = Arc::new(7);
        let apple = boxed(Apple { _type: TypeWord::new(), counted: Arc::clone(&counted) });
        let pear = apple.cast::<Pear>();
        // SAFETY: there are NULL and a live handle, once as what it is not.
        unsafe {
            let message = |result: Result<&Pear>| result.err().map(|error| error.message().to_owned());
            assert_eq!(handle("fruit", apple).map(|apple| *apple.counted), Ok(7));
            assert_eq!(message(handle("fruit", pear)).as_deref(), Some(PROBLEM));
            assert_eq!(message(handle("fruit", null::<Pear>())).as_deref(), Some("fruit: it is NULL"));
            assert_eq!(message(handle_mut("fruit", pear).map(|pear| &*pear)).as_deref(), Some(PROBLEM));
            assert!(matches!(optional_handle("fruit", null::<Apple>()), Ok(None)));
            assert!(matches!(optional_handle("fruit", apple), Ok(Some(_))));
            assert!(optional_handle("fruit", pear).is_err());
            assert!(
                known_handle(apple).is_some() && known_handle(pear).is_none() && known_handle(null::<Pear>()).is_none()
            );
            free(pear);
            free(null_mut::<Apple>());
            assert_eq!(Arc::strong_count(&counted), 2, "only as what it is");
            free(apple);
            assert_eq!(Arc::strong_count(&counted), 1);
        }
    }

    const PROBLEM: &str = "fruit: it is not a pear, but a handle of another type";

    #[test]
    fn the_words_are_the_hashes_of_their_names() {
        // From the reference of the hash: http://www.isthe.com/chongo/tech/comp/fnv/
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        assert_ne!(Apple::WORD, Pear::WORD);
    }
}
