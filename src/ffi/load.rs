//! What is done when the library is loaded, before any thread can be in it.
//!
//! ureq keeps a lazy value behind a `Once`. A child that is forked while another thread makes it waits for that
//! thread, which the child does not have, for ever. So it is made here.

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
#[used]
#[unsafe(link_section = ".init_array")]
static LOAD: extern "C" fn() = load;

#[cfg(target_vendor = "apple")]
#[used]
#[unsafe(link_section = "__DATA,__mod_init_func")]
static LOAD: extern "C" fn() = load;

extern "C" fn load() {
    // Nothing in it panics; if it did, a panic must not leave a loader's call.
    let _ = std::panic::catch_unwind(crate::transport::warm_up);
}
