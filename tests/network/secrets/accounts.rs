//! Two accounts, one after the other, in one process.

use personr_sandbox::{Fault, Received, Sandbox};

use super::caller::Caller;
use super::needles::{Account, FIRST, Needles, SECOND, assert_in_its_place, assert_nowhere, seen_by};
use super::{answer, plain_sandbox, sandbox};

const COOKIE: &str = "session=cookie-of-the-first-one; Path=/";
const TOKENS: [&str; 2] = ["first|T0ken-Aq83kd93ks", "second|T0ken-Zm20xpw7u"];

/// The next login gets this token, and a cookie to keep.
fn issues(sandbox: &Sandbox, token: &str) {
    let body = format!(r#"{{"status":"success","response":{{"token":"{token}","user_id":"u","expires":60}}}}"#);
    let headers = [("Set-Cookie", COOKIE), ("Set-Cookie", "b=c"), ("Authentication-Info", "nextnonce=x")];
    sandbox.order(Fault::new(answer(200, &headers, &body)));
}

fn headers(request: &Received) -> Vec<(&str, usize)> {
    request.headers.iter().map(|(name, value)| (name.as_str(), value.len())).collect()
}

/// Nothing of one account's is in what this request says for another one.
fn assert_is_of(request: &Received, account: &Account, other: &Account) {
    assert_in_its_place(request, account);
    let bytes: Vec<u8> = request.headers.iter().flat_map(|(name, value)| [name.as_bytes(), value].concat()).collect();
    let place = [("the other's request", [bytes, request.body.clone()].concat())];
    assert_nowhere(&Needles::of(&[*other]).and("a token", &TOKENS).and("a cookie", &[COOKIE]), &place);
}

#[test]
fn two_servers_each_see_their_own_account() {
    for (one, two) in [(sandbox(), sandbox()), (plain_sandbox(), sandbox()), (plain_sandbox(), plain_sandbox())] {
        issues(&one, TOKENS[0]);
        issues(&one, TOKENS[0]);
        issues(&two, TOKENS[1]);
        issues(&two, TOKENS[1]);
        let caller = Caller::of(&one).logins(&FIRST).options(two.base_url()).trusts(&two).logins(&SECOND);
        let report = caller.run();
        assert_eq!(report.tokens(), [TOKENS[0], TOKENS[0], TOKENS[1], TOKENS[1]]);
        assert_nowhere(&Needles::of(&[FIRST, SECOND]).and("a token", &TOKENS), &report.places());
        for (sandbox, account, other) in [(&one, &FIRST, &SECOND), (&two, &SECOND, &FIRST)] {
            assert_eq!(sandbox.requests().len(), 2);
            sandbox.requests().iter().for_each(|request| assert_is_of(request, account, other));
        }
    }
}

#[test]
fn one_server_sees_each_account_in_its_own_request() {
    for sandbox in [sandbox(), plain_sandbox()] {
        for token in [TOKENS[0], TOKENS[1], TOKENS[0]] {
            issues(&sandbox, token);
        }
        let report = Caller::of(&sandbox).login(&FIRST).login(&SECOND).login(&FIRST).run();
        assert_eq!(report.tokens(), [TOKENS[0], TOKENS[1], TOKENS[0]]);
        assert_nowhere(&Needles::of(&[FIRST, SECOND]).and("a token", &TOKENS), &report.places());
        let requests = sandbox.requests();
        assert_is_of(&requests[0], &FIRST, &SECOND);
        assert_is_of(&requests[1], &SECOND, &FIRST);
        assert_is_of(&requests[2], &FIRST, &SECOND);
        assert_eq!(headers(&requests[0]), headers(&requests[2]), "nothing is kept from one request to the next");
        assert_eq!(sandbox.counters().connections, 3, "nor is a connection");
    }
}

/// The same email with another password is another caller: it gets no token of the first one's from memory.
#[test]
fn a_token_in_memory_is_for_its_own_password() {
    let (one, two) = (sandbox(), sandbox());
    let impostor = Account { email: FIRST.email, password: SECOND.password };
    let caller = Caller::of(&one).token(&FIRST).options(two.base_url()).trusts(&two).token(&FIRST);
    let report = caller.options(one.base_url()).trusts(&one).token(&impostor).run();
    let (last, first) = report.outcomes.split_last().expect("three");
    assert!(first.iter().all(|outcome| outcome.status == 0), "{report:?}");
    assert_eq!(last.reason, "INVALID_LOGIN_CREDENTIALS");
    assert_ne!(first[0].message, first[1].message, "each server's own token");
    let tokens = [&*first[0].message, &*first[1].message];
    assert_nowhere(&Needles::of(&[FIRST, SECOND]).and("a token", &tokens), &report.places());
    assert_nowhere(&Needles::default().and("a token", &tokens), &[("one", seen_by(&one)), ("two", seen_by(&two))]);
}
