//! Whether the thread may be cancelled (`pthread_cancel`).
//!
//! A cancellation that acts inside the library unwinds the frames of Rust code, which ends the process. So it is
//! switched off while a call may wait. In callbacks it is as the application had it.

use std::cell::Cell;
use std::ffi::c_int;

use system::{OFF, set};

thread_local! {
    /// What the thread had before the innermost switch; `None` outside of any.
    static FORMER: Cell<Option<c_int>> = const { Cell::new(None) };
}

/// Does `work`, in which a cancellation does not act. One that is asked for meanwhile acts at the thread's next
/// cancellation point afterwards.
pub(crate) fn uncancelled<R>(work: impl FnOnce() -> R) -> R {
    let _switch = Switch::to(OFF);
    work()
}

/// Runs a callback of the application inside of [`uncancelled`] work, with the state that the thread had before that
/// work.
pub(crate) fn as_before<R>(callback: impl FnOnce() -> R) -> R {
    let _switch = FORMER.get().map(Switch::to);
    callback()
}

/// Puts the former state back when it goes, also when a panic unwinds.
struct Switch {
    from: c_int,
    outer: Option<c_int>,
}

impl Switch {
    /// Not inlined, since every function of the C interface contains it.
    #[inline(never)]
    fn to(state: c_int) -> Self {
        let from = set(state);
        Self { from, outer: FORMER.replace(Some(from)) }
    }
}

impl Drop for Switch {
    #[inline(never)]
    fn drop(&mut self) {
        FORMER.set(self.outer);
        set(self.from);
    }
}

mod system {
    use std::ffi::c_int;

    /// `PTHREAD_CANCEL_DISABLE`, which the `libc` crate has for few systems.
    pub(super) const OFF: c_int = if cfg!(target_vendor = "apple") { 0 } else { 1 };

    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, former: *mut c_int) -> c_int;
    }

    /// Returns what was set before.
    pub(super) fn set(state: c_int) -> c_int {
        // This stays if the call fails, which it does only for an unknown state.
        let mut former = state;
        // SAFETY: the pointer is to a number of our own. To switch it off lets nothing act. To switch it on again may
        // let a thread of asynchronous type be cancelled in here, which POSIX allows to call this function and two
        // others, and no library.
        unsafe { pthread_setcancelstate(state, &mut former) };
        former
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: c_int = 1 - OFF;

    fn state() -> c_int {
        let state = set(OFF);
        set(state);
        state
    }

    #[test]
    fn cancellation_is_off_in_the_work_and_as_before_in_callbacks_and_afterwards() {
        for before in [ON, OFF] {
            set(before);
            uncancelled(|| {
                assert_eq!(state(), OFF);
                as_before(|| {
                    assert_eq!(state(), before);
                    // A callback may call the library again.
                    uncancelled(|| {
                        assert_eq!(state(), OFF);
                        as_before(|| assert_eq!(state(), before));
                    });
                    assert_eq!(state(), before);
                });
                assert_eq!(state(), OFF);
            });
            assert_eq!(state(), before);
            as_before(|| assert_eq!(state(), before));
        }
    }

    #[test]
    fn a_panic_restores_the_former_state() {
        set(ON);
        let panicked = std::panic::catch_unwind(|| uncancelled(|| panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!((state(), FORMER.get()), (ON, None));
    }
}
