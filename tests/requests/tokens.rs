//! The 401: the token is rejected, another one obtained, and the request sent again.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use personr::ffi::*;

use crate::caller::{Request, account, account_without_token};
use crate::server::{Act, Server, answer, json};
use personr_testkit::client::Options;

fn tokens_sent(server: &Server) -> Vec<String> {
    let received = server.received();
    received.iter().map(|request| request.header("authorization")[0].to_owned()).collect()
}

#[test]
fn a_request_without_a_token_logs_in() {
    let server = Server::start();
    let auth = account_without_token(&server, 0);
    assert!(Request::new("api-applicant-status").send(&auth).is_ok());
    assert_eq!(tokens_sent(&server), ["Bearer token|1"]);
}

#[test]
fn a_refused_token_is_rejected_and_the_request_sent_again_whole() {
    let server = Server::start();
    let auth = account(&server, 0);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scan.pdf");
    std::fs::write(&path, vec![b'x'; 300_000]).expect("written");
    let request = Request::new("api-document-upload");
    request.text("applicantId", "1x2").file("docFile", &path, PERSONR_ENCODING_BINARY);
    server.then(Act::Revoke);
    assert!(request.send(&auth).is_ok());
    assert_eq!((tokens_sent(&server), server.logins()), (vec!["Bearer token|1".into(), "Bearer token|2".into()], 2));
    let received = server.received();
    let [first, second] = [&received[0], &received[1]];
    assert_eq!(first.body, second.body, "the same body, with the same boundary");
    assert!(second.body_length > 300_000 && second.header("content-length") == [second.body_length.to_string()]);
    assert_eq!(auth.token().expect("a token").value, "token|2");
}

#[test]
fn the_second_refusal_of_a_token_that_was_just_issued_is_final() {
    let server = Server::start();
    let auth = account(&server, 0);
    server.then(Act::Revoke).then(Act::Revoke);
    let refusal = Request::new("api-applicant-status").send(&auth).expect_err("refused");
    assert_eq!((refusal.kind(), refusal.http_status), ((PERSONR_UNAUTHORIZED, "Unauthorized", 0), 401));
    let body = String::from_utf8(refusal.body).expect("UTF-8");
    assert!(!body.contains("token|2") && body.contains("Bearer *******"), "{body}");
    assert_eq!(server.logins(), 2);
    assert_eq!(auth.token().expect("a token").value, "token|2", "what this call has issued is not rejected");
}

/// Another process has logged in meanwhile, and its token ends too before it is used here.
#[test]
fn a_second_token_of_anothers_is_rejected_too_and_a_third_one_tried() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("file:{}", folder.path().join("tokens").display());
    let handle = || {
        let options = Options::new();
        options.base_url(&server.url()).expect("accepted");
        options.token_store(&store).expect("accepted");
        options.demo()
    };
    let (auth, other) = (handle(), handle());
    auth.token().expect("a token");
    server.revoke();
    other.reject("token|1");
    assert_eq!(other.token().expect("a token").value, "token|2");
    server.revoke();
    assert!(Request::new("api-applicant-status").send(&auth).is_ok());
    assert_eq!(tokens_sent(&server), ["Bearer token|1", "Bearer token|2", "Bearer token|3"]);
    assert_eq!(server.logins(), 3);
}

#[test]
fn a_firewalls_401_rejects_no_token() {
    let server = Server::start();
    let auth = account(&server, 0);
    server.then(Act::Answer(answer(401, "Content-Type: text/html\r\n", " \r\n<html>blocked</html>")));
    let refusal = Request::new("api-applicant-status").send(&auth).expect_err("refused");
    assert_eq!(refusal.kind(), (PERSONR_PROTOCOL, "html", 1));
    assert!(Request::new("api-applicant-status").send(&auth).is_ok());
    assert_eq!((server.logins(), server.received().len()), (1, 2));
}

#[test]
fn a_403_rejects_no_token() {
    let server = Server::start();
    let auth = account(&server, 0);
    server.then(Act::Answer(json(403, "{}")));
    assert_eq!(Request::new("a").send(&auth).expect_err("refused").kind(), (PERSONR_REJECTED, "http-403", 1));
    assert_eq!((server.logins(), server.received().len()), (1, 1));
}

/// The repetition after a 401 is none of those that the options count.
#[test]
fn the_error_of_the_login_is_returned_if_there_is_no_other_token() {
    let server = Server::start();
    let auth = account(&server, 0);
    server.then(Act::Revoke).then(Act::Revoke).then(Act::Revoke);
    let mut results = Vec::new();
    for _ in 0..6 {
        let refusal = Request::new("a").send(&auth).expect_err("refused");
        results.push((refusal.status, refusal.may_have_run));
        server.then(Act::Revoke).then(Act::Revoke);
    }
    assert!(results.iter().all(|it| *it == (PERSONR_UNAUTHORIZED, 0)), "{results:?}");
    assert!(server.logins() <= 4, "rejections are limited: {}", server.logins());
    let refusal = Request::new("a").send(&auth).expect_err("refused");
    assert_eq!(refusal.reason, "tokens-keep-being-refused");
    assert!(refusal.retry_after_ms > 0 && refusal.body.is_empty());
}

const THREADS: usize = 128;
const REQUESTS: usize = 20;

/// The token is revoked after a quarter, a half, and three quarters of the requests: each time when all threads have
/// used the one before.
#[test]
fn a_burst_of_401s_over_many_threads_leads_to_one_login_each_time() {
    let server = Server::start();
    let auth = account(&server, 0);
    let (barrier, failed) = (Barrier::new(THREADS + 1), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let request = Request::new("api-applicant-status");
                for number in 0..REQUESTS {
                    if number % (REQUESTS / 4) == 0 {
                        barrier.wait();
                        barrier.wait();
                    }
                    if let Err(refusal) = request.send(&auth) {
                        eprintln!("{refusal:?}");
                        failed.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        for quarter in 0..4 {
            barrier.wait();
            if quarter > 0 {
                server.revoke();
            }
            barrier.wait();
        }
    });
    assert_eq!(failed.load(Ordering::SeqCst), 0);
    assert_eq!(server.logins(), 4, "one, and three further ones");
    let refused = server.received().len() - THREADS * REQUESTS;
    assert!((3..=3 * THREADS).contains(&refused), "{refused} requests were answered by 401");
}

/// The request's own time is short; the login has that of the options, since it has probably ended the token before.
#[test]
fn a_login_that_is_out_is_waited_for_and_its_token_kept() {
    let sandbox = personr_sandbox::Sandbox::builder().plain_http().start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    let delay = personr_sandbox::Action::Delay(std::time::Duration::from_millis(600));
    sandbox.order(personr_sandbox::Fault::new(delay).on_path("api-basic-auth"));
    let request = Request::new("api-applicant-status");
    request.timeout_ms(200);
    let refusal = request.send(&auth).expect_err("no time is left");
    assert_eq!((refusal.status, refusal.may_have_run), (PERSONR_TIMEOUT, 0));
    assert_eq!(auth.state(), PERSONR_STATE_GOOD, "its token is in hand");
    assert!(request.send(&auth).is_ok());
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.authorized), (1, 1), "{counters:?}");
}
