//! Descriptors belong to the application: it may have closed the standard streams, and it may have none left.

#![cfg(all(feature = "capi", target_os = "linux"))]

use personr_sandbox::{Proxy, Sandbox};
use personr_testkit::c_program::{Account, Program, source};

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

/// What is opened next gets the number of a standard stream, and what the application prints goes into it.
#[test]
fn nothing_that_a_daemon_prints_gets_into_a_connection() {
    const LOGINS: i64 = 40;
    let program = Program::compiled(&source("tests/c/printing_daemon.c"));
    for sandbox in [sandbox(), Sandbox::builder().plain_http().start().expect("a sandbox")] {
        let said = program.run(&Account::of(&sandbox), &[&LOGINS.to_string()]).succeeded();
        let numbers = ["logins", "refused", "printed into something"].map(|label| said.number(label));
        assert_eq!(numbers, [LOGINS, 1, 0], "{said:?}");
        let counters = sandbox.counters();
        assert_eq!((counters.tokens_issued, counters.requests), (LOGINS as u64, 2 * LOGINS as u64));
    }
}

const WANTING: &str =
    "PERSONR_NETWORK descriptors, too many open files: this process, or the system, has no descriptor left";
const NO_NAME: &str = "PERSONR_NETWORK dns, the name of the host could not be looked up";

#[test]
fn an_application_without_a_descriptor_left_is_told_so() {
    let program = Program::compiled(&source("tests/c/few_descriptors.c"));
    let sandbox = sandbox();
    let account = Account::of(&sandbox);
    let outcomes = |arguments: &[&str]| -> Vec<String> {
        let said = program.run(&account, arguments).succeeded();
        ["before: ", "few: ", "enough: "].iter().flat_map(|when| said.values(when)).map(str::to_owned).collect()
    };
    assert_eq!(outcomes(&["0"]), [WANTING, "token"], "while it connects");
    assert_eq!(outcomes(&["1"]), ["token", "token"], "one is enough");
    // RFC 6761, section 6.4: a name that never resolves. glibc says the same without a descriptor, the first time.
    let name = "https://personr.invalid";
    assert_eq!(outcomes(&["0", name]), [WANTING, NO_NAME], "in the first look-up");
    assert_eq!(outcomes(&["warm", name]), [NO_NAME, WANTING, NO_NAME], "in a later look-up");
    let proxy = Proxy::builder().resolve_to(sandbox.address()).start().expect("a proxy");
    let beyond = "https://personr.test/api/1.1/wf";
    assert_eq!(outcomes(&["0", beyond, proxy.url()]), [WANTING, "token"], "while it connects to a proxy");
    let outcome = outcomes(&["0", beyond, "http://proxy.invalid:3128"]);
    assert_eq!(outcome[0], WANTING, "while it looks up a proxy");
    assert_eq!(outcome[1], "PERSONR_NETWORK proxy, the proxy: the name of the host could not be looked up");
}
