//! A proxy learns the service's name and port, and its own credentials. Nothing else, whatever it says.

use personr::ffi::*;
use personr_sandbox::Proxy;
use personr_testkit::figures::figures;

use super::caller::{Caller, Report};
use super::listener::Listener;
use super::needles::{FIRST, Needles, assert_in_its_place, assert_nowhere, holds, seen_by};
use super::sandbox;

const PROXY_PASSWORD: &str = "pr\u{f6}xy:Secret/9?word";
const PROXY_USERINFO: &str = "gate:pr%C3%B6xy%3ASecret%2F9%3Fword";

/// What an own proxy must not know.
fn account() -> Needles {
    Needles::of(&[FIRST])
}

/// What nobody but the proxy may know.
fn proxys() -> Needles {
    Needles::default().and("the proxy", &[PROXY_PASSWORD, &format!("gate:{PROXY_PASSWORD}"), PROXY_USERINFO])
}

fn login_success() -> String {
    let body =
        r#"{"status":"success","response":{"token":"1670035114445x631333625381113500","user_id":"u","expires":60}}"#;
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Answers to CONNECT, and what a login is told then.
fn answers(elsewhere: &str) -> Vec<(String, (i32, &'static str))> {
    let refusals = [
        "HTTP/1.1 403 Forbidden\r\n\r\n",
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nSet-Cookie: a=b\r\n\r\n",
        // It asks as if it were the service.
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"personr\"\r\n\r\n",
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "\u{0}\u{1}\u{2}\u{3}\r\n\r\n",
        "<html>log in here</html>\r\n\r\n",
        "",
    ];
    let network = (PERSONR_NETWORK, "proxy");
    let mut answers: Vec<_> = refusals.iter().map(|answer| ((*answer).to_owned(), network)).collect();
    for status in [301, 302, 303, 307, 308] {
        answers.push((format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {elsewhere}\r\n\r\n"), network));
    }
    // A tunnel, as it seems, at whose end somebody speaks HTTP: the request must not go into it.
    answers.push((login_success(), (PERSONR_TLS, "handshake")));
    answers.push(("HTTP/1.1 200 OK\r\n\r\n".to_owned() + &login_success(), (PERSONR_TLS, "handshake")));
    answers
}

#[test]
fn a_proxy_that_does_not_tunnel_sees_no_secret() {
    let (sandbox, elsewhere) = (sandbox(), sandbox());
    let all = answers(elsewhere.base_url());
    for (answer, kind) in &all {
        for userinfo in ["", &format!("{PROXY_USERINFO}@")] {
            let proxy = Listener::start("127.0.0.1", answer.as_bytes());
            let url = format!("http://{userinfo}{}", proxy.address());
            let report = Caller::by_name(&sandbox).trusts(&elsewhere).does("proxy", &url).logins(&FIRST).run();
            let seen = proxy.end();
            report.assert_all(*kind);
            assert_eq!((report.outcomes.len(), seen.connections), (2, 2), "{answer}");
            assert_eq!(report.look_ups, [""; 0], "the proxy looks the name up");
            assert_nowhere(&account(), &[("the proxy", seen.bytes.clone())]);
            assert_nowhere(&account(), &report.places());
            assert_nowhere(&proxys(), &report.places());
            let authorized = holds(&seen.bytes.to_ascii_lowercase(), b"authorization:");
            assert_eq!(authorized, !userinfo.is_empty(), "what the proxy gets is what its URL says");
        }
    }
    assert_eq!((sandbox.counters().connections, elsewhere.counters().connections), (0, 0));
    figures!(of "secrets": "{} answers of a proxy that is none, with and without credentials for it: no secret at it", all.len());
}

/// What a good proxy and its service see of logins by both methods.
fn assert_tunnelled(proxy: &Proxy, report: &Report, sandbox: &personr_sandbox::Sandbox) {
    let tokens = report.tokens();
    assert_eq!(tokens.len(), 2);
    let places = [("the proxy's heads", proxy.heads().concat()), ("the tunnel", proxy.bytes_seen())];
    let secrets = account().and("a token", &tokens);
    assert!(!places[1].1.is_empty(), "the proxy keeps what it carries");
    assert_nowhere(&secrets, &places);
    assert_nowhere(&secrets, &report.places());
    assert_nowhere(&proxys(), &report.places());
    assert_nowhere(&proxys(), &[("the service", seen_by(sandbox)), ("the tunnel", proxy.bytes_seen())]);
    sandbox.requests().iter().for_each(|request| assert_in_its_place(request, &FIRST));
    let target = format!("personr.test:{}", sandbox.address().port());
    assert_eq!(proxy.connects(), [target.clone(), target], "all that it learns");
}

#[test]
fn a_proxy_that_tunnels_sees_no_secret() {
    for tls in [false, true] {
        let sandbox = sandbox();
        let builder = Proxy::builder().credentials("gate", PROXY_PASSWORD).resolve_to(sandbox.address());
        let proxy = if tls { builder.tls() } else { builder }.start().expect("a proxy");
        let folder = tempfile::tempdir().expect("a folder");
        let ca_file = folder.path().join("proxy.pem");
        std::fs::write(&ca_file, proxy.ca_pem()).expect("written");
        let (scheme, address) = proxy.url().split_once("://").expect("a URL");
        let url = format!("{scheme}://{PROXY_USERINFO}@{address}");
        let caller = Caller::by_name(&sandbox).does("ca_file", ca_file.to_str().expect("UTF-8")).does("proxy", &url);
        let report = caller.logins(&FIRST).run();
        assert_tunnelled(&proxy, &report, &sandbox);
        assert_eq!(report.look_ups, [""; 0]);
    }
}

/// The proxy's certificate is bad: not even its own credentials go there.
#[test]
fn a_proxy_without_a_good_certificate_is_told_nothing() {
    let sandbox = sandbox();
    let proxy = Proxy::builder().tls().resolve_to(sandbox.address()).start().expect("a proxy");
    let address = proxy.url().strip_prefix("https://").expect("TLS").to_owned();
    let caller = Caller::by_name(&sandbox).does("proxy", &format!("https://{PROXY_USERINFO}@{address}"));
    let report = caller.logins(&FIRST).run();
    report.assert_all((PERSONR_TLS, "certificate-unknown-issuer"));
    assert_eq!(proxy.heads(), Vec::<Vec<u8>>::new());
    for needles in [account(), proxys()] {
        assert_nowhere(&needles, &report.places());
    }
    assert_eq!(sandbox.counters().connections, 0);
}

/// A proxy that tunnels to a server of its own, which takes the same account.
#[test]
fn a_server_behind_a_lying_proxy_sees_no_secret() {
    let (sandbox, liar) = (sandbox(), sandbox());
    let proxy = Proxy::builder().resolve_to(liar.address()).start().expect("a proxy");
    let report = Caller::by_name(&sandbox).does("proxy", proxy.url()).logins(&FIRST).run();
    report.assert_all((PERSONR_TLS, "certificate-unknown-issuer"));
    assert_nowhere(&account(), &report.places());
    assert_nowhere(&account(), &[("the proxy", [proxy.heads().concat(), proxy.bytes_seen()].concat())]);
    assert_eq!((liar.counters().connections, liar.counters().request_bytes), (2, 0));
}
