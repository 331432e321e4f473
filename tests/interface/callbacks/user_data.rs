//! Who frees the application's data, and when: once, with the last owner.

use std::ptr::null_mut;
use std::sync::Arc;

use personr::ffi::*;
use personr_testkit::client::{Auth, Failure, Options, c, call};
use personr_testkit::run_alone;

use super::application::{Application, Kind, ask, freed, load, lock, log, save, unlock};
use super::sandbox;

type Setter = fn(&Arc<Application>, &Options);

const SETTERS: [Setter; 3] = [
    |application, options| application.keeps_records(options),
    |application, options| application.tells_passwords(options),
    |application, options| application.takes_the_log(options, PERSONR_LOG_DEBUG),
];

fn application() -> Arc<Application> {
    Application::new(&Arc::default())
}

fn token(auth: &Auth) {
    auth.token().expect("a token");
}

#[test]
fn the_last_owner_frees_in_every_order() {
    let sandbox = sandbox();
    for set in SETTERS {
        for order in 0..6 {
            let application = application();
            let options = Options::of(&sandbox);
            set(&application, &options);
            let (one, two) = (options.demo(), options.demo());
            token(&one);
            token(&two);
            let mut owners: Vec<Box<dyn std::any::Any>> = vec![Box::new(options), Box::new(one), Box::new(two)];
            for last in [false, false, true] {
                assert_eq!(application.count(Kind::Free), 0);
                drop(owners.remove(order / (if owners.len() == 3 { 2 } else { 1 }) % owners.len()));
                assert_eq!(application.count(Kind::Free), usize::from(last));
            }
            assert_eq!(Arc::strong_count(&application), 1, "what was given was given back");
        }
    }
}

#[test]
fn options_that_no_handle_was_made_of_free_the_user_data() {
    for set in SETTERS {
        let (application, options) = (application(), Options::new());
        set(&application, &options);
        drop(options);
        assert_eq!(application.count(Kind::Free), 1);
    }
}

#[test]
fn setting_a_callback_again_frees_the_former_user_data() {
    let sandbox = sandbox();
    for set in SETTERS {
        let (first, second, options) = (application(), application(), Options::of(&sandbox));
        set(&first, &options);
        let auth = options.demo();
        set(&second, &options);
        assert_eq!((first.count(Kind::Free), second.count(Kind::Free)), (0, 0), "a handle has it still");
        token(&auth);
        drop(auth);
        assert_eq!((first.count(Kind::Free), second.count(Kind::Free)), (1, 0));
        set(&first, &options);
        assert_eq!((first.count(Kind::Free), second.count(Kind::Free)), (1, 1));
        drop(options);
        assert_eq!((first.count(Kind::Free), second.count(Kind::Free)), (2, 1), "once for each time it was set");
    }
}

#[test]
fn removing_a_callback_frees_its_user_data() {
    let (application, options) = (application(), Options::new());
    for set in SETTERS {
        set(&application, &options);
    }
    let memory = c("memory:");
    call(|error| unsafe { personr_options_set_token_store(options.0, memory.as_ptr(), error) }).expect("accepted");
    assert_eq!(application.count(Kind::Free), 1);
    // The other parameters are not used, whatever they are.
    let data = Arc::as_ptr(&application).cast_mut().cast();
    call(|error| unsafe { personr_options_set_credentials_callback(options.0, None, data, Some(freed), error) })
        .expect("accepted");
    assert_eq!(application.count(Kind::Free), 2);
    call(|error| unsafe { personr_options_set_log_callback(options.0, None, 99, data, Some(freed), error) })
        .expect("accepted");
    assert_eq!(application.count(Kind::Free), 3);
    drop(options);
    assert_eq!((application.count(Kind::Free), Arc::strong_count(&application)), (3, 1));
}

#[test]
fn a_setter_that_fails_frees_nothing_and_names_what_is_wrong() {
    let (application, options) = (application(), Options::new());
    let data = Arc::as_ptr(&application).cast_mut().cast();
    let free = Some(freed as _);
    let set = |options, one, two, three, four| {
        call(|error| unsafe {
            personr_options_set_token_store_callbacks(options, one, two, three, four, data, free, error)
        })
    };
    let (one, two, three, four): (personr_store_load_fn, personr_store_save_fn, _, personr_store_unlock_fn) =
        (Some(load), Some(save), Some(lock as _), Some(unlock));
    assert_names(set(null_mut(), one, two, three, four), "options");
    assert_names(set(options.0, None, two, three, four), "load");
    assert_names(set(options.0, one, None, three, four), "save");
    assert_names(set(options.0, one, two, None, four), "lock");
    assert_names(set(options.0, one, two, three, None), "unlock");
    assert_names(
        call(|error| unsafe { personr_options_set_credentials_callback(null_mut(), Some(ask), data, free, error) }),
        "options",
    );
    assert_names(
        call(|error| unsafe { personr_options_set_log_callback(null_mut(), Some(log), 1, data, free, error) }),
        "options",
    );
    assert_names(
        call(|error| unsafe { personr_options_set_log_callback(options.0, Some(log), 0, data, free, error) }),
        "level",
    );
    drop(options);
    assert_eq!(application.count(Kind::Free), 0);
}

#[track_caller]
fn assert_names(result: Result<(), Failure>, parameter: &str) {
    let failure = result.expect_err(parameter);
    assert_eq!(failure.kind(), (PERSONR_INVALID_ARGUMENT, "argument"), "{failure:?}");
    assert!(failure.message.starts_with(&format!("{parameter}: ")), "{failure:?}");
}

#[test]
fn a_handle_that_could_not_be_made_frees_nothing() {
    let (application, options) = (application(), Options::new());
    SETTERS[0](&application, &options);
    assert!(options.auth("no:email", "p").is_err());
    assert_eq!(application.count(Kind::Free), 0);
    drop(options);
    assert_eq!(application.count(Kind::Free), 1);
}

#[test]
fn without_a_free_nothing_is_called() {
    let sandbox = sandbox();
    let (application, options) = (application(), Options::of(&sandbox));
    let data = Arc::as_ptr(&application).cast_mut().cast();
    call(|error| unsafe { personr_options_set_log_callback(options.0, Some(log), 4, data, None, error) })
        .expect("accepted");
    let auth = options.demo();
    token(&auth);
    drop((options, auth));
    assert_eq!((application.event_names(), application.count(Kind::Free)), (vec!["login".to_owned()], 0));
}

/// A child leaks what its parent's threads may hold, but not the application's data.
#[test]
fn a_forked_child_frees_its_copy() {
    run_alone!();
    let sandbox = sandbox();
    let (application, options) = (application(), Options::of(&sandbox));
    SETTERS.iter().for_each(|set| set(&application, &options));
    let auth = options.demo();
    token(&auth);
    // SAFETY: the child does what a forking application would do with the library, and `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let works = auth.token().is_ok();
        drop((options, auth));
        unsafe { libc::_exit(if works { application.count(Kind::Free) as i32 } else { 99 }) };
    }
    let mut status = 0;
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!((libc::WIFEXITED(status), libc::WEXITSTATUS(status)), (true, 3));
    assert_eq!(application.count(Kind::Free), 0, "the parent's are the parent's");
    drop((options, auth));
    assert_eq!(application.count(Kind::Free), 3);
}
