//! The steps of `session::lead`, by purpose and by what comes of each step.

use std::any::Any;

use super::super::{Decision, FlightOutcome, Purpose};
use super::effects::{Effect, Led};
use crate::error::{Error, Status};
use crate::record::Record;

fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Check => "check",
        Effect::AskForPassword => "ask",
        Effect::TryLock => "lock",
        Effect::CheckLocked => "check-locked",
        Effect::LogIn => "log-in",
        Effect::Finish(FlightOutcome::NotBegun(_)) => "finish-with-error",
        Effect::Finish(FlightOutcome::WithoutLogin) => "finish-without-login",
        Effect::Finish(_) => "finish-login",
        Effect::Record => "record",
        Effect::Save(_) => "save",
        Effect::End(Ok(())) => "end",
        Effect::End(Err(_)) => "error",
    }
}

fn broken() -> Error {
    Error::new(Status::Store, "store-io", "")
}

/// What comes of an effect, by its name and the word for it.
fn reply(effect: &str, word: &str) -> Box<dyn Any> {
    match (effect, word) {
        ("check" | "check-locked", "done") => Box::new(Ok::<_, Error>(Decision::Done)),
        ("check" | "check-locked", "save") => Box::new(Ok::<_, Error>(Decision::Save)),
        ("check" | "check-locked", "login") => Box::new(Ok::<_, Error>(Decision::Login)),
        ("check" | "check-locked", "fails") => Box::new(Err::<Decision, _>(broken())),
        ("lock", "taken") => Box::new(Ok::<_, Error>(Some(()))),
        ("lock", "held") => Box::new(Ok::<Option<()>, Error>(None)),
        ("ask", "") => Box::new(Ok::<_, Error>(())),
        ("ask", "fails") => Box::new(Err::<(), _>(broken())),
        ("log-in", "") => Box::new(Ok::<_, Error>(FlightOutcome::LoginFailed { error: broken(), cut_off_after: None })),
        ("log-in", "fails") => Box::new(Err::<FlightOutcome, _>(broken())),
        ("finish-login", "") => Box::new(Some(Record::default())),
        ("finish-without-login" | "finish-with-error", "") => Box::new(None::<Record>),
        ("record", "") => Box::new(Record::default()),
        _ => Box::new(()),
    }
}

/// Runs a flight whose effects must be these: each as `NAME` or `NAME=REPLY`.
fn runs_through(purpose: Purpose, is_late: bool, script: &str) {
    let mut led = Led::new(purpose);
    let mut last: Option<Box<dyn Any>> = None;
    for (at, step) in script.split_whitespace().enumerate() {
        let (expected, word) = step.split_once('=').unwrap_or((step, ""));
        let effect = led.resume(last, is_late);
        assert_eq!(name(&effect), expected, "{purpose:?}, step {at} of {script:?}");
        last = Some(reply(expected, word));
    }
}

#[test]
fn each_flight_does_its_steps_in_their_order() {
    for (purpose, script) in [
        (Purpose::Obtain, "check=done finish-without-login end"),
        (Purpose::Obtain, "check=login ask lock=taken check-locked=login log-in finish-login save end"),
        (Purpose::Obtain, "check=login ask lock=taken check-locked=done finish-without-login end"),
        (
            Purpose::Obtain,
            "check=login ask lock=held check=login lock=taken check-locked=done finish-without-login end",
        ),
        (Purpose::Obtain, "check=login ask lock=held check=done finish-without-login end"),
        (Purpose::Renew, "check=login ask lock=held finish-without-login end"),
        (Purpose::Renew, "check=login ask lock=taken check-locked=login log-in finish-login save end"),
        (Purpose::RecordUse, "check=save lock=held finish-without-login end"),
        (Purpose::RecordUse, "check=save lock=taken check-locked=save record save finish-without-login end"),
        (Purpose::Login, "ask lock=held lock=held lock=taken check-locked=login log-in finish-login save end"),
        (Purpose::Obtain, "check=fails finish-with-error error"),
        (Purpose::Obtain, "check=login ask=fails finish-with-error error"),
        (Purpose::Login, "ask lock=taken check-locked=fails finish-with-error error"),
        (Purpose::Login, "ask lock=taken check-locked=login log-in=fails finish-with-error error"),
    ] {
        runs_through(purpose, false, script);
    }
}

/// The calls that wait may have more time: they do not share the error.
#[test]
fn a_flight_whose_callers_time_is_over_ends_with_an_error_of_its_own() {
    for (purpose, script) in [
        (Purpose::Login, "ask lock=held finish-without-login error"),
        (Purpose::Obtain, "check=login ask lock=held finish-without-login error"),
        (Purpose::Obtain, "check=fails finish-without-login error"),
    ] {
        runs_through(purpose, true, script);
    }
}
