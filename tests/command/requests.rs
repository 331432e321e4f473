//! The command `request`: fields and files, the answer, and what its exit status says of a failure.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

use personr_sandbox::{Action, DEFAULT_EMAIL, Document, Fault};
use personr_testkit::c_program::source;
use personr_testkit::compile::{is_installed, skip};

use crate::scene::{BINARY, Scene, finish, sh};

fn on(endpoint: &str, action: Action) -> Fault {
    Fault::new(action).on_path(endpoint)
}

/// The texts of the last request to an endpoint.
fn text(scene: &Scene, endpoint: &str, name: &str) -> String {
    let requests = scene.sandbox.requests_to(endpoint);
    let part = requests.last().and_then(|request| request.part(name)).unwrap_or_else(|| panic!("no {name}"));
    part.text().unwrap_or_else(|| panic!("{name} is no text")).to_owned()
}

#[test]
fn an_applicant_is_created_and_documents_go_up_and_come_down() {
    let scene = Scene::new();
    let scan = scene.write("scan.pdf", BINARY);
    let create = ["-F", "email=a@example.com", "-F", "phone=+6421", "-F", "flowName=Individual"];
    let id = ["-n", "-p", "/response/applicant_id"];
    let id = scene.run(&[&["request", "api-applicant-create"][..], &create, &id].concat()).done();
    let applicant = format!("applicantId={}", id.text());
    let upload = ["request", "api-document-upload", "--json", "-F", &applicant, "-F", "docType=PASSPORT", "-F"];
    let answer = scene.run(&[&upload[..], &[&format!("docFile=@{scan}")]].concat()).done();
    assert!(answer.text().contains(r#""errors":[]"#) && !answer.text().ends_with('\n'), "{}", answer.text());

    let download = ["request", "api-document-download", "-F", &applicant, "-p", "/response/base64/0"];
    assert_eq!(scene.run(&[&download[..], &["--save-base64", "down.pdf"]].concat()).done().text(), "");
    assert_eq!(fs::read(scene.path("down.pdf")).expect("a file"), BINARY);
    let count = ["request", "api-document-download", "-F", &applicant, "-p", "/response/base64", "--json"];
    scene.run(&count).done();
    assert_eq!(scene.sandbox.counters().logins, 1);
}

#[test]
fn files_are_sent_as_the_options_before_them_say() {
    let scene = Scene::with_token();
    scene.write("scan.pdf", BINARY);
    for (options, encoding, name) in [
        (&[][..], "Object", Some("scan.pdf")),
        (&["--encoding", "base64"], "Base64", None),
        (&["--encoding", "binary", "--file-name", "other.pdf"], "Binary", Some("other.pdf")),
    ] {
        let arguments = [&["request", "api-document-upload"][..], options, &["-F", "docFile=@scan.pdf"]].concat();
        scene.run(&arguments).done();
        let request = scene.sandbox.requests_to("api-document-upload").pop().expect("a request");
        let part = request.part("docFile").expect("a document");
        assert_eq!((&*format!("{:?}", part.encoding), part.file_name.as_deref()), (encoding, name));
        assert_eq!(part.content.as_deref(), Some(BINARY));
    }
    let stdin = ["request", "api-document-upload", "--file-name", "in.pdf", "-F", "docFile=@-", "--json"];
    scene.run_with_input(&stdin, BINARY).done();
    let request = scene.sandbox.requests_to("api-document-upload").pop().expect("a request");
    let part = request.part("docFile").expect("a document");
    assert_eq!((part.file_name.as_deref(), part.content.as_deref()), (Some("in.pdf"), Some(BINARY)));
}

#[test]
fn texts_are_sent_as_they_stand() {
    let scene = Scene::with_token();
    let personal = scene.write("name", "Maia Ōtāhuhu");
    let fields = ["-F", "a=1=2", "-F", "b=", "--form-string", "c=@x", "--form-json", "d=[\"u\", 1]"];
    let from_file = format!("e=<{personal}");
    let arguments = [&["request", "api-aml-results", "-F", &from_file, "--json"][..], &fields].concat();
    scene.run(&arguments).done();
    let request = scene.sandbox.requests_to("api-aml-results").pop().expect("a request");
    assert_eq!(request.header("content-type"), Some(&b"application/json"[..]));
    let expected = [("a", "1=2"), ("b", ""), ("c", "@x"), ("d", "[\"u\", 1]"), ("e", "Maia Ōtāhuhu")];
    for (name, value) in expected {
        let found = text(&scene, "api-aml-results", name);
        assert_eq!(found.replace(' ', ""), value.replace(' ', ""), "{name}");
    }
    scene.write("nul", "a\0b");
    for (field, code, words) in [
        ("novalue", 2, "NAME=VALUE"),
        ("x=<none", 26, "No such file"),
        ("x=<nul", 2, "a text holds no NUL"),
        ("x=@none", 26, "PERSONR_FILE (file-open)"),
        ("=x", 2, "PERSONR_INVALID_ARGUMENT"),
    ] {
        scene.run(&["request", "api-aml-results", "-F", field]).failed(code, words);
    }
    scene.run(&["request", "api-aml-results", "--form-json", "x=[1,]"]).failed(2, "PERSONR_INVALID_ARGUMENT");
    scene.run(&["request", "api-aml-results", "-F", "x=<-", "-F", "y=<-"]).failed(2, "stdin can be read once");
    assert_eq!(scene.sandbox.requests_to("api-aml-results").len(), 1);
}

#[test]
fn a_body_of_ones_own_is_sent_as_it_stands() {
    let scene = Scene::with_token();
    let file = format!("@{}", scene.write("body", "{\"a\" :1}"));
    for (arguments, content_type, body) in [
        (&["-d", "{\"x\": 2}"][..], "application/json", "{\"x\": 2}"),
        (&["--data", &file], "application/json", "{\"a\" :1}"),
        (&["--data", "plain", "--content-type", "text/plain"], "text/plain", "plain"),
    ] {
        scene.run(&[&["request", "api-aml-results"][..], arguments].concat()).done();
        let request = scene.sandbox.requests_to("api-aml-results").pop().expect("a request");
        assert_eq!(request.header("content-type"), Some(content_type.as_bytes()));
        assert_eq!(String::from_utf8_lossy(&request.body), body);
    }
    scene.run(&["request", "api-aml-results", "-d", "x", "-F", "a=b"]).failed(2, "PERSONR_INVALID_ARGUMENT");
}

#[test]
fn a_401_is_answered_by_another_token_and_the_request_sent_again() {
    let scene = Scene::with_token();
    scene.sandbox.revoke_all();
    scene.run(&["request", "api-change-workspace"]).done();
    assert_eq!((scene.sandbox.counters().logins, scene.sandbox.counters().authorized), (2, 1));
    // Without a password it is not done, and the exit status says so.
    scene.sandbox.revoke_all();
    scene.run(&["request", "api-change-workspace", "--password-file", "none"]).failed(25, "none");
    assert_eq!(scene.sandbox.counters().authorized, 1);
}

#[test]
fn the_exit_status_tells_whether_it_may_have_run() {
    let endpoint = "api-request-applicant-check";
    for (action, code, words) in [
        (Action::answer(429, "{}"), 15, "PERSONR_RATE_LIMITED"),
        (Action::answer(404, "{}"), 14, "PERSONR_REJECTED"),
        (Action::answer(503, "{}"), 46, "HTTP 503, may have run]"),
        (Action::answer(400, "{}"), 44, "HTTP 400, may have run]"),
        (Action::Reset, 47, "PERSONR_NETWORK (reset)"),
        (Action::Stall, 48, "PERSONR_TIMEOUT (answer)"),
        (Action::answer(200, "<html>"), 50, "PERSONR_PROTOCOL (html)"),
    ] {
        let scene = Scene::with_token();
        scene.sandbox.order(on(endpoint, action).always());
        let timeout = if code == 48 { "0.5" } else { "20" };
        let begun = Instant::now();
        scene.run(&["request", endpoint, "--timeout", timeout]).failed(code, words);
        assert!(begun.elapsed() < Duration::from_secs(60), "{words} took {:?}", begun.elapsed());
        assert_eq!(scene.sandbox.requests_to(endpoint).len(), 1);
    }
}

#[test]
fn what_only_reads_is_sent_again() {
    let scene = Scene::with_token();
    scene.sandbox.order(on("api-applicant-status", Action::answer(503, "{}")));
    let answer = scene.run(&["request", "api-applicant-status", "--repeatable", "-p", "/result/Status"]).done();
    assert_eq!(answer.text(), "Created\n");
    assert_eq!(scene.sandbox.requests_to("api-applicant-status").len(), 2);
}

/// It may repeat what was sent.
#[test]
fn a_refusal_is_shown_on_stdout_alone_and_only_if_wanted() {
    let scene = Scene::with_token();
    let body = r#"{"status":"error","response":"Maia is unknown"}"#;
    scene.sandbox.order(on("api-aml-results", Action::answer(200, body)).always());
    let refused = scene.run(&["request", "api-aml-results"]).failed(44, "PERSONR_REJECTED");
    assert!(!refused.stderr.contains("Maia"), "{}", refused.stderr);
    let shown = scene.run(&["request", "api-aml-results", "--fail-with-body"]);
    assert_eq!((shown.code, shown.text()), (Some(44), body));
    assert!(!shown.stderr.contains("Maia"), "{}", shown.stderr);
}

#[test]
fn an_answer_is_written_to_a_file_that_its_owner_alone_may_read() {
    let scene = Scene::with_token();
    scene.sandbox.set_documents(&[Document::new("PASSPORT", 300_000, 1)]);
    let request = ["request", "api-document-download", "-F", "applicantId=x"];
    let answer = scene.run(&request).done();
    assert!(answer.stdout.len() > 400_000);
    scene.write("answer.json", "before");
    assert_eq!(scene.run(&[&request[..], &["-o", "answer.json"]].concat()).done().text(), "");
    assert_eq!(fs::read(scene.path("answer.json")).expect("a file"), answer.stdout);
    let mode = fs::metadata(scene.path("answer.json")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // What failed leaves what was there, and nothing beside it.
    let names = || fs::read_dir(scene.path("")).expect("a folder").count();
    let before = names();
    scene.run(&[&request[..], &["-o", "none/answer.json"]].concat()).failed(26, "none/answer.json");
    assert_eq!(names(), before);
    // By a link: who replaced it would replace the link alone.
    symlink("/dev/full", scene.path("full")).expect("a link");
    scene.run(&[&request[..], &["-o", "full"]].concat()).failed(26, "No space left on device");
    assert!(scene.path("full").is_symlink());
}

#[test]
fn the_endpoints_of_logins_are_refused() {
    let scene = Scene::new();
    scene.run(&["request", "api-basic-auth"]).failed(2, "PERSONR_INVALID_ARGUMENT");
    scene.run(&["request", "../x"]).failed(2, "PERSONR_INVALID_ARGUMENT");
    scene.run(&["request", "api-aml-results", "--save-base64", "x"]).failed(2, "--pointer");
    assert_eq!(scene.sandbox.counters().requests, 0);
}

#[test]
fn the_script_of_the_readme_runs() {
    if !is_installed("curl") {
        return skip("the script of the README", "curl is not installed");
    }
    let readme = fs::read_to_string(source("README.md")).expect("the README");
    let (_, section) = readme.split_once("## In the shell").expect("the section");
    let (_, block) = section.split_once("```sh\n").expect("a script");
    let scene = Scene::new();
    let url = format!("--silent --cacert \"$PERSONR_CA_FILE\" -d '' {}/api-change-workspace", scene.sandbox.base_url());
    let password = scene.path("password").display().to_string();
    let script = block.split_once("```").expect("its end").0.replace("/etc/personr/password", &password);
    assert!(script.contains("https://…"), "{script}");
    let script = script.replace("https://…", &url).replace("maia@example.com", DEFAULT_EMAIL);
    scene.write("passport.jpg", BINARY);
    let mut shell = sh(&scene, &format!("personr() {{ \"$program\" \"$@\"; }}; program=$0\n{script}"), &[]);
    assert_eq!(finish(&mut shell).done().text(), "{\"response\":\"success\"}");
    assert_eq!(scene.sandbox.counters().logins, 1);
    let upload = scene.sandbox.requests_to("api-document-upload").pop().expect("an upload");
    assert_eq!(upload.part("docFile").and_then(|part| part.content.as_deref()), Some(BINARY));
}
