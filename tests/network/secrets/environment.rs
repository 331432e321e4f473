//! What the environment may decide, and what it may not.

use std::fs;

use personr::ffi::PERSONR_INVALID_ARGUMENT;
use personr_sandbox::Proxy;
use personr_testkit::figures::figures;

use super::caller::Caller;
use super::listener::Listener;
use super::needles::{FIRST, Needles, assert_in_its_place, assert_nowhere, seen_by};
use super::{plain_sandbox, sandbox};

const OTHER_PASSWORD: &str = "netrc-Jx82-or-proxy-Pw41";

fn others() -> Needles {
    Needles::of(&[FIRST]).and("the environment", &[OTHER_PASSWORD, &format!("gate:{OTHER_PASSWORD}")])
}

/// In a CGI program a client's `Proxy:` header sets it (httpoxy).
#[test]
fn http_proxy_is_ignored() {
    let proxy = Listener::start("127.0.0.1", b"HTTP/1.1 200 OK\r\n\r\n");
    let url = format!("http://gate:{OTHER_PASSWORD}@{}", proxy.address());
    for (sandbox, names) in [(sandbox(), &["personr.test"; 2][..]), (plain_sandbox(), &[])] {
        let caller = if names.is_empty() { Caller::of(&sandbox) } else { Caller::by_name(&sandbox) };
        let report = caller.logins(&FIRST).env("HTTP_PROXY", &url).env("http_proxy", &url).run();
        assert_eq!(report.look_ups, names, "the service's name and no other");
        assert_nowhere(&others().and("a token", &report.tokens()), &report.places());
        sandbox.requests().iter().for_each(|request| assert_in_its_place(request, &FIRST));
    }
    assert_eq!(proxy.end().connections, 0);
}

#[test]
fn https_proxy_gets_its_own_credentials_alone() {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    for name in names {
        let sandbox = sandbox();
        let proxy = Proxy::builder().credentials("gate", OTHER_PASSWORD).resolve_to(sandbox.address());
        let proxy = proxy.start().expect("a proxy");
        let port = proxy.url().rsplit_once(':').expect("a port").1;
        let caller = Caller::by_name(&sandbox).logins(&FIRST);
        let caller = caller.env(name, &format!("http://gate:{OTHER_PASSWORD}@proxy.test:{port}"));
        let report = caller.run();
        assert_eq!(report.look_ups, ["proxy.test"; 2], "the proxy's name, and not the service's");
        let secrets = others().and("a token", &report.tokens());
        assert_nowhere(&secrets, &report.places());
        assert_nowhere(&secrets, &[("the tunnel", proxy.bytes_seen())]);
        assert_nowhere(&Needles::of(&[FIRST]), &[("the proxy", proxy.heads().concat())]);
        let own = Needles::default().and("the proxy", &[OTHER_PASSWORD]);
        assert_nowhere(&own, &[("the service", seen_by(&sandbox))]);
    }
    figures!(of "secrets": "HTTP_PROXY and netrc ignored; {} variables with a password, seen by their proxy alone", names.len());
}

/// By itself, and by NO_PROXY: a service on this machine is reached without a proxy.
#[test]
fn a_proxy_that_no_proxy_excepts_sees_nothing() {
    let sandbox = sandbox();
    let proxy = Listener::start("127.0.0.1", b"HTTP/1.1 403 Forbidden\r\n\r\n");
    let url = format!("http://gate:{OTHER_PASSWORD}@{}", proxy.address());
    let direct = Caller::of(&sandbox).logins(&FIRST).env("HTTPS_PROXY", &url).run();
    let excepted = Caller::by_name(&sandbox).logins(&FIRST).env("HTTPS_PROXY", &url).env("NO_PROXY", "personr.test");
    let excepted = excepted.run();
    assert_eq!(
        (direct.look_ups.len(), &*excepted.look_ups),
        (0, &["personr.test".to_owned(), "personr.test".into()][..])
    );
    for report in [direct, excepted] {
        assert_nowhere(&others().and("a token", &report.tokens()), &report.places());
    }
    assert_eq!(proxy.end().connections, 0);
}

#[test]
fn netrc_is_ignored() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().to_str().expect("UTF-8");
    let entries = ["machine personr.test", "machine 127.0.0.1", "default"];
    let text: String = entries.map(|entry| format!("{entry} login gate password {OTHER_PASSWORD}\n")).concat();
    let netrc = format!("{home}/.netrc");
    fs::write(&netrc, &text).expect("written");
    for sandbox in [sandbox(), plain_sandbox()] {
        let report = Caller::of(&sandbox).logins(&FIRST).env("HOME", home).env("NETRC", &netrc).run();
        report.tokens();
        assert_nowhere(&others(), &report.places());
        let own = Needles::default().and("netrc", &[OTHER_PASSWORD, &format!("gate:{OTHER_PASSWORD}")]);
        assert_nowhere(&own, &[("the service", seen_by(&sandbox))]);
        sandbox.requests().iter().for_each(|request| assert_in_its_place(request, &FIRST));
    }
}

#[test]
fn userinfo_in_the_base_url_is_refused_and_not_repeated() {
    let sandbox = sandbox();
    let address = sandbox.address();
    for userinfo in [format!("gate:{OTHER_PASSWORD}"), OTHER_PASSWORD.to_owned(), format!(":{OTHER_PASSWORD}")] {
        for url in [
            format!("https://{userinfo}@{address}/api/1.1/wf"),
            format!("http://{userinfo}@{address}/api/1.1/wf"),
            format!("https://{address}/api?password={OTHER_PASSWORD}"),
            format!("https://{address}/api#{OTHER_PASSWORD}"),
            format!("ftp://{userinfo}@{address}/"),
            format!("https://{userinfo}@{address}:port/"),
            format!("{userinfo}@{address}"),
        ] {
            let report = Caller::default().does("options", "").does("log_level", "4").does("base_url", &url).run();
            report.assert_all((PERSONR_INVALID_ARGUMENT, "argument"));
            assert_nowhere(&others(), &report.places());
        }
        let refused = format!("socks5://{userinfo}@{address}");
        for report in [
            Caller::of(&sandbox).does("proxy", &refused).run(),
            Caller::by_name(&sandbox).login(&FIRST).env("ALL_PROXY", &refused).run(),
        ] {
            report.assert_all((PERSONR_INVALID_ARGUMENT, "argument"));
            assert_nowhere(&others(), &report.places());
        }
    }
    assert_eq!(sandbox.counters().connections, 0);
}
