//! An application with callbacks: it keeps records, tells a password and takes the log, and does worse on order.

// The library calls them, as the header says.
#![allow(clippy::missing_safety_doc)]

use std::collections::HashSet;
use std::ffi::{CStr, c_char, c_void};
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::client::{Failure, Options, call};
use personr::ffi::*;
use personr_sandbox::DEFAULT_PASSWORD;

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where records are kept. Two applications with one backend are as two processes with one database.
#[derive(Default)]
pub struct Backend {
    pub record: Mutex<Vec<u8>>,
    /// Who holds the lock.
    owner: Mutex<Option<String>>,
    unlocked: Condvar,
}

impl Backend {
    pub fn is_locked(&self) -> bool {
        self.owner.lock().expect("no panic").is_some()
    }

    fn lock(&self, owner: String, wait: Duration) -> i32 {
        let holder = self.owner.lock().expect("no panic");
        let (mut holder, _) = self.unlocked.wait_timeout_while(holder, wait, |it| it.is_some()).expect("no panic");
        if holder.is_some() {
            return PERSONR_STORE_BUSY;
        }
        *holder = Some(owner);
        PERSONR_CALLBACK_OK
    }

    fn unlock(&self, owner: &str) {
        let holder = self.owner.lock().expect("no panic").take();
        assert_eq!(holder.as_deref(), Some(owner), "the lock is given back by its owner");
        self.unlocked.notify_all();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Load,
    Save,
    Lock,
    Unlock,
    Ask,
    Log,
    Free,
}

type Inside = Box<dyn Fn() + Send + Sync>;

/// A callback that does something else than usual.
struct Order {
    kind: Kind,
    /// Calls that are as usual before it.
    after: usize,
    inside: Option<Inside>,
    returns: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub level: i32,
    pub name: String,
    pub text: String,
}

#[derive(Default)]
pub struct Application {
    pub backend: Arc<Backend>,
    /// What is written for a password, without the NUL.
    pub password: Mutex<Vec<u8>>,
    pub events: Mutex<Vec<Event>>,
    /// What the callbacks were given.
    pub seen: Mutex<Vec<String>>,
    /// Said instead of the record's own length.
    pub length: Mutex<Option<usize>>,
    /// On which threads they were called.
    pub threads: Mutex<HashSet<ThreadId>>,
    counts: [AtomicUsize; 7],
    orders: Mutex<Vec<Arc<Order>>>,
}

impl Application {
    pub fn new(backend: &Arc<Backend>) -> Arc<Self> {
        let password = Mutex::new(DEFAULT_PASSWORD.into());
        Arc::new(Self { backend: Arc::clone(backend), password, ..Self::default() })
    }

    pub fn count(&self, kind: Kind) -> usize {
        self.counts[kind as usize].load(Ordering::Relaxed)
    }

    /// The callback returns this from now on, whatever was ordered before.
    pub fn returns(&self, kind: Kind, code: i32) {
        self.forget(kind);
        self.returns_after(0, kind, code);
    }

    pub fn returns_after(&self, after: usize, kind: Kind, code: i32) {
        self.order(kind, after, None, Some(code));
    }

    /// The callback does its work again, whatever was ordered before.
    pub fn works(&self, kind: Kind) {
        self.forget(kind);
    }

    /// This is done inside the callback from now on, and nothing that was ordered before.
    pub fn does(&self, kind: Kind, inside: impl Fn() + Send + Sync + 'static) {
        self.forget(kind);
        self.does_after(0, kind, inside);
    }

    pub fn does_after(&self, after: usize, kind: Kind, inside: impl Fn() + Send + Sync + 'static) {
        self.order(kind, after, Some(Box::new(inside)), None);
    }

    fn order(&self, kind: Kind, after: usize, inside: Option<Inside>, returns: Option<i32>) {
        let after = self.count(kind) + after;
        self.orders.lock().expect("no panic").push(Arc::new(Order { kind, after, inside, returns }));
    }

    fn forget(&self, kind: Kind) {
        self.orders.lock().expect("no panic").retain(|order| order.kind != kind);
    }

    /// Counts a call. What it is to return, if that is ordered.
    fn called(&self, kind: Kind) -> Option<i32> {
        self.threads.lock().expect("no panic").insert(thread::current().id());
        let number = self.counts[kind as usize].fetch_add(1, Ordering::Relaxed);
        let orders = self.orders.lock().expect("no panic").clone();
        let mut returns = None;
        for order in orders.iter().filter(|it| it.kind == kind && number >= it.after) {
            if let Some(inside) = &order.inside {
                inside();
            }
            returns = order.returns.or(returns);
        }
        returns
    }

    fn saw(&self, text: String) {
        self.seen.lock().expect("no panic").push(text);
    }

    pub fn event_names(&self) -> Vec<String> {
        self.events.lock().expect("no panic").iter().map(|event| event.name.clone()).collect()
    }

    pub fn event(&self, name: &str) -> Event {
        let events = self.events.lock().expect("no panic");
        events.iter().find(|event| event.name == name).unwrap_or_else(|| panic!("no {name} in {events:?}")).clone()
    }

    /// What a setter is given, and frees.
    pub fn user_data(self: &Arc<Self>) -> *mut c_void {
        Arc::into_raw(Arc::clone(self)).cast_mut().cast()
    }

    pub fn keeps_records(self: &Arc<Self>, options: &Options) {
        let set = personr_options_set_token_store_callbacks;
        let (data, free) = (self.user_data(), Some(freed as _));
        call(|error| unsafe { set(options.0, Some(load), Some(save), Some(lock), Some(unlock), data, free, error) })
            .expect("accepted");
    }

    pub fn tells_passwords(self: &Arc<Self>, options: &Options) {
        let (data, free) = (self.user_data(), Some(freed as _));
        call(|error| unsafe { personr_options_set_credentials_callback(options.0, Some(ask), data, free, error) })
            .expect("accepted");
    }

    pub fn takes_the_log(self: &Arc<Self>, options: &Options, level: i32) {
        self.tries_to_take_the_log(options, level).expect("accepted");
    }

    pub fn tries_to_take_the_log(self: &Arc<Self>, options: &Options, level: i32) -> Result<(), Failure> {
        let data = self.user_data();
        let result = call(|error| unsafe {
            personr_options_set_log_callback(options.0, Some(log), level, data, Some(freed), error)
        });
        if result.is_err() {
            // The data stay ours.
            drop(unsafe { Arc::from_raw(data.cast::<Application>()) });
        }
        result
    }
}

/// # Safety
/// `user_data` came from `Application::user_data` and was not freed.
unsafe fn application<'a>(user_data: *mut c_void) -> &'a Application {
    unsafe { &*user_data.cast() }
}

unsafe fn text(text: *const c_char) -> String {
    unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8").to_owned()
}

pub unsafe extern "C" fn load(
    user_data: *mut c_void,
    key: *const c_char,
    buffer: *mut u8,
    capacity: usize,
    length_out: *mut usize,
) -> i32 {
    let application = unsafe { application(user_data) };
    application.saw(format!("load {} {capacity} {}", unsafe { text(key) }, unsafe { *length_out }));
    if let Some(code) = application.called(Kind::Load) {
        return code;
    }
    let record = application.backend.record.lock().expect("no panic");
    let buffer = unsafe { slice::from_raw_parts_mut(buffer, capacity) };
    buffer[..record.len()].copy_from_slice(&record);
    unsafe { *length_out = application.length.lock().expect("no panic").unwrap_or(record.len()) };
    PERSONR_CALLBACK_OK
}

pub unsafe extern "C" fn save(
    user_data: *mut c_void,
    key: *const c_char,
    owner: *const c_char,
    record: *const u8,
    length: usize,
) -> i32 {
    let (application, owner) = unsafe { (application(user_data), text(owner)) };
    application.saw(format!("save {} {owner}", unsafe { text(key) }));
    assert_eq!(application.backend.owner.lock().expect("no panic").as_ref(), Some(&owner), "saved under the lock");
    if let Some(code) = application.called(Kind::Save) {
        return code;
    }
    *application.backend.record.lock().expect("no panic") = unsafe { slice::from_raw_parts(record, length) }.to_vec();
    PERSONR_CALLBACK_OK
}

pub unsafe extern "C" fn lock(
    user_data: *mut c_void,
    key: *const c_char,
    owner: *const c_char,
    wait_ms: u32,
    lease_ms: u32,
) -> i32 {
    let (application, owner) = unsafe { (application(user_data), text(owner)) };
    application.saw(format!("lock {} {owner} {wait_ms} {lease_ms}", unsafe { text(key) }));
    let code = application.called(Kind::Lock);
    code.unwrap_or_else(|| application.backend.lock(owner, Duration::from_millis(wait_ms.into())))
}

pub unsafe extern "C" fn unlock(user_data: *mut c_void, key: *const c_char, owner: *const c_char) -> i32 {
    let (application, owner) = unsafe { (application(user_data), text(owner)) };
    application.saw(format!("unlock {} {owner}", unsafe { text(key) }));
    let code = application.called(Kind::Unlock);
    application.backend.unlock(&owner);
    code.unwrap_or(PERSONR_CALLBACK_OK)
}

/// A password of the whole capacity is written without its NUL.
pub unsafe extern "C" fn ask(
    user_data: *mut c_void,
    email: *const c_char,
    password: *mut c_char,
    capacity: usize,
) -> i32 {
    let application = unsafe { application(user_data) };
    application.saw(format!("ask {} {capacity}", unsafe { text(email) }));
    if let Some(code) = application.called(Kind::Ask) {
        return code;
    }
    let mut written = application.password.lock().expect("no panic").clone();
    written.push(0);
    written.truncate(capacity);
    unsafe { slice::from_raw_parts_mut(password.cast(), written.len()) }.copy_from_slice(&written);
    PERSONR_CALLBACK_OK
}

pub unsafe extern "C" fn log(user_data: *mut c_void, level: i32, event: *const c_char, what: *const c_char) {
    let application = unsafe { application(user_data) };
    let event = Event { level, name: unsafe { text(event) }, text: unsafe { text(what) } };
    application.events.lock().expect("no panic").push(event);
    application.called(Kind::Log);
}

pub unsafe extern "C" fn freed(user_data: *mut c_void) {
    let application = unsafe { Arc::from_raw(user_data.cast::<Application>()) };
    application.called(Kind::Free);
}

/// Where a callback stays until it is let go.
#[derive(Default)]
pub struct Gate {
    /// How many have come, and whether it is open.
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Gate {
    pub fn stay(&self) {
        let mut state = self.state.lock().expect("no panic");
        state.0 += 1;
        self.changed.notify_all();
        drop(self.changed.wait_timeout_while(state, PATIENCE, |state| !state.1).expect("no panic"));
    }

    pub fn wait_for_one(&self) {
        let begun = Instant::now();
        let state = self.state.lock().expect("no panic");
        drop(self.changed.wait_timeout_while(state, PATIENCE, |state| state.0 == 0).expect("no panic"));
        assert!(begun.elapsed() < PATIENCE, "nobody came");
    }

    pub fn open(&self) {
        self.state.lock().expect("no panic").1 = true;
        self.changed.notify_all();
    }
}
