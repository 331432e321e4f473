//! What is told to the application, at each level: no secret, whatever happens.

use personr::ffi::*;
use personr_sandbox::{Action, Fault, Sandbox};
use personr_testkit::figures::figures;

use crate::secrets::caller::Caller;
use crate::secrets::needles::{Account, FIRST, Needles, SECOND, assert_nowhere};

fn sandbox() -> Sandbox {
    let builder = Sandbox::builder().account(FIRST.email, FIRST.password);
    builder.account(SECOND.email, SECOND.password).start().expect("a sandbox")
}

fn failing(status: u16, text: &str) -> Fault {
    let body = serde_json::json!({ "code": text, "message": format!("no: {text}") }).to_string();
    Fault::new(Action::Answer { status, headers: Vec::new(), body: body.into() })
}

/// Success, rejection, a store that fails, failures that repeat what was sent, and refusals, in this order.
fn scenario(sandbox: &Sandbox, level: i32) -> Caller {
    let wrong = Account { email: SECOND.email, password: FIRST.password };
    for text in [FIRST.password, &FIRST.pair(), &FIRST.basic(), &format!("Basic {}", FIRST.basic())] {
        for status in [401, 403, 500] {
            sandbox.order(failing(status, text).on_path("api-token-generate"));
        }
    }
    let mut caller = Caller::of(sandbox).does("log_level", &level.to_string()).life(&FIRST).login(&FIRST);
    caller = caller.does("login_method", "1");
    for _ in 0..12 {
        caller = caller.login(&FIRST);
    }
    caller = caller.does("login_method", "0").login(&wrong).does("saves", "1").login(&SECOND);
    caller.does("saves", "0").login(&SECOND).does("token_store", "file:/proc/self/nowhere").login(&SECOND)
}

#[test]
fn no_line_at_any_level_holds_a_secret() {
    let mut lines = 0;
    for level in PERSONR_LOG_ERROR..=PERSONR_LOG_DEBUG {
        let sandbox = sandbox();
        let report = scenario(&sandbox, level).run();
        let tokens: Vec<&str> =
            report.outcomes.iter().filter(|it| it.status == 0).map(|outcome| &*outcome.message).collect();
        assert!(tokens.len() >= 3, "{report:?}");
        assert_nowhere(&Needles::of(&[FIRST, SECOND]).and("a token", &tokens), &report.places());
        let told = |event: &str| report.log.lines().any(|line| line.split(' ').nth(1) == Some(event));
        for (event, from) in [
            ("refused", PERSONR_LOG_ERROR),
            ("save-failed", PERSONR_LOG_ERROR),
            ("failed", PERSONR_LOG_WARN),
            ("rejected", PERSONR_LOG_WARN),
            ("login", PERSONR_LOG_INFO),
        ] {
            assert_eq!(told(event), level >= from, "{event} at level {level}: {}", report.log);
        }
        lines += report.log.lines().count();
    }
    figures!(of "log-output": "{lines} lines of the callback over 4 levels: no secret");
}
