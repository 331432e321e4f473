//! Runs when the library is loaded, before any thread can call it.
//!
//! ureq keeps a lazy value behind a `Once`. If a child is forked while another thread makes this value, the child waits
//! for that thread for ever, since it does not have it. So the value is made here.

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
#[used]
#[unsafe(link_section = ".init_array")]
static LOAD: extern "C" fn() = load;

#[cfg(target_vendor = "apple")]
#[used]
#[unsafe(link_section = "__DATA,__mod_init_func")]
static LOAD: extern "C" fn() = load;

extern "C" fn load() {
    // Nothing here panics. If it did, the panic must not unwind into the loader.
    let _ = std::panic::catch_unwind(crate::transport::warm_up);
}
