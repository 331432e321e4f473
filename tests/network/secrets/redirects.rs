//! A redirect is an answer, and never followed: to no other host, port, scheme or path.

use personr::ffi::PERSONR_PROTOCOL;
use personr_sandbox::{Fault, Sandbox};
use personr_testkit::figures::figures;

use super::caller::Caller;
use super::listener::Listener;
use super::needles::{FIRST, Needles, assert_in_its_place, assert_nowhere, seen_by};
use super::{answer, plain_sandbox, sandbox};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// Where a client that follows would arrive: each of them is trusted, takes the account, and would answer.
struct Elsewhere {
    tls: Sandbox,
    plain: Sandbox,
    listener: Listener,
}

impl Elsewhere {
    fn new() -> Self {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        Self { tls: sandbox(), plain: plain_sandbox(), listener: Listener::start("127.0.0.2", answer) }
    }

    fn locations(&self) -> Vec<String> {
        let (tls, plain, listener) = (self.tls.address().port(), self.plain.address().port(), self.listener.address());
        let path = "/api/1.1/wf/api-basic-auth";
        vec![
            format!("https://127.0.0.1:{tls}{path}"),
            format!("https://personr.test:{tls}{path}"),
            format!("https://localhost:{tls}{path}"),
            format!("https://someone:else@127.0.0.1:{tls}{path}"),
            format!("http://127.0.0.1:{plain}{path}"),
            format!("http://{listener}{path}"),
            format!("//127.0.0.1:{tls}{path}"),
            format!("//{listener}{path}"),
            "/api/1.1/wf/api-token-generate".to_owned(),
            "api-token-generate?again=1".to_owned(),
            "../wf/api-basic-auth".to_owned(),
            "?again=1".to_owned(),
            String::new(),
        ]
    }
}

/// All redirects to one place, from one server. Returns how many.
fn redirect(from: &Sandbox, elsewhere: &Elsewhere, location: &str) -> usize {
    let mut caller = Caller::of(from).trusts(&elsewhere.tls);
    for status in STATUSES {
        from.order(Fault::new(answer(status, &[("Location", location)], "")).times(2));
        caller = caller.logins(&FIRST);
    }
    from.forget_requests();
    let report = caller.run();
    report.assert_all((PERSONR_PROTOCOL, "redirect"));
    let statuses: Vec<i32> = report.outcomes.iter().map(|outcome| outcome.http_status).collect();
    assert_eq!(statuses, STATUSES.map(|status| [i32::from(status); 2]).concat(), "{location}");
    assert_eq!(report.look_ups, [""; 0], "{location}");
    assert_nowhere(&Needles::of(&[FIRST]), &report.places());
    let requests = from.requests();
    assert_eq!(requests.len(), report.outcomes.len(), "one request for each login: {location}");
    requests.iter().for_each(|request| assert_in_its_place(request, &FIRST));
    requests.len()
}

#[test]
fn a_redirect_takes_no_secret_anywhere() {
    let elsewhere = Elsewhere::new();
    let mut redirects = 0;
    for from in [sandbox(), plain_sandbox()] {
        for location in elsewhere.locations() {
            redirects += redirect(&from, &elsewhere, &location);
        }
    }
    for other in [&elsewhere.tls, &elsewhere.plain] {
        assert_eq!(other.counters().connections, 0);
        assert_nowhere(&Needles::of(&[FIRST]), &[("another server", seen_by(other))]);
    }
    let places = elsewhere.locations().len();
    let seen = elsewhere.listener.end();
    assert_eq!((seen.connections, &*seen.bytes), (0, &b""[..]));
    figures!(of "secrets": "{redirects} redirects to {places} places from TLS and plain servers, none followed");
}
