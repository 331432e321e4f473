//! One account has one record and one lock, in whatever way its service and its email are written: two would end each
//! other's token for ever.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use personr::ffi::*;
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Proxy, Sandbox};
use personr_testkit::client::Options;
use personr_testkit::store_directory::StoreDirectory;

const EMAIL: &str = "someone@example.com";

/// The keys of handles for these URLs and emails: the names of the lock files in a store. No service is reached.
fn keys(accounts: &[(&str, &str)]) -> BTreeSet<String> {
    let store = StoreDirectory::new();
    let proxy = Proxy::builder().answer(b"HTTP/1.1 403 Forbidden\r\n\r\n").start().expect("a proxy");
    for (base_url, email) in accounts {
        let options = Options::new();
        options.base_url(base_url).unwrap_or_else(|failure| panic!("{base_url}: {failure:?}"));
        options.proxy(proxy.url()).expect("accepted");
        options.max_retries(0);
        options.token_store(&store.url()).expect("accepted");
        let failure = options.auth(email, "p").expect("a handle").token().expect_err("no service");
        assert_eq!(failure.status, PERSONR_NETWORK, "{base_url}: {failure:?}");
    }
    let names = store.files().into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "lock"));
    names.map(|path| path.file_stem().expect("a name").to_str().expect("hexadecimal").to_owned()).collect()
}

fn with_email<'a>(urls: &[&'a str]) -> Vec<(&'a str, &'static str)> {
    urls.iter().map(|url| (*url, EMAIL)).collect()
}

#[test]
fn ways_to_write_an_account_have_one_key() {
    let emails = [EMAIL, "Someone@Example.COM", "SOMEONE@EXAMPLE.COM"].map(|email| ("https://personr.test/api", email));
    let cases = [
        emails.to_vec(),
        with_email(&[
            "https://personr.test/api",
            "https://PERSONR.test/api/",
            "HTTPS://personr.test:443/api",
            "https://personr.test:0443/api//",
            "https://personr.test./api",
            "https://personr.test/%61p%69",
        ]),
        with_email(&["https://personr.test/a%2Fb%C3%A4", "https://personr.test/a%2fb%c3%a4"]),
        with_email(&[
            "https://[fd00::7]:8443",
            "https://[FD00:0:0:0:0:0:0:7]:8443",
            "https://[fd00::0007]:8443",
            "https://[fd00:0::0:7]:8443/",
        ]),
        with_email(&["https://10.0.0.7/api", "https://[::ffff:10.0.0.7]/api", "https://[::ffff:a00:7]:443/api"]),
    ];
    let mut all = BTreeSet::new();
    for case in &cases {
        let keys = keys(case);
        assert_eq!(keys.len(), 1, "{case:?}");
        all.extend(keys);
    }
    // The first two are the same account.
    assert_eq!(all.len(), cases.len() - 1);
}

/// Here two keys cost a login at worst, and one key would hand out a token of another account.
#[test]
fn what_may_be_another_account_has_another_key() {
    let accounts = [
        ("https://personr.test/api", EMAIL),
        ("https://personr.test/Api", EMAIL),
        ("https://personr.test/a/pi", EMAIL),
        ("https://personr.test/a%2Fpi", EMAIL),
        ("https://personr.test//api", EMAIL),
        ("https://personr.test:8443/api", EMAIL),
        ("https://www.personr.test/api", EMAIL),
        ("https://personr.test/api", "someone@example.org"),
        ("https://personr.test/api", "s\u{e4}meone@example.com"),
        ("https://personr.test/api", "s\u{c4}meone@example.com"),
    ];
    assert_eq!(keys(&accounts).len(), accounts.len());
}

#[test]
fn handles_share_one_token_and_each_sends_its_email_as_it_is_given() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let upper = DEFAULT_EMAIL.to_uppercase();
    sandbox.set_account(&upper, DEFAULT_PASSWORD);
    let store = StoreDirectory::new();
    for store in ["memory:", &store.url()] {
        let options = Options::of(&sandbox);
        options.token_store(store).expect("accepted");
        let (port, before) = (sandbox.address().port(), sandbox.counters().tokens_issued);
        sandbox.forget_requests();
        let first = options.auth(&upper, DEFAULT_PASSWORD).expect("a handle");
        let token = first.token().expect("a token");
        options.base_url(&format!("https://[::ffff:127.0.0.1]:{port}/api/1%2e1/%77f/")).expect("accepted");
        let second = options.demo();
        assert_eq!(second.token().expect("a token").value, token.value, "{store}");
        assert_eq!(sandbox.counters().tokens_issued, before + 1, "{store}");
        let requests = sandbox.requests();
        let sent = requests.first().and_then(|request| request.header("authorization")).expect("a login");
        let pair = format!("Basic {}", BASE64_STANDARD.encode(format!("{upper}:{DEFAULT_PASSWORD}")));
        assert_eq!(sent, pair.as_bytes(), "capitals are sent");
    }
}

/// It tells the look-up that the name is whole. Certificates have none, and servers do not know their name by it.
#[test]
fn a_dot_at_the_end_of_a_host_reaches_no_certificate_and_no_server() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let proxy = Proxy::builder().resolve_to(sandbox.address()).start().expect("a proxy");
    let options = Options::of(&sandbox);
    options.proxy(proxy.url()).expect("accepted");
    for url in ["https://personr.test/api/1.1/wf", "https://Personr.Test./api/1.1/wf"] {
        sandbox.forget_requests();
        options.base_url(url).expect("accepted");
        options.demo().login().unwrap_or_else(|failure| panic!("{url}: {failure:?}"));
        assert_eq!(sandbox.requests()[0].header("host"), Some(&b"personr.test"[..]), "{url}");
    }
    assert_eq!(proxy.connects(), ["personr.test:443", "personr.test.:443"], "as it was written");
}
