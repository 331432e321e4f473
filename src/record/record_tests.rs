use super::*;
use crate::token::TOKEN_MAX;

fn now() -> Now {
    Now { instant: Instant::START.after(Duration::from_secs(5_000_000)), unix: Duration::from_secs(1_700_000_000) }
}

fn full() -> Record {
    let now = now();
    let lifetime = Duration::from_secs(31_536_000);
    let obtained = now.instant.before(Duration::from_secs(100));
    let expires = obtained.after(lifetime);
    let error = Error::new(Status::RateLimited, "http-429", "Too many")
        .with_http_status(429)
        .with_retry_after(Some(Duration::from_secs(7)));
    Record {
        generation: 42,
        token: Some(Arc::new(Token::new(b"bus|1", b"user", lifetime, now.unix_seconds_of(expires), expires))),
        used: now.instant.before(Duration::from_secs(2 * DAY_S)),
        refusal: Some(Refusal { error: error.clone(), salt: u64::MAX, tag: 77 }),
        failure: Some(LoginFailure {
            error,
            at: now.instant.before(Duration::from_secs(3)),
            count: 2,
            cut_off_after: Some(Duration::from_millis(1500)),
        }),
        replacements: Replacements { count: 3, last: Some(now.instant.before(Duration::from_secs(50))) },
        unknown: Map::new(),
    }
}

fn decode(text: &str) -> Result<Record> {
    Record::decode(Some(&Zeroizing::new(text.as_bytes().to_vec())), &now())
}

fn seconds(from: Instant, to: Instant) -> u64 {
    from.until(to).as_secs_f64().round() as u64
}

#[test]
fn a_written_record_is_read_back() {
    let (now, full) = (now(), full());
    let bytes = full.encode(&now).expect("JSON");
    let read = Record::decode(Some(&bytes), &now).expect("readable");
    let (before, after) = (full.token.expect("one"), read.token.expect("one"));
    assert_eq!((after.value(), after.user_id(), after.lifetime()), (c"bus|1", c"user", before.lifetime()));
    assert_eq!(seconds(now.instant, after.expires()), seconds(now.instant, before.expires()));
    assert_eq!((read.generation, seconds(read.used, now.instant)), (42, 2 * DAY_S));
    assert_eq!(read.refusal, full.refusal);
    let (before, after) = (full.failure.expect("one"), read.failure.expect("one"));
    assert_eq!((after.error, after.count, after.cut_off_after), (before.error, before.count, before.cut_off_after));
    assert_eq!((seconds(after.at, now.instant), read.replacements.count), (3, 3));
    assert_eq!(read.replacements.last.map(|last| seconds(last, now.instant)), Some(50));
}

#[test]
fn unknown_fields_are_kept_and_a_later_version_is_left_alone() {
    let record = decode(r#"{"version":1,"generation":5,"colour":{"of":["later"]}}"#).expect("readable");
    let bytes = record.encode(&now()).expect("JSON");
    assert!(std::str::from_utf8(&bytes).expect("UTF-8").contains(r#""colour":{"of":["later"]}"#));
    for text in [r#"{"version":2}"#, r#"{"version":99,"generation":"in words"}"#] {
        let Err(error) = decode(text) else { panic!("taken for ours: {text}") };
        assert_eq!((error.status(), error.reason()), (Status::Store, "store-version"));
    }
}

#[test]
fn an_unreadable_record_counts_as_none() {
    for text in ["", "{", "[]", "null", "\u{0}\u{1}", r#"{"version":1}"#, r#"{"version":"one","generation":1}"#] {
        let record = decode(text).expect("as none");
        assert!(record.token.is_none() && record.generation == 0, "{text}");
    }
    assert!(Record::decode(None, &now()).expect("none").token.is_none());
}

#[test]
fn an_invalid_token_counts_as_none() {
    let with = |token: &str, obtained: &str, expires: &str| {
        let text = format!(
            r#"{{"version":1,"generation":1,"token":{token},"obtained_at":{obtained},"expires_at":{expires}}}"#
        );
        decode(&text).expect("readable").token.is_some()
    };
    assert!(with("\"abc\"", "1700000000.0", "1700000060.0"));
    for (token, obtained, expires) in [
        ("\"a b\"", "1700000000", "1700000060"),
        ("\"\"", "1700000000", "1700000060"),
        ("\"abc\"", "1700000060", "1700000000"),
        ("\"abc\"", "0", "1e300"),
        ("null", "0", "1"),
    ] {
        assert!(!with(token, obtained, expires), "{token} {obtained} {expires}");
    }
}

#[test]
fn times_in_the_future_count_as_now() {
    let text = r#"{"version":1,"generation":1,"token":"abc","obtained_at":1800000000,"expires_at":1800000060,
        "used_on":99999}"#;
    let (record, now) = (decode(text).expect("readable"), now());
    let token = record.token.expect("one");
    assert_eq!((seconds(now.instant, token.expires()), token.lifetime()), (60, 60));
    assert_eq!(record.used, now.instant);
}

#[test]
fn a_pause_in_the_future_does_not_bind() {
    let of = |ahead: f64| {
        let at = 1_700_000_000.0 + ahead;
        let text = format!(
            r#"{{"version":1,"generation":1,"replacements":3,"replaced_at":{at},
            "failure":{{"error":{{"status":"server","reason":"","message":"","retry_after_ms":3600000}},"at":{at},"count":9}}}}"#
        );
        decode(&text).expect("readable")
    };
    for ahead in [-3.0, 0.0, 0.02, 5.0] {
        let record = of(ahead);
        assert!(record.failure.is_some_and(|failure| seconds(failure.at, now().instant) <= 3), "{ahead}");
        assert!(record.replacements.last.is_some(), "{ahead}");
    }
    for ahead in [5.1, 60.0, 31_536_000.0, 1e18] {
        let record = of(ahead);
        assert_eq!(record.failure.map(|failure| (failure.at, failure.count)), Some((Instant::START, 9)), "{ahead}");
        assert_eq!((record.replacements.last, record.replacements.count), (None, 3), "{ahead}");
    }
}

#[test]
fn a_pause_of_very_long_ago_is_over() {
    for at in ["-1e18", "-1e20", "-1e300"] {
        let text = format!(
            r#"{{"version":1,"generation":1,"replacements":3,"replaced_at":{at},
            "failure":{{"error":{{"status":"server","reason":"","message":""}},"at":{at},"count":9}}}}"#
        );
        let record = decode(&text).expect("readable");
        assert_eq!(record.failure.map(|failure| failure.at), Some(Instant::START), "{at}");
        assert_eq!(record.replacements.last, Some(Instant::START), "{at}");
    }
}

/// A store would refuse it, and only when the login is done.
#[test]
fn what_a_later_version_wrote_is_kept_as_long_as_there_is_room() {
    for (length, is_kept) in [(RECORD_MAX / 2, true), (RECORD_MAX, false)] {
        let mut record = full();
        record.unknown.insert("colour".to_owned(), Value::String("x".repeat(length)));
        let bytes = record.encode(&now()).expect("JSON");
        assert!(bytes.len() <= RECORD_MAX, "{}", bytes.len());
        let read = Record::decode(Some(&bytes), &now()).expect("readable");
        assert_eq!((read.unknown.contains_key("colour"), read.generation), (is_kept, 42));
        assert!(read.token.is_some() && read.failure.is_some());
    }
}

#[test]
fn our_own_longest_record_fits() {
    let mut record = full();
    let longest = "x".repeat(TOKEN_MAX);
    let expires = now().instant.after(Duration::from_secs(DAY_S));
    let token = Token::new(longest.as_bytes(), longest.as_bytes(), Duration::from_secs(DAY_S), 0, expires);
    record.token = Some(Arc::new(token));
    // The longest message, of characters that are longest in JSON.
    let error = || Error::new(Status::Server, "\u{1f512}".repeat(2000), "\u{1f512}".repeat(2000));
    record.refusal = Some(Refusal { error: error(), salt: u64::MAX, tag: u16::MAX });
    record.failure = record.failure.map(|failure| LoginFailure { error: error(), ..failure });
    assert!(record.encode(&now()).expect("JSON").len() <= RECORD_MAX);
}

#[test]
fn an_impossible_generation_marks_a_damaged_record() {
    let of = |generation: u64| {
        decode(&format!(r#"{{"version":1,"generation":{generation},"colour":1}}"#)).expect("readable").generation
    };
    assert_eq!((of(GENERATION_MAX), of(GENERATION_MAX + 1), of(u64::MAX)), (GENERATION_MAX, 0, 0));
}

#[test]
fn times_before_the_start_of_the_machine_are_kept() {
    let day = Duration::from_secs(DAY_S);
    let now = Now { instant: Instant::since_boot(Duration::from_secs(1)), unix: Duration::from_secs(1_700_000_000) };
    let text = r#"{"version":1,"generation":1,"token":"abc","obtained_at":1674080000,"expires_at":1705616000,
        "used_on":19635}"#;
    let record = Record::decode(Some(&Zeroizing::new(text.as_bytes().to_vec())), &now).expect("readable");
    let token = record.token.expect("one");
    assert_eq!((seconds(now.instant, token.expires()), token.lifetime()), (65 * DAY_S, 365 * DAY_S as i64));
    assert_eq!(record.used, now.instant.before(40 * day));
    assert_eq!(seconds(token.obtained(), now.instant), 300 * DAY_S);
}

#[test]
fn the_time_left_never_exceeds_the_lifetime() {
    let text = r#"{"version":1,"generation":1,"token":"abc","obtained_at":1699999990,"expires_at":1700000050}"#;
    let token = decode(text).expect("readable").token.expect("one");
    assert_eq!((seconds(now().instant, token.expires()), token.lifetime()), (50, 60));
    // A clock that started at 1970: the token is trusted for its whole life.
    let early = Now { unix: Duration::from_secs(5), ..now() };
    let token = Record::decode(Some(&Zeroizing::new(text.as_bytes().to_vec())), &early).expect("readable").token;
    assert_eq!(seconds(now().instant, token.expect("one").expires()), 60);
}
