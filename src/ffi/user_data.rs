//! The user data of callbacks, and who owns them.

use std::ffi::c_void;
use std::sync::Arc;

use super::boundary::in_callback;
use super::callback_types::personr_user_data_free_fn;

/// The pointer that the application gets back in each callback. The library never looks at what it points to.
#[derive(Clone, Copy)]
pub(super) struct Pointer(*mut c_void);

// SAFETY: the library only passes the pointer back, and the header asks that every callback that gets it, and the one
// that frees it, may be called on any thread.
unsafe impl Send for Pointer {}
// SAFETY: as above; the header also asks that the callbacks may run on several threads at once.
unsafe impl Sync for Pointer {}

impl Pointer {
    pub(super) fn get(self) -> *mut c_void {
        self.0
    }
}

/// Frees the user data, once, when its last owner goes.
pub(super) struct UserData {
    pointer: Pointer,
    free: personr_user_data_free_fn,
}

impl UserData {
    /// # Safety
    /// `free` may be called with `pointer`, on any thread, as soon as the value is gone.
    pub(super) unsafe fn new(pointer: *mut c_void, free: personr_user_data_free_fn) -> Arc<Self> {
        Arc::new(Self { pointer: Pointer(pointer), free })
    }

    pub(super) fn pointer(&self) -> Pointer {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: promised to `new`; a value is dropped once.
            in_callback(|| unsafe { free(self.pointer.get()) });
        }
    }
}

/// The user data that an options object or a handle owns. The callbacks themselves own none. In a forked child, a call
/// that a thread of the parent was in the middle of holds its callbacks for ever; the child must free its copy of the
/// data nevertheless.
#[derive(Clone, Default)]
pub(super) struct Owned {
    pub(super) store: Option<Arc<UserData>>,
    pub(super) credentials: Option<Arc<UserData>>,
    pub(super) log: Option<Arc<UserData>>,
}
