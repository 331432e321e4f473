//! Starts threads of the library: with a stack of a known size, and with all signals blocked.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::thread;

/// Starts a thread that has `stack` bytes for itself. Nobody waits for its end. No signal handler of the application
/// ever runs on it.
pub(crate) fn start(name: &str, stack: usize, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = thread::Builder::new().name(name.to_owned()).stack_size(stack.saturating_add(taken_by_the_system()));
    with_signals_blocked(|| builder.spawn(work)).map(drop)
}

/// What the system takes out of each thread's stack. glibc puts the application's static `__thread` variables there, of
/// which there may be more than the stack is long; the standard library asks for no more than that they fit.
#[cfg(target_env = "gnu")]
fn taken_by_the_system() -> usize {
    // Private to glibc and its threads, and there since 2.15; the standard library uses it in the same way.
    // SAFETY: the name ends with NUL.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"__pthread_get_minstack".as_ptr()) };
    if found.is_null() {
        return libc::PTHREAD_STACK_MIN;
    }
    type MinStack = unsafe extern "C" fn(*const libc::pthread_attr_t) -> libc::size_t;
    // SAFETY: in every glibc that has it the function is of this type.
    let min_stack = unsafe { std::mem::transmute::<*mut libc::c_void, MinStack>(found) };
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::zeroed();
    // SAFETY: the attributes are ours, set by `init` before they are read, and destroyed once. Those of a call that
    // failed (for want of memory) are not read.
    unsafe {
        if libc::pthread_attr_init(attributes.as_mut_ptr()) != 0 {
            return libc::PTHREAD_STACK_MIN;
        }
        let taken = min_stack(attributes.as_ptr());
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        taken
    }
}

/// What the system takes out of each thread's stack: its own records. Variables of threads stand elsewhere on these
/// systems.
#[cfg(not(target_env = "gnu"))]
fn taken_by_the_system() -> usize {
    libc::PTHREAD_STACK_MIN
}

/// Runs `start` with all signals blocked. A thread that is started in it inherits the mask.
fn with_signals_blocked<R>(start: impl FnOnce() -> R) -> R {
    struct Restore(libc::sigset_t);
    impl Drop for Restore {
        fn drop(&mut self) {
            // SAFETY: the set is the one that `pthread_sigmask` gave us.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, ptr::null_mut()) };
        }
    }
    let mut all = MaybeUninit::<libc::sigset_t>::zeroed();
    let mut former = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: both pointers are to sets of our own; a zeroed sigset_t is a valid, empty set, so `former` is valid
    // even if the call fails (which it cannot with SIG_SETMASK).
    let _restore = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), former.as_mut_ptr());
        Restore(former.assume_init())
    };
    start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_blocked_inside_and_as_before_outside() {
        let is_blocked = || {
            let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
            // SAFETY: asks for the mask of this thread; the set is ours.
            unsafe {
                libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), set.as_mut_ptr());
                libc::sigismember(set.as_ptr(), libc::SIGUSR1) == 1
            }
        };
        let before = is_blocked();
        assert!(with_signals_blocked(is_blocked));
        assert_eq!(is_blocked(), before);
    }
}
