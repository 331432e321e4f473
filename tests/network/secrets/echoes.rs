//! A service that repeats what it was sent, in whatever form and wherever: `[redacted]` stands in its place.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use personr_sandbox::{Action, Fault};
use personr_testkit::figures::{figures, is_check};

use super::caller::Caller;
use super::needles::{FIRST, Needles, assert_nowhere};
use super::{answer, plain_sandbox, sandbox};

const TOKENS: [&str; 3] =
    ["1670035114445x631333625381113500", "bus|1670035114445x631333625381113500", "v2|Ab-9_x~Yz/Qr+"];

fn percent(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What was sent, in each form in which a server writes such a thing into a text.
fn forms() -> Vec<String> {
    let (password, pair) = (FIRST.password, FIRST.pair());
    let mut forms = vec![password.to_owned(), pair.clone(), percent(password), percent(&pair), percent(&FIRST.basic())];
    forms.push(percent(password).replace("%20", "+"));
    let small = ["3E", "7E", "3F", "2F", "C3", "BC", "BF", "2B", "3D", "3A"];
    let small = small
        .iter()
        .fold(percent(password), |text, hex| text.replace(&format!("%{hex}"), &format!("%{}", hex.to_lowercase())));
    forms.push(small);
    forms.push(password.replace('&', "&amp;").replace('>', "&gt;"));
    // What frameworks write, and one upon another.
    let in_html = |c: char| if c.is_ascii_alphanumeric() { c.into() } else { format!("&#x{:x};", u32::from(c)) };
    let in_json = |c: char| if c.is_ascii_alphanumeric() { c.into() } else { format!("\\\\u{:04x}", u32::from(c)) };
    forms.push(password.chars().map(in_html).collect());
    forms.push(password.chars().map(in_json).collect());
    forms.push(percent(&percent(password)));
    forms.push(percent(password).replace("%C3%BC%C3%BF", "%FC%FF"));
    for secret in [password, &pair] {
        forms.push(BASE64_STANDARD.encode(secret));
        forms.push(BASE64_STANDARD_NO_PAD.encode(secret));
        forms.push(BASE64_URL_SAFE.encode(secret));
        forms.push(BASE64_URL_SAFE_NO_PAD.encode(secret));
    }
    forms.push(format!("Basic {}", FIRST.basic()));
    forms.push(format!("--personr-form\r\nname=\"password\"\r\n\r\n{password}\r\n--personr-form--"));
    forms.extend(TOKENS.map(str::to_owned));
    forms.extend(TOKENS.map(|token| format!("Bearer {token}")));
    forms
}

/// Answers that say it: as reason, as message, one level down, as a translation, as a token, in a page, in a redirect.
fn answers(text: &str) -> Vec<Action> {
    let json = serde_json::to_string(text).expect("JSON");
    let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let link = format!("/login?statusCode=400&reason={0}&message=no+{0}", percent(text));
    vec![
        answer(400, &[], &format!(r#"{{"statusCode":400,"reason":{json},"message":"for x",}}"#)),
        answer(400, &[], &format!(r#"{{"statusCode":400,"reason":{json},"message":{json},}}"#)),
        answer(400, &[], &format!(r#"{{"reason":"INVALID_LOGIN_CREDENTIALS","message":{json}}}"#)),
        answer(400, &[], &format!(r#"{{"body":{{"status":{json},"message":{json}}}}}"#)),
        answer(200, &[], &format!(r#"{{"status":"error","response":{json}}}"#)),
        answer(401, &[], &format!(r#"{{"error_class":"Unauthorized","translation":"{escaped}: {escaped}"}}"#)),
        answer(401, &[("WWW-Authenticate", "Basic")], &format!(r#"{{"message":{json}}}"#)),
        answer(429, &[("Retry-After", "1")], &format!(r#"{{"code":{json},"message":{json}}}"#)),
        answer(500, &[], &format!(r#"{{"code":{json},"message":{json}}}"#)),
        answer(403, &[], &format!("<html><body>{text}</body></html>")),
        answer(200, &[], &format!(r#"{{"status":"success","response":{{"user_id":{json}}}}}"#)),
        answer(302, &[("Location", &link)], ""),
    ]
}

#[test]
fn what_the_service_repeats_is_not_passed_on() {
    let needles = Needles::of(&[FIRST]).and("a token", &TOKENS);
    let mut said = 0;
    // What is redacted does not depend on how it came.
    let sandboxes = if is_check() { vec![plain_sandbox(), sandbox()] } else { vec![plain_sandbox()] };
    for sandbox in sandboxes {
        for form in forms() {
            let mut caller = Caller::of(&sandbox);
            for action in answers(&form) {
                sandbox.order(Fault::new(action).times(2));
                caller = caller.logins(&FIRST);
            }
            let report = caller.run();
            assert_eq!(report.outcomes.len(), 2 * answers(&form).len());
            assert!(report.outcomes.iter().all(|outcome| outcome.status != 0), "{report:?}");
            let redacted = report.outcomes.iter().filter(|outcome| outcome.message.contains("[redacted]")).count();
            assert!(redacted >= 16, "the rest of the text stays: {form}: {report:?}");
            assert_nowhere(&needles, &report.places());
            said += report.outcomes.len();
        }
    }
    figures!(of "secrets": "{said} answers that repeat the password, its Base64 or a token: redacted in error and log");
}
