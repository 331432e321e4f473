//! What is personal, and the token, is in no error and in no line of the log.

use std::ffi::{c_char, c_void};
use std::sync::Mutex;

use personr::ffi::*;

use crate::caller::Request;
use crate::server::{Act, Server, answer, json};
use personr_testkit::client::{Options, string};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn keep(_: *mut c_void, level: i32, event: *const c_char, text: *const c_char) {
    let line = unsafe { format!("{level} {}: {}", string(event), string(text)) };
    LINES.lock().expect("no panic").push(line);
}

const PERSONAL: [&str; 6] =
    ["Zoe-Field-Name", "zoe@example.com", "passport-of-zoe", "zoes folder", "WORD_OF_ZOE", "token|"];

#[test]
fn no_error_and_no_line_of_the_log_shows_what_was_sent_or_answered() {
    let server = Server::start();
    let options = Options::new();
    options.base_url(&server.url()).expect("accepted");
    options.max_retries(1);
    let set = unsafe {
        personr_options_set_log_callback(
            options.0,
            Some(keep),
            PERSONR_LOG_DEBUG,
            std::ptr::null_mut(),
            None,
            std::ptr::null_mut(),
        )
    };
    assert_eq!(set, PERSONR_OK);
    let auth = options.demo();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("zoes folder");
    std::fs::create_dir(&path).expect("made");
    let path = path.join("passport-of-zoe.pdf");
    std::fs::write(&path, "scan").expect("written");
    let echo = |status| {
        let said = PERSONAL.join(" ") + "token|1";
        json(status, &format!(r#"{{"reason":"WORD_OF_ZOE","message":"{said}","translation":"Bearer token|1"}}"#))
    };
    let acts = [
        Act::Answer(echo(400)),
        Act::Answer(echo(404)),
        Act::Answer(echo(500)),
        Act::Answer(echo(429)),
        Act::Answer(json(200, r#"{"status":"error","response":"zoe@example.com"}"#)),
        Act::Answer(json(200, r#"{"zoe@example.com"#)),
        Act::Answer(answer(302, "Location: /?message=zoe@example.com&reason=WORD_OF_ZOE\r\n", "")),
        Act::Answer(answer(403, "", "<p>zoe@example.com")),
        Act::Reset,
    ];
    let mut refusals = Vec::new();
    for act in acts {
        server.then(act);
        let request = Request::new("api-applicant-create");
        request.text("Zoe-Field-Name", "zoe@example.com").text("word", "WORD_OF_ZOE");
        request.file("scan", &path, PERSONR_ENCODING_BINARY);
        refusals.push(request.send(&auth).expect_err("refused"));
    }
    let missing = Request::new("api-applicant-create");
    missing.file("scan", &path.with_extension("none"), PERSONR_ENCODING_BINARY);
    refusals.push(missing.send(&auth).expect_err("no file"));
    assert!(Request::new("api-applicant-status").send(&auth).is_ok());
    let lines = LINES.lock().expect("no panic").clone();
    let texts = refusals.iter().map(|refusal| format!("{} {}", refusal.reason, refusal.message));
    for text in texts.chain(lines.iter().cloned()) {
        assert!(!PERSONAL.iter().any(|personal| text.contains(personal)), "{text}");
    }
    for refusal in &refusals {
        assert!(!String::from_utf8_lossy(&refusal.body).contains("token|1"), "{refusal:?}");
    }
    let of_requests: Vec<_> = lines.iter().filter(|line| line.contains(" request: ")).collect();
    assert_eq!(of_requests.len(), refusals.len() + 1);
    let last = of_requests.last().expect("a line");
    assert!(
        last.starts_with(&format!("{PERSONR_LOG_DEBUG} request: done: endpoint api-applicant-status, attempts 1, ")),
        "{last}"
    );
    assert!(last.ends_with(" ms, status 200"), "{last}");
}
