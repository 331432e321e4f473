//! What a service may repeat of a secret, in the forms that servers write.

use super::*;

#[test]
fn secrets_are_replaced_wherever_they_stand() {
    let secrets: &[&[u8]] = &[b"hunter2", b"aHVudGVyMg=="];
    assert_eq!(presentable("hunter2hunter2, (aHVudGVyMg==)", secrets), "[redacted][redacted], ([redacted])");
    assert_eq!(presentable("\u{fc}hunter2\u{fc}", secrets), "\u{fc}[redacted]\u{fc}");
    assert_eq!(presentable("correct\nhorse", &[b"correct horse"]), "[redacted]");
    assert_eq!(presentable("p\u{e4}ss p\u{e4}", &["p\u{e4}ss".as_bytes()]), "[redacted] p\u{e4}");
}

#[test]
fn secrets_are_replaced_in_each_encoding() {
    let secrets: &[&[u8]] = &[b"p ~/<&\xc3\xbf?", b"YTpwIH4vPCbDvz8="];
    for form in [
        "p%20~%2F%3C%26%C3%BF%3F",
        "p%20%7E%2F%3C%26%C3%BF%3F",
        "p%20~%2f%3c%26%c3%bf%3f",
        "p+~%2F%3C%26%C3%BF%3F",
        "p ~/&lt;&amp;\u{ff}?",
        "YTpwIH4vPCbDvz8",
        "YTpwIH4vPCbDvz8%3D",
    ] {
        let shown = presentable(&format!("no {form} here"), secrets);
        assert!(shown == "no [redacted] here", "{form}: {shown}");
    }
    for form in [BASE64_STANDARD_NO_PAD.encode(secrets[0]), BASE64_URL_SAFE_NO_PAD.encode(secrets[0])] {
        assert_eq!(presentable(&format!("no {form}== here"), secrets), "no [redacted]== here");
    }
}

#[test]
fn a_short_secret_does_not_take_replacements_apart() {
    assert_eq!(presentable("secret: hunter2", &[b"hunter2", b"e"]), "s[redacted]cr[redacted]t: [redacted]");
    // Base64 of " " is "IA==".
    assert_eq!(presentable("INITIAL", &[b" "]), "INITIAL");
}

#[test]
fn the_longer_of_two_secrets_is_replaced_whole() {
    assert_eq!(presentable("hunter22", &[b"hunter2", b"hunter22"]), "[redacted]");
}

#[test]
fn unknown_tokens_are_known_by_their_shape() {
    assert_eq!(
        presentable("Invalid or expired token: bus|1670035114445x631333625381113500", &[]),
        "Invalid or expired token: [redacted]"
    );
    assert_eq!(presentable("token 1670035114445x631333625381113500.", &[]), "token [redacted].");
    assert_eq!(presentable("?max=1&token=1670035114445x631333625381113500", &[]), "?max=1&[redacted]");
    assert_eq!(
        presentable("The condition for the workflow X is not met", &[]),
        "The condition for the workflow X is not met"
    );
}

#[test]
fn a_secret_with_invisible_characters_in_it_is_found() {
    for (secret, texts) in [
        (
            "p\u{200d}ss\u{feff}w\u{2028}rd",
            ["p ss w rd", "p\\u200dss\\ufeffw\\u2028rd", "p&#8205;ss&#65279;w&#8232;rd"],
        ),
        // Too few letters to be known by them.
        ("p\u{200d}&\u{feff}\u{e4}", ["p & \u{e4}", "p\\u200d&\\ufeff\u{e4}", "p&#8205;&amp;&#65279;\u{e4}"]),
    ] {
        for text in texts.into_iter().chain([secret]) {
            assert_eq!(presentable(text, &[secret.as_bytes()]), REDACTED, "{text:?}");
        }
    }
}

/// What frameworks make of a text that they put into an answer. None of it shares code with the library.
mod encoders {
    fn each(text: &str, encode: impl Fn(char) -> String) -> String {
        text.chars().map(encode).collect()
    }

    fn is_special(c: char) -> bool {
        !c.is_ascii_alphanumeric()
    }

    fn html(text: &str, apostrophe: &str, quote: &str) -> String {
        each(text, |c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '\'' => apostrophe.to_owned(),
            '"' => quote.to_owned(),
            c => c.to_string(),
        })
    }

    fn percent(text: &str, bytes: impl Fn(char) -> Vec<u8>) -> String {
        each(text, |c| match c {
            c if is_special(c) => bytes(c).iter().map(|byte| format!("%{byte:02X}")).collect(),
            c => c.to_string(),
        })
    }

    fn utf8(c: char) -> Vec<u8> {
        c.to_string().into_bytes()
    }

    fn latin1(c: char) -> Vec<u8> {
        vec![u8::try_from(u32::from(c)).unwrap_or(b'?')]
    }

    fn json(text: &str) -> String {
        let quoted = serde_json::to_string(text).expect("a string");
        quoted[1..quoted.len() - 1].to_owned()
    }

    fn utf16(c: char) -> String {
        c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    }

    pub(super) type Encoder = (&'static str, fn(&str) -> String);

    pub(super) const ALL: [Encoder; 20] = [
        ("HTML of Python", |text| html(text, "&#x27;", "&quot;")),
        ("HTML of Go", |text| html(text, "&#39;", "&#34;")),
        ("HTML of PHP", |text| html(text, "&#039;", "&quot;")),
        ("XML", |text| html(text, "&apos;", "&quot;")),
        ("HTML with names for all", |text| {
            each(text, |c| match c {
                '\u{e4}' => "&auml;".to_owned(),
                '*' => "&ast;".to_owned(),
                '&' => "&amp;".to_owned(),
                '\'' => "&#39;".to_owned(),
                c => c.to_string(),
            })
        }),
        ("HTML in numbers", |text| each(text, |c| format!("&#{};", u32::from(c)))),
        ("HTML in hexadecimal", |text| {
            each(text, |c| if is_special(c) { format!("&#X{:X};", u32::from(c)) } else { c.into() })
        }),
        ("percent-encoding", |text| percent(text, utf8)),
        ("percent-encoding in small letters", |text| {
            each(text, |c| if is_special(c) { utf8(c).iter().map(|b| format!("%{b:02x}")).collect() } else { c.into() })
        }),
        ("percent-encoding of Latin-1", |text| percent(text, latin1)),
        ("percent-encoding of everything", |text| {
            each(text, |c| utf8(c).iter().map(|b| format!("%{b:02x}")).collect())
        }),
        ("escape() of JavaScript", |text| {
            each(text, |c| match u32::from(c) {
                _ if !is_special(c) => c.into(),
                code @ ..=0xff => format!("%{code:02X}"),
                _ => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("%u{unit:04X}")).collect(),
            })
        }),
        ("a form", |text| percent(text, utf8).replace("%20", "+")),
        ("JSON", json),
        ("JSON of PHP", |text| json(text).replace('/', "\\/")),
        ("JSON in ASCII", |text| each(&json(text), |c| if c.is_ascii() { c.into() } else { utf16(c) })),
        ("JSON of .NET", |text| each(&json(text), |c| if "<>&'+\"".contains(c) { utf16(c) } else { c.into() })),
        ("JSON in JSON", |text| json(&each(&json(text), |c| if c.is_ascii() { c.into() } else { utf16(c) }))),
        ("hexadecimal escapes", |text| {
            each(text, |c| {
                if is_special(c) { utf8(c).iter().map(|byte| format!("\\x{byte:02x}")).collect() } else { c.into() }
            })
        }),
        ("UTF-8 read as Latin-1", |text| text.bytes().map(char::from).collect()),
    ];
}

/// Of a seed, always the same numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("fits") % limit
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Six letters and digits are enough to be known by, whatever a server makes of the rest.
fn random_secret(numbers: &mut Numbers) -> String {
    let specials: Vec<char> =
        " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u{a0}\u{e4}\u{fc}\u{df}\u{20ac}\u{416}\u{1f600}".chars().collect();
    let letters: Vec<char> = "abcdefnrtuxABCDEF0123456789".chars().collect();
    let mut secret: Vec<char> = (0..6 + numbers.below(10)).map(|_| *numbers.pick(&letters)).collect();
    for _ in 0..numbers.below(6) {
        let at = numbers.below(secret.len());
        secret.insert(at, *numbers.pick(&specials));
    }
    secret.into_iter().collect()
}

#[test]
fn no_chain_of_encoders_brings_a_secret_through() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..4000 {
        let secret = random_secret(&mut numbers);
        let mut text = secret.clone();
        let mut names = Vec::new();
        for _ in 0..=numbers.below(3) {
            let (name, encode) = numbers.pick(&encoders::ALL);
            text = encode(&text);
            names.push(*name);
        }
        let around = *numbers.pick(&["no {} here", "{}", "user={}&x=1", "<b>{}</b>", "{\"password\":\"{}\"}"]);
        let shown = presentable(&around.replacen("{}", &text, 1), &[secret.as_bytes()]);
        assert!(!shown.contains(&text) && !shown.contains(&secret), "{round}: {secret:?} by {names:?} is {shown:?}");
        assert!(shown.contains(REDACTED), "{round}: {secret:?} by {names:?} is {shown:?}");
    }
}

#[test]
fn a_text_that_shows_a_secret_only_when_decoded_is_not_shown() {
    for (secret, text) in [
        ("it's \"me\"", "it&#x27;s &#34;me&#34;"),
        ("it's \"me\"", "it&apos;s &quot;me&quot;"),
        ("it's \"me\"", r#"{\"password\":\"it's \\\"me\\\"\"}"#),
        ("a/b/c/d", r"a\/b\/c\/d"),
        ("p\u{e4}ssw\u{f6}rd", r"p\u00e4ssw\u00f6rd"),
        ("p\u{e4}ssw\u{f6}rd", r"p\\u00e4ssw\\u00f6rd"),
        ("p\u{e4}ssw\u{f6}rd", "p%E4ssw%F6rd"),
        ("p\u{e4}ssw\u{f6}rd", "p%25C3%25A4ssw%25C3%25B6rd"),
        ("p\u{e4}ssw\u{f6}rd", "p\u{c3}\u{a4}ssw\u{c3}\u{b6}rd"),
        ("p\u{e4}ssw\u{f6}rd", "p\u{fffd}ssw\u{fffd}rd"),
        ("\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}", r"\u043f\u0430\u0440\u043e\u043b\u044c"),
        ("\u{1f600}\u{1f601}ab", r"\ud83d\ude00\ud83d\ude01ab"),
        ("%&%&%&", "%25&amp;%25&amp;%25&amp;"),
        ("p%41ss&word", "p%41ss&amp;amp;word"),
        ("A+b/C+d=", "A\\u002bb\\u002fC\\u002bd="),
    ] {
        let shown = presentable(&format!("The password {text} is wrong"), &[secret.as_bytes()]);
        assert_eq!(shown, REDACTED, "{secret:?} as {text:?}");
    }
}

#[test]
fn a_token_by_its_shape_is_seen_through_encodings() {
    for (text, shown) in [
        ("bus%7C1670035114445x631333625381113500", REDACTED),
        ("got bus%257C1670035114445x631333625381113500 back", "got [redacted] back"),
        ("got v2&#124;Ab-9_x~Yz/Qr back", REDACTED),
        (r"got v2\u007cAb-9_x~Yz/Qr back", REDACTED),
        ("got &#49;670035114445x631333625381113500 back", "got &#49;[redacted] back"),
        ("got &#49;&#54;&#55;0035114445&#120;631333625381113500 back", REDACTED),
    ] {
        assert_eq!(presentable(text, &[]), shown, "{text}");
    }
}

#[test]
fn a_text_that_only_looks_encoded_stays() {
    for text in [
        "The condition for the workflow X is not met. Workflow won't run",
        "We didn\u{2019}t find an account with those login credentials",
        "Terms &amp; conditions: 100% of C:\\new\\users, 50%+ more, \\u00e4, &unknown; &#xffffffff; &# %zz %u12 \\",
        "a & b; c % d + e \\ f",
    ] {
        for secret in ["hunter2", "e4", "\u{e4}", "zz", "&&&", "\u{436}\u{436}"] {
            assert_eq!(presentable(text, &[secret.as_bytes()]), text.replace(secret, REDACTED), "{secret}");
        }
        assert_eq!(presentable(text, &[]), text);
    }
    // Whoever has such a password loses words of a message, and not the message.
    assert_eq!(presentable("s\\u0065cret e", &[b"e"]), "s\\u0065cr[redacted]t [redacted]");
}

#[test]
fn a_text_with_endless_layers_is_not_shown() {
    assert_eq!(presentable(&format!("a &{} b", "amp;".repeat(10_000)), &[]), REDACTED);
    assert_eq!(presentable(&format!("a %{}41 b", "25".repeat(10_000)), &[]), REDACTED);
}

#[test]
fn redaction_is_fast_enough_for_the_worst_text() {
    let secrets: Vec<Vec<u8>> = (0..10).map(|number| format!("{}{number}", "a&".repeat(500)).into_bytes()).collect();
    let secrets: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
    let begun = std::time::Instant::now();
    for text in ["a&amp;".repeat(170), "\\u0061".repeat(170), "&".repeat(1000)] {
        presentable(&text, &secrets);
    }
    // It usually takes a thousandth of that.
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
}
