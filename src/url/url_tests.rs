use super::*;

fn url(text: &str) -> Url {
    Url::parse(text.as_bytes()).unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

fn problem(text: &str) -> &'static str {
    Url::parse(text.as_bytes()).err().unwrap_or_else(|| panic!("{text} is accepted"))
}

#[test]
fn equal_urls_have_one_normal_form() {
    for (normal, texts) in [
        (
            "https://enterprise.personr.co/api/1.1/wf",
            &[
                "https://Enterprise.Personr.co/api/1.1/wf",
                "HTTPS://enterprise.personr.co:443/api/1.1/wf/",
                "https://enterprise.personr.co:0443/api/1.1/wf//",
                "https://enterprise.personr.co./api/1.1/wf",
                "https://enterprise.personr.co/%61p%69/1%2E1/wf",
            ][..],
        ),
        (
            "https://h/a%2Fb%C3%A4~",
            &["https://h/a%2fb%c3%a4~", "https://h/a%2Fb%C3%A4%7e", "https://h:443/a%2Fb%c3%A4%7E/"],
        ),
        ("https://h/A:@!$&'()*+,;=-._~", &["https://h/A:@!$&'()*+,;=-._~"]),
        ("http://[::1]:8080", &["http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080/", "http://[0::0001]:08080"]),
        ("https://[fd00::a:0:0:1]", &["https://[FD00:0:0::A:0:0:1]", "https://[fd00:0:0:0:a::1]:443"]),
        ("https://10.0.0.7", &["https://10.0.0.7:443/", "https://[::ffff:10.0.0.7]", "https://[::FFFF:a00:7]"]),
        ("http://localhost", &["http://LOCALHOST:80", "http://localhost./"]),
    ] {
        for text in texts {
            assert_eq!(url(text).normalized(), normal, "{text}");
            assert_eq!(url(&url(text).normalized()).normalized(), normal, "{text}");
        }
    }
}

/// What need not be the same to every server.
#[test]
fn other_urls_stay_apart() {
    let texts = ["a/b", "a%2Fb", "A/b", "a//b", "a%252Fb", "a;b", "a%3Bb", "a%20b", "a+b", "a/b/index"];
    let forms: std::collections::BTreeSet<_> =
        texts.iter().map(|path| url(&format!("https://h/{path}")).normalized()).collect();
    assert_eq!(forms.len(), texts.len(), "{forms:?}");
}

/// To the look-up it says that the name is whole; certificates and servers know the name without it.
#[test]
fn a_dot_at_the_end_of_a_host_is_for_the_look_up_alone() {
    let url = url("https://Enterprise.Personr.co./api");
    assert_eq!((url.host.as_str(), url.name()), ("enterprise.personr.co.", "enterprise.personr.co"));
    assert_eq!(problem("https://enterprise.personr.co../"), NO_HOST);
    assert_eq!(problem("https://./"), NO_HOST);
    assert_eq!(problem("https://127.0.0.1./"), NO_HOST);
}

#[test]
fn only_addresses_and_localhost_are_loopback() {
    for text in [
        "http://localhost/x",
        "http://127.0.0.1:1/",
        "http://127.9.9.9",
        "http://[::1]:80",
        "http://localhost.",
        "http://[::ffff:127.0.0.1]",
    ] {
        assert!(url(text).is_loopback(), "{text}");
    }
    for text in ["http://localhost.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "http://[::2]"] {
        assert!(!url(text).is_loopback(), "{text}");
    }
}

#[test]
fn a_proxy_keeps_its_userinfo_apart() {
    let url = url("http://user:p%40ss@proxy:3128");
    assert_eq!(url.userinfo.as_ref().expect("there is one").as_bytes(), b"user:p%40ss");
    assert_eq!((url.host.as_str(), url.port), ("proxy", 3128));
    assert!(!format!("{url:?}").contains("p%40ss"));
    let url = Url::parse(b"http://DOMAIN\\us\xe4r:p@ss^|\"<>{}[]@[::1]:3128").expect("any bytes");
    assert_eq!(url.userinfo.as_ref().expect("there is one").as_bytes(), b"DOMAIN\\us\xe4r:p@ss^|\"<>{}[]");
    assert_eq!((url.host.as_str(), url.port), ("::1", 3128));
}

#[test]
fn an_invalid_url_is_refused() {
    let cases = [
        "",
        "enterprise.personr.co",
        "ftp://host/",
        "socks5://host",
        "https://",
        "https:///path",
        "https://host:0",
        "https://host:99999",
        "https://host:x",
        "https://host:",
        "https://ho st",
        "https://host/?q",
        "https://host/#f",
        "https://[::1",
        "https://[::1]x",
        "https://h\u{f6}st",
        "https://host/\n",
        "https:/host",
        "https:host",
        "://host",
        "https://host:+443",
        "https://host:-1",
        "https://host:443:443",
        "https://:443",
        "https://user@",
        "https://h%6fst",
        "https://-host",
        "https://host..example",
        "https://host\\x",
        "https://::1",
        "https://[::1]:",
        "https://[::1",
        "https://[]",
        "https://[host]",
        "https://[127.0.0.1]",
        "https://[fe80::1%25eth0]",
        "https://0x7f.1",
        "https://0x7f000001",
        "https://2130706433",
        "https://127.1",
        "https://010.0.0.1",
        "https://host/..",
        "https://host/a/../b",
        "https://host/a/./b",
        "https://host/a/%2e%2E/b",
        "https://host/%",
        "https://host/%2",
        "https://host/%2x/",
        "https://host/%+1",
        "https://host/a b",
        "https://host/\u{e4}",
        "https://host/{x}",
        "https://host/a\\b",
        "https://host/|",
    ];
    for text in cases {
        problem(text);
    }
    assert_eq!(
        problem("https://h\u{f6}st"),
        "the host is not ASCII: write a name of other letters in its \"xn--\" form"
    );
    assert_eq!(problem("https:///path"), "the host is missing");
    assert!(Url::parse(b"https://host\xff/").is_err() && Url::parse(b"https://host/\xff").is_err());
}

#[test]
fn an_error_names_the_blank() {
    for (text, expected) in [
        (" https://host", "it begins with a space"),
        ("https://host ", "it ends with a space"),
        ("https://host/\r\n", "it ends with a line break"),
        ("https://host/\u{a0}", "it ends with a blank"),
        ("https://ho st", "it contains a space or a control character"),
    ] {
        assert_eq!(problem(text), expected, "{text:?}");
    }
}
