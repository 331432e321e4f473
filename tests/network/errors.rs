//! What can go wrong on the way, and that each thing is told apart.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::{Action, Certificate, DEFAULT_EMAIL, DEFAULT_PASSWORD, Fault, Proxy, Sandbox};
use personr_testkit::client::{self, Failure, Options};
use personr_testkit::relay::full::FullListener;
use personr_testkit::subprocess::{self, say};
use personr_testkit::test_name;

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

fn with(certificate: Certificate) -> Sandbox {
    Sandbox::builder().certificate(certificate).start().expect("a sandbox")
}

fn failure(options: &Options) -> Failure {
    options.demo().login().expect_err("no token")
}

#[test]
fn certificates_that_prove_nothing_are_told_apart() {
    for (certificate, reason) in [
        (Certificate::Expired, "certificate-expired"),
        (Certificate::NotYetValid, "certificate-not-yet-valid"),
        (Certificate::WrongName, "certificate-name"),
        (Certificate::SelfSigned, "certificate-unknown-issuer"),
        (Certificate::UnknownCa, "certificate-unknown-issuer"),
        (Certificate::WrongExtendedKeyUsage, "certificate-other"),
    ] {
        let sandbox = with(certificate);
        assert_eq!(failure(&Options::of(&sandbox)).kind(), (PERSONR_TLS, reason), "{certificate:?}");
        let counters = sandbox.counters();
        assert_eq!((counters.connections, counters.request_bytes), (1, 0), "not a byte of the request, and no retry");
    }
}

#[test]
fn good_certificates_are_accepted_for_each_name() {
    for certificate in [Certificate::Good, Certificate::Tls12Only] {
        let sandbox = with(certificate);
        for host in ["127.0.0.1", "localhost"] {
            let options = Options::of(&sandbox);
            options.base_url(&format!("https://{host}:{}/api/1.1/wf/", sandbox.address().port())).expect("accepted");
            assert!(options.demo().login().is_ok(), "{certificate:?} {host}");
        }
    }
}

#[test]
fn added_roots_stand_beside_the_systems() {
    let sandbox = sandbox();
    let options = Options::new();
    options.base_url(sandbox.base_url()).expect("accepted");
    let pem = sandbox.ca_pem();
    if options.demo().login().expect_err("not trusted").kind() == (PERSONR_TLS, "handshake") {
        eprintln!("this system has no root certificates at all");
    } else {
        assert_eq!(failure(&options).kind(), (PERSONR_TLS, "certificate-unknown-issuer"));
    }
    client::call(|error| unsafe { personr_options_set_ca_pem(options.0, pem.as_ptr(), pem.len(), error) })
        .expect("PEM");
    assert!(options.demo().login().is_ok());
}

#[test]
fn without_any_root_there_is_no_handle() {
    let options = Options::new();
    client::call(|error| unsafe { personr_options_set_system_roots(options.0, 0, error) }).expect("accepted");
    let failure = options.auth(DEFAULT_EMAIL, DEFAULT_PASSWORD).expect_err("refused");
    assert_eq!(failure.status, PERSONR_INVALID_ARGUMENT);
    assert!(failure.message.contains("no root certificate"), "{}", failure.message);
}

#[test]
fn a_connection_that_fails_says_where() {
    for (action, kind) in [
        (Action::Reset, (PERSONR_NETWORK, "reset")),
        (Action::Close, (PERSONR_NETWORK, "closed")),
        (Action::ResetOnAccept, (PERSONR_NETWORK, "reset")),
        (Action::RefuseTls, (PERSONR_NETWORK, "closed")),
        (Action::PlainHttp, (PERSONR_TLS, "handshake")),
        (Action::Cut { after: 10 }, (PERSONR_NETWORK, "closed")),
        (Action::Truncate { after: 10 }, (PERSONR_NETWORK, "closed")),
        (
            Action::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"status\":".to_vec()),
            (PERSONR_NETWORK, "closed"),
        ),
        (Action::Raw(b"HTTP/1.1 200 OK\r\n\r\n{\"status\":".to_vec()), (PERSONR_PROTOCOL, "json")),
        (Action::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec()), (PERSONR_PROTOCOL, "http")),
    ] {
        let sandbox = sandbox();
        sandbox.order(Fault::new(action.clone()));
        let failure = failure(&Options::of(&sandbox));
        assert_eq!(
            (failure.kind(), failure.http_status == 0),
            (kind, kind != (PERSONR_PROTOCOL, "json")),
            "{action:?}"
        );
    }
}

#[test]
fn what_never_connects_says_why() {
    let options = Options::new();
    options.max_retries(0);
    options.proxy("").expect("accepted");
    // RFC 6761, section 6.4: a name that never resolves.
    options.base_url("https://personr.invalid").expect("accepted");
    assert_eq!(failure(&options).kind(), (PERSONR_NETWORK, "dns"));
    options.base_url(&format!("https://{}", closed_port())).expect("accepted");
    assert_eq!(failure(&options).kind(), (PERSONR_NETWORK, "connect"));
}

fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

#[test]
fn each_phase_ends_at_the_deadline() {
    for (action, reason) in [(Action::StallTls, "handshake"), (Action::Stall, "answer")] {
        let sandbox = sandbox();
        let options = Options::of(&sandbox);
        options.timeout_ms(300);
        sandbox.order(Fault::new(action).always());
        let begun = Instant::now();
        assert_eq!(failure(&options).kind(), (PERSONR_TIMEOUT, reason));
        assert!(begun.elapsed() >= Duration::from_millis(300));
    }
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.timeout_ms(300);
    // Never silent, and never done.
    sandbox.order(Fault::new(Action::Drip { bytes: 1, every: Duration::from_millis(20) }));
    assert_eq!(failure(&options).kind(), (PERSONR_TIMEOUT, "answer"));
}

#[test]
fn connecting_has_a_limit_of_its_own() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.connect_timeout_ms(200);
    options.max_retries(1);
    sandbox.order(Fault::new(Action::StallTls));
    assert!(options.demo().login().is_ok(), "the second connection is a good one");
    assert_eq!(sandbox.counters().connections, 2);

    let full = FullListener::at("127.0.0.1", 0).expect("a port");
    options.base_url(&format!("https://{}", full.address())).expect("accepted");
    assert_eq!(failure(&options).kind(), (PERSONR_TIMEOUT, "connect"));
}

#[test]
fn a_redirect_is_never_followed() {
    let elsewhere = sandbox();
    for status in [301, 302, 303, 307, 308] {
        let sandbox = sandbox();
        let headers = vec![("Location".to_owned(), format!("{}/api-basic-auth", elsewhere.base_url()))];
        sandbox.order(Fault::new(Action::Answer { status, headers, body: Vec::new() }));
        let failure = failure(&Options::of(&sandbox));
        assert_eq!((failure.kind(), failure.http_status), ((PERSONR_PROTOCOL, "redirect"), status.into()));
    }
    assert_eq!(elsewhere.counters().connections, 0);
}

#[test]
fn plain_http_is_refused_beyond_loopback() {
    let options = Options::new();
    for url in ["http://enterprise.personr.co/api/1.1/wf", "http://10.0.0.1/", "http://[2001:db8::1]/"] {
        let failure = options.base_url(url).expect_err("refused");
        assert_eq!(failure.status, PERSONR_INVALID_ARGUMENT);
        assert!(failure.message.contains("loopback"), "{}", failure.message);
    }
}

#[test]
fn an_answer_has_its_limits() {
    let success = r#"{"status":"success","response":{"token":"abc","user_id":"u","expires":60}}"#;
    let answer = |head: &str, body: &str| {
        let sandbox = sandbox();
        sandbox.order(Fault::new(Action::Raw(format!("{head}\r\n{body}").into_bytes())));
        Options::of(&sandbox).demo().login().map(|token| token.value)
    };
    let sized = |length: usize| {
        let body = format!("{success}{}", " ".repeat(length - success.len()));
        answer(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n"), &body)
    };
    assert_eq!(sized(65_536), Ok("abc".to_owned()));
    assert_eq!(sized(65_537).expect_err("too large").kind(), (PERSONR_PROTOCOL, "too-large"));

    let chunked: String =
        success.chars().map(|c| format!("1;ext=1\r\n{c}\r\n")).chain(["0\r\n\r\n".to_owned()]).collect();
    assert_eq!(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", &chunked), Ok("abc".to_owned()));
    let endless = format!("1;{}\r\nx\r\n", "e".repeat(600_000));
    assert!(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", &endless).is_err());

    let headed = |length: usize| format!("HTTP/1.1 200 OK\r\nX: {}\r\n", "x".repeat(length));
    assert_eq!(answer(&headed(60_000), success), Ok("abc".to_owned()));
    assert_eq!(answer(&headed(70_000), success).expect_err("too large").kind().0, PERSONR_PROTOCOL);

    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
    let interims = |count: usize| answer(&format!("{}HTTP/1.1 200 OK\r\n", interim.repeat(count)), success);
    assert_eq!(interims(10), Ok("abc".to_owned()));
    assert_eq!(interims(100_000).expect_err("too large").kind(), (PERSONR_PROTOCOL, "too-large"));
}

mod proxies {
    use super::*;

    /// A sandbox that is no loopback address to the library, and a proxy that knows where it is.
    fn beyond(sandbox: &Sandbox) -> Options {
        let options = Options::of(sandbox);
        options.base_url("https://personr.test/api/1.1/wf").expect("accepted");
        options
    }

    fn assert_saw_no_secret(proxy: &Proxy) {
        let seen = [proxy.bytes_seen(), proxy.heads().concat()].concat();
        for secret in [DEFAULT_PASSWORD, "ZGVtb0BleGFtcGxlLmNvbTpjb3JyZWN0", "Bearer", "api-basic-auth"] {
            assert!(!seen.windows(secret.len()).any(|part| part == secret.as_bytes()), "the proxy saw {secret}");
        }
    }

    #[test]
    fn a_login_goes_through_a_tunnel() {
        let sandbox = sandbox();
        let proxy = Proxy::builder().resolve_to(sandbox.address()).start().expect("a proxy");
        let options = beyond(&sandbox);
        options.proxy(proxy.url()).expect("accepted");
        assert!(options.demo().login().is_ok());
        assert_eq!(proxy.connects(), ["personr.test:443"]);
        assert_saw_no_secret(&proxy);
    }

    #[test]
    fn the_proxy_may_want_tls_and_credentials() {
        let sandbox = sandbox();
        let proxy =
            Proxy::builder().tls().credentials("user", "p@:ss").resolve_to(sandbox.address()).start().expect("a proxy");
        let address = proxy.url().strip_prefix("https://").expect("TLS").to_owned();
        let options = beyond(&sandbox);
        options.proxy(&format!("https://user:p%40%3Ass@{address}")).expect("accepted");
        assert_eq!(
            failure(&options).kind(),
            (PERSONR_TLS, "certificate-unknown-issuer"),
            "the proxy's own certificate"
        );
        options.only_ca(proxy.ca_pem());
        assert!(options.demo().login().is_ok());
        assert_saw_no_secret(&proxy);
        for userinfo in ["", "user@", "user:wrong@", ":p%40%3Ass@"] {
            options.proxy(&format!("https://{userinfo}{address}")).expect("accepted");
            let failure = failure(&options);
            assert_eq!(failure.kind(), (PERSONR_NETWORK, "proxy"), "{userinfo}");
            assert!(failure.message.contains("407"), "{failure:?}");
        }
    }

    #[test]
    fn a_proxy_that_fails_is_named_as_such() {
        let sandbox = sandbox();
        let answers: [&[u8]; 4] = [
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            b"HTTP/1.1 403 Forbidden\r\n\r\n",
            b"220 smtp.example.com\r\n",
            b"",
        ];
        for answer in answers {
            let proxy = Proxy::builder().answer(answer).start().expect("a proxy");
            let options = beyond(&sandbox);
            options.proxy(proxy.url()).expect("accepted");
            let failure = failure(&options);
            assert_eq!((failure.kind(), failure.http_status), ((PERSONR_NETWORK, "proxy"), 0), "{failure:?}");
            assert_saw_no_secret(&proxy);
        }
        let options = beyond(&sandbox);
        options.proxy(&format!("http://{}", closed_port())).expect("accepted");
        assert_eq!(failure(&options).kind(), (PERSONR_NETWORK, "proxy"));
        options.proxy("http://proxy.invalid:3128").expect("accepted");
        assert_eq!(failure(&options).kind(), (PERSONR_NETWORK, "proxy"));
        assert_eq!(sandbox.counters().connections, 0, "nothing goes around the proxy");
    }

    #[test]
    fn a_proxy_that_stalls_ends_at_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let sandbox = sandbox();
        let options = beyond(&sandbox);
        options.proxy(&format!("http://{address}")).expect("accepted");
        options.timeout_ms(300);
        assert_eq!(failure(&options).kind(), (PERSONR_TIMEOUT, "proxy"));
    }

    #[test]
    fn a_proxy_that_goes_on_talking_is_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let talker = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            while stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {}
        });
        let sandbox = sandbox();
        let options = beyond(&sandbox);
        options.proxy(&format!("http://{address}")).expect("accepted");
        assert_eq!(failure(&options).kind(), (PERSONR_NETWORK, "proxy"));
        talker.join().expect("no panic");
    }

    /// Runs in a process of its own, with the environment that `proxies_are_taken_from_the_environment` gives it.
    #[test]
    #[ignore = "run by proxies::proxies_are_taken_from_the_environment"]
    fn child() {
        let options = Options::new();
        options.max_retries(0);
        let set = |name: &str| std::env::var(name).expect("set by the parent");
        options.base_url(&set("TEST_BASE_URL")).expect("accepted");
        options.only_ca(&set("TEST_CA_PEM"));
        let outcome = options.auth(DEFAULT_EMAIL, DEFAULT_PASSWORD).map(|auth| auth.login().map(|_| "token"));
        say(&format!("{outcome:?}"));
    }

    fn in_a_child(sandbox: &Sandbox, base_url: &str, environment: &[(&str, &str)]) -> String {
        let mut command = subprocess::command(test_name!(child));
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
            command.env_remove(name);
        }
        command.env("TEST_BASE_URL", base_url).env("TEST_CA_PEM", sandbox.ca_pem()).envs(environment.iter().copied());
        subprocess::run(command).remove(0)
    }

    #[test]
    fn proxies_are_taken_from_the_environment() {
        let sandbox = sandbox();
        let proxy = Proxy::builder().resolve_to(sandbox.address()).start().expect("a proxy");
        let target = "https://personr.test/api/1.1/wf";
        let url = proxy.url();
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            assert_eq!(in_a_child(&sandbox, target, &[(name, url)]), "Ok(Ok(\"token\"))", "{name}");
        }
        let connects = proxy.connects().len();
        assert_eq!(connects, 4);
        for environment in [
            &[("HTTP_PROXY", url), ("http_proxy", url)][..],
            &[("HTTPS_PROXY", url), ("NO_PROXY", "example.com,personr.test")],
            &[("HTTPS_PROXY", url), ("no_proxy", "*")],
        ] {
            let outcome = in_a_child(&sandbox, target, environment);
            assert!(outcome.contains("reason: \"dns\""), "not by a proxy: {environment:?} {outcome}");
        }
        let direct = in_a_child(&sandbox, sandbox.base_url(), &[("HTTPS_PROXY", url)]);
        assert_eq!(direct, "Ok(Ok(\"token\"))", "a loopback service is reached directly");
        assert_eq!(proxy.connects().len(), connects);
        let socks = in_a_child(&sandbox, target, &[("ALL_PROXY", "socks5://user:hunter2@127.0.0.1:1080")]);
        assert!(socks.contains("ALL_PROXY: SOCKS proxies are not supported") && !socks.contains("hunter2"), "{socks}");
    }
}
