//! What can be wrong with a Redis server: the result is a failure of the store, no login is done behind the back of the
//! others, and a token in hand stays good.

#![cfg(all(feature = "redis", feature = "capi"))]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::Sandbox;
use personr_testkit::client::{Failure, Options};
use personr_testkit::redis_server::{RedisServer, address_of};

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

fn failure(options: &Options) -> Failure {
    options.demo().token().expect_err("no token")
}

#[test]
fn what_cannot_be_read_is_replaced_and_a_later_version_is_not() {
    let Some(redis) = RedisServer::start("what_cannot_be_read_is_replaced_and_a_later_version_is_not", &[]) else {
        return;
    };
    let sandbox = sandbox();
    redis.options(&sandbox).demo().token().expect("a token");
    let key = redis.record_key();
    let long = vec![b' '; 100_000];
    let garbage: [&[u8]; 5] = [b"", b"\0\xff\r\n", b"{\"version\":1", b"[]", &long];
    for (number, bytes) in garbage.iter().enumerate() {
        redis.run_bytes(&[b"SET", key.as_bytes(), bytes]);
        redis.options(&sandbox).demo().token().expect("a token");
        assert_eq!(sandbox.counters().tokens_issued, 2 + number as u64, "as none");
        assert!(redis.run(&["GET", &key]).contains("\"generation\":1"), "and replaced");
    }

    let issued = sandbox.counters().tokens_issued;
    for (command, reason) in [
        (["SET", &key, r#"{"version":2,"generation":"in words"}"#], "store-version"),
        (["SADD", &key, "a set"], "store-answer"),
    ] {
        let failure = {
            if command[0] == "SADD" {
                redis.run(&["DEL", &key]);
            }
            redis.run(&command);
            failure(&redis.options(&sandbox))
        };
        assert_eq!(failure.kind(), (PERSONR_STORE, reason));
        assert_eq!(redis.run(&["EXISTS", &key]), "1", "left as it is");
    }
    assert_eq!(redis.run(&["SMEMBERS", &key]), "a set");
    assert_eq!(sandbox.counters().tokens_issued, issued);
}

#[test]
fn redis_users_need_the_right_password_and_permissions() {
    let Some(redis) = RedisServer::start("redis_users_need_the_right_password_and_permissions", &[]) else { return };
    for rules in [
        &["app", ">p@ss:word", "~personr:*", "+@all"][..],
        &["mute", ">p", "~*", "+@all", "-eval"],
        // May write the lock and not the record.
        &["reader", ">p", "%R~personr:*", "%RW~personr:*:lock", "+@all"],
    ] {
        assert_eq!(redis.run(&[&["ACL", "SETUSER"], rules, &["on"]].concat()), "OK");
    }
    assert_eq!(redis.run(&["CONFIG", "SET", "requirepass", "hunter2"]), "OK");
    let sandbox = sandbox();
    let options = redis.options(&sandbox);
    assert_eq!(failure(&options).kind(), (PERSONR_STORE, "store-auth"));
    for (userinfo, word) in [
        (":wr0ng-secret", "user and password"),
        ("app:wr0ng-secret", "user and password"),
        ("mute:p", "does not allow"),
        ("reader:p", "does not allow"),
    ] {
        options.token_store(&redis.url_as(userinfo)).expect("accepted");
        let failure = failure(&options);
        assert_eq!(failure.kind(), (PERSONR_STORE, "store-auth"), "{userinfo}");
        assert!(failure.message.contains(word) && !failure.message.contains("wr0ng"), "{userinfo}: {failure:?}");
    }
    options.token_store(&format!("{}/999", redis.url_as(":hunter2"))).expect("accepted");
    assert_eq!(failure(&options).kind(), (PERSONR_STORE, "store-database"));
    assert_eq!(sandbox.counters().requests, 0);

    for userinfo in [":hunter2", "default:hunter2", "app:p%40ss%3Aword"] {
        options.token_store(&redis.url_as(userinfo)).expect("accepted");
        options.demo().token().unwrap_or_else(|failure| panic!("{userinfo}: {failure:?}"));
    }
    assert_eq!(sandbox.counters().tokens_issued, 1);
}

/// Who may not run the store's scripts learns it before the lock is taken: it could not be given back.
#[test]
fn a_server_that_refuses_scripts_keeps_no_lock() {
    let test = "a_server_that_refuses_scripts_keeps_no_lock";
    let Some(renamed) = RedisServer::start(test, &["--rename-command", "EVAL", ""]) else { return };
    let Some(redis) = RedisServer::start(test, &[]) else { return };
    for rules in [
        &["mute", ">p", "~*", "+@all", "-eval"][..],
        &["keeper", ">p", "~*", "+@all", "-del"],
        &["reader", ">p", "%R~personr:*", "%RW~personr:*:lock", "+@all"],
    ] {
        assert_eq!(redis.run(&[&["ACL", "SETUSER"], rules, &["on"]].concat()), "OK");
    }
    let sandbox = sandbox();
    let options = redis.options(&sandbox);
    for user in ["mute", "keeper", "reader"] {
        options.token_store(&redis.url_as(&format!("{user}:p"))).expect("accepted");
        let failure = failure(&options);
        assert_eq!(failure.kind(), (PERSONR_STORE, "store-auth"), "{user}: {failure:?}");
        assert!(failure.message.contains("does not allow"), "{user}: {failure:?}");
        assert_eq!(redis.lock_key(), "", "{user}");
    }
    let failure = failure(&renamed.options(&sandbox));
    assert_eq!(failure.kind(), (PERSONR_STORE, "store-command"), "{failure:?}");
    assert!(failure.message.contains("EVAL"), "{failure:?}");
    assert_eq!(renamed.lock_key(), "");
    assert_eq!(sandbox.counters().requests, 0);
    redis.options(&sandbox).demo().token().expect("the lock is free");
}

#[test]
fn redis_itself_says_why_it_refuses() {
    let test = "redis_itself_says_why_it_refuses";
    let Some(redis) = RedisServer::start(test, &[]) else { return };
    let Some(sentinel) = RedisServer::start_sentinel(test) else { return };
    let sandbox = sandbox();
    let options = redis.options(&sandbox);
    let check = |url: &str, reason: &str, words: &str| {
        options.token_store(url).expect("accepted");
        let failure = failure(&options);
        assert_eq!(failure.kind(), (PERSONR_STORE, reason), "{url}: {failure:?}");
        assert!(failure.message.contains(words) && !failure.message.contains("hunter2"), "{url}: {failure:?}");
    };
    check(&redis.url_as(":hunter2"), "store-auth", "has no password");
    check(&redis.url_as("hunter2:hunter2"), "store-auth", "user and password");
    check(&format!("{}/99", redis.url()), "store-database", "database");
    check(&sentinel.url(), "store-command", "Sentinel");
    check(&format!("{}/1", sentinel.url()), "store-command", "Sentinel");
    check(&sentinel.url_as(":hunter2"), "store-auth", "has no password");

    assert_eq!(redis.run(&["CONFIG", "SET", "maxclients", "1"]), "OK");
    let other = redis.connect();
    for url in [redis.url(), redis.url_as(":hunter2"), format!("{}/1", redis.url())] {
        check(&url, "store-busy", "as many clients");
    }
    drop(other);
    assert_eq!(sandbox.counters().requests, 0);
}

#[test]
fn a_server_that_wants_a_certificate_of_ours_is_told_apart() {
    let test = "a_server_that_wants_a_certificate_of_ours_is_told_apart";
    for (version, words) in [("TLSv1.3", "a certificate of its client"), ("TLSv1.2", "refused the TLS handshake")] {
        let arguments = ["--tls-auth-clients", "yes", "--tls-protocols", version];
        let Some(redis) = RedisServer::start(test, &arguments) else { return };
        let sandbox = sandbox();
        let options = redis.options(&sandbox);
        options.only_ca(redis.ca_pem());
        for url in [redis.tls_url(), redis.tls_url().replace("//", "//:hunter2@")] {
            options.token_store(&url).expect("accepted");
            // Whether the alert or the end of the connection comes first is the system's to say.
            for _ in 0..10 {
                let failure = failure(&options);
                assert_eq!(failure.kind(), (PERSONR_STORE, "store-tls"), "{version}: {failure:?}");
                assert!(failure.message.contains(words), "{version}: {failure:?}");
            }
        }
        assert_eq!(sandbox.counters().requests, 0);
    }
}

#[test]
fn without_writes_there_is_no_login() {
    let closed = address_of(&TcpListener::bind("127.0.0.1:0").expect("a port")).port().to_string();
    let full: &[&str] = &["--maxmemory", "1", "--maxmemory-policy", "noeviction"];
    for (arguments, reason) in [
        (&["--replicaof", "127.0.0.1", &closed][..], "store-read-only"),
        (&["--min-replicas-to-write", "1"], "store-read-only"),
        (full, "store-full"),
    ] {
        let Some(redis) = RedisServer::start("without_writes_there_is_no_login", arguments) else { return };
        let sandbox = sandbox();
        assert_eq!(failure(&redis.options(&sandbox)).kind(), (PERSONR_STORE, reason), "{arguments:?}");
        assert_eq!(sandbox.counters().requests, 0);
    }
}

#[test]
fn a_token_in_hand_outlives_its_server() {
    let Some(mut redis) = RedisServer::start("a_token_in_hand_outlives_its_server", &[]) else { return };
    let sandbox = sandbox();
    let auth = redis.options(&sandbox).demo();
    let token = auth.authorization().expect("a token");
    redis.stop();
    for _ in 0..100 {
        assert_eq!(auth.authorization().as_ref(), Ok(&token));
    }
    assert_eq!(failure(&redis.options(&sandbox)).kind(), (PERSONR_STORE, "store-connect"));
    auth.reject(&token);
    assert_eq!(auth.authorization().expect_err("none is left").kind(), (PERSONR_STORE, "store-connect"));
    assert_eq!(sandbox.counters().tokens_issued, 1, "none behind the back of the others");

    redis.start_again();
    let renewed = auth.authorization().expect("it is back");
    assert_eq!(redis.options(&sandbox).demo().authorization(), Ok(renewed));
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

#[test]
fn tls_has_the_roots_of_the_options() {
    let Some(redis) = RedisServer::start("tls_has_the_roots_of_the_options", &[]) else { return };
    let sandbox = sandbox();
    let options = redis.options(&sandbox);
    options.token_store(&redis.tls_url()).expect("accepted");
    let refused = failure(&options);
    assert_eq!(refused.kind(), (PERSONR_STORE, "store-tls"));
    assert!(refused.message.contains("not issued by a trusted authority"), "{refused:?}");
    options.only_ca(redis.ca_pem());
    // The certificate is for the address alone.
    options.token_store(&redis.tls_url().replace("127.0.0.1", "localhost")).expect("accepted");
    assert!(failure(&options).message.contains("another name"));
    options.token_store(&redis.url().replace("redis://", "rediss://")).expect("accepted");
    assert_eq!(failure(&options).status, PERSONR_STORE, "a port without TLS");
    assert_eq!(sandbox.counters().requests, 0);

    options.token_store(&redis.tls_url()).expect("accepted");
    let token = options.demo().token().expect("a token");
    assert_eq!(redis.options(&sandbox).demo().token().expect("the same").value, token.value, "in the same place");
    options.token_store(&redis.tls_url().replace("rediss://", "redis://")).expect("accepted");
    assert_eq!(failure(&options).status, PERSONR_STORE, "a port with TLS");
}

#[test]
fn a_server_that_stalls_ends_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    for scheme in ["redis", "rediss"] {
        options.token_store(&format!("{scheme}://{}", address_of(&listener))).expect("accepted");
        options.timeout_ms(300);
        let begun = Instant::now();
        assert_eq!(failure(&options).kind(), (PERSONR_TIMEOUT, "store"), "{scheme}");
        let spent = begun.elapsed();
        assert!(spent >= Duration::from_millis(300) && spent < Duration::from_secs(10), "{scheme}: {spent:?}");
    }
    // The caller has more time than a Redis server is given: for connecting, and for an answer.
    options.timeout_ms(60_000);
    let begun = Instant::now();
    options.token_store(&format!("redis://{}", address_of(&listener))).expect("accepted");
    assert_eq!(failure(&options).kind(), (PERSONR_STORE, "store-timeout"));
    options.connect_timeout_ms(300);
    options.token_store(&format!("rediss://{}", address_of(&listener))).expect("accepted");
    assert_eq!(failure(&options).kind(), (PERSONR_STORE, "store-timeout"));
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(sandbox.counters().requests, 0);
}

/// A server that gives the n-th command of all connections the n-th answer, and after the last one sends nothing more.
fn answering(answers: Vec<Vec<u8>>) -> (String, thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("redis://{}", address_of(&listener));
    let serve = move || {
        let mut answers = answers.into_iter();
        loop {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut received = Vec::new();
            while read_some(&mut stream, &mut received) {
                match answers.next() {
                    // The client may have hung up in the middle of it.
                    Some(answer) => drop(stream.write_all(&answer)),
                    None => {
                        while read_some(&mut stream, &mut received) {}
                        return received;
                    }
                }
                if answers.len() == 0 && received.is_empty() {
                    return received;
                }
            }
        }
    };
    (url, thread::spawn(serve))
}

fn read_some(stream: &mut TcpStream, received: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).unwrap_or(0);
    received.extend_from_slice(&buffer[..length]);
    length > 0
}

#[test]
fn a_hostile_answer_is_a_failure_of_the_store() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    for answer in [
        b"*1\r\n".repeat(1_000_000),
        [&b"$2147483647\r\n"[..], &vec![b'x'; 1_000_000]].concat(),
        vec![b'+'; 1_000_000],
        [&b"$99999\r\n"[..], &vec![b'x'; 99_999], b"\r\n"].concat(),
        b"$99999999999999999999999\r\n".to_vec(),
        b"$-7\r\n".to_vec(),
        b":1\r\n".to_vec(),
        b"$-1\r\n".to_vec(),
        b"+OK\r\n".to_vec(),
        b"$0\r\n\r\n+OK\r\n".to_vec(),
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        b"-ERR secret-of-the-server\r\n".to_vec(),
        vec![0; 1000],
    ] {
        let start = String::from_utf8_lossy(&answer[..answer.len().min(20)]).into_owned();
        let (url, _server) = answering(vec![answer]);
        options.token_store(&url).expect("accepted");
        let failure = failure(&options);
        assert_eq!(failure.kind(), (PERSONR_STORE, "store-answer"), "{start:?}");
        assert!(!failure.message.contains("secret"), "{failure:?}");
    }
    let nothing = b"$0\r\n\r\n".to_vec();
    for answer in ["*3\r\n+OK\r\n", ":1\r\n", "$2\r\nOK\r\n"] {
        for may_script in [None, Some(b":0\r\n".to_vec())] {
            let answers = [Some(nothing.clone()), may_script, Some(answer.into())];
            let (url, _server) = answering(answers.into_iter().flatten().collect());
            options.token_store(&url).expect("accepted");
            assert_eq!(failure(&options).kind(), (PERSONR_STORE, "store-answer"), "to the lock: {answer:?}");
        }
    }
    assert_eq!(sandbox.counters().requests, 0);
}

#[test]
fn a_lock_that_may_have_been_granted_is_released() {
    let (url, server) = answering(vec![b"$0\r\n\r\n".to_vec(), b":0\r\n".to_vec()]);
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.timeout_ms(300);
    options.token_store(&url).expect("accepted");
    assert_eq!(failure(&options).kind(), (PERSONR_TIMEOUT, "store"));
    let received = String::from_utf8(server.join().expect("no panic")).expect("text");
    let (lock, release) = received.rsplit_once("EVAL").expect("the last command");
    assert!(lock.ends_with("\r\n$2\r\nNX\r\n$2\r\nPX\r\n$5\r\n20000\r\n*6\r\n$4\r\n"), "{received}");
    assert!(release.contains("DEL"), "{received}");
    assert_eq!(sandbox.counters().requests, 0);
}

#[test]
fn a_server_that_stalls_while_another_holds_the_lock_is_a_lock_timeout() {
    let (url, server) = answering(vec![b"$0\r\n\r\n".to_vec(), b":0\r\n".to_vec(), b"$-1\r\n".to_vec()]);
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.timeout_ms(500);
    options.token_store(&url).expect("accepted");
    assert_eq!(failure(&options).kind(), (PERSONR_TIMEOUT, "store-lock"));
    server.join().expect("no panic");
}
