//! Signals belong to the application: they disturb no call, none is raised, and nothing that the application set for
//! them changes.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::io::Read;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::Duration;

use personr_sandbox::{Action, Fault, Sandbox};
use personr_testkit::c_program::{Account, Program, Run, source};
use personr_testkit::figures::{self, figures};
use tempfile::TempDir;

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

fn plain_sandbox() -> Sandbox {
    Sandbox::builder().plain_http().start().expect("a sandbox")
}

/// Calls of `personr_auth_login`: of five, four bring a token.
const CALLS: usize = 250;
const SAMPLE: usize = 50;

/// One fault for each call: the calls wait a while, so that signals come, and some fail.
fn order_faults(sandbox: &Sandbox, calls: usize) {
    sandbox.clear_faults();
    for call in 0..calls {
        let action = match call % 20 {
            4 => Action::Reset,
            9 => Action::Close,
            14 => Action::Answer { status: 503, headers: Vec::new(), body: Vec::new() },
            19 => Action::Answer { status: 429, headers: vec![("Retry-After".into(), "1".into())], body: Vec::new() },
            n if n % 5 == 0 => Action::Drip { bytes: 200, every: Duration::from_millis(2) },
            _ => Action::Delay(Duration::from_millis(3)),
        };
        sandbox.order(Fault::new(action));
    }
}

/// Runs `signals.c` without signals, then with them. Returns how many arrived in its calls.
fn disturb(program: &Program, sandbox: &Sandbox, account: &Account, calls: usize, store: Option<&str>) -> i64 {
    let run = |mode: &str| {
        order_faults(sandbox, calls);
        let before = sandbox.counters();
        let mut arguments = vec![mode.to_owned(), calls.to_string()];
        arguments.extend(store.map(str::to_owned));
        let said = program.run(account, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).succeeded();
        let after = sandbox.counters();
        (said, after.tokens_issued - before.tokens_issued, after.requests - before.requests)
    };
    let quiet = run("quiet");
    assert_eq!((quiet.1, quiet.2), (tokens_of(calls), calls as u64));
    assert_eq!(quiet.0.number("signals"), 0);

    let timer = run("timer");
    assert_eq!(timer.0.lines(), quiet.0.lines(), "a signal changed a result");
    assert_eq!((timer.1, timer.2), (quiet.1, quiet.2), "a signal changed what the server saw");
    let tokens = timer.0.lines().iter().filter(|line| line.starts_with("a token, ")).count();
    assert_eq!((tokens as u64, timer.0.lines().len()), (tokens_of(calls), calls));
    assert_no_strays(&timer.0, if account.is_by_name() { calls as i64 } else { 0 });
    let signals = timer.0.number("signals");
    // Most calls wait two milliseconds at least.
    assert!(signals >= calls as i64, "only {signals} signals arrived in {calls} calls");
    signals
}

fn tokens_of(calls: usize) -> u64 {
    calls as u64 / 5 * 4
}

fn assert_no_strays(said: &Run, look_ups: i64) {
    assert_eq!((said.number("stray signals"), said.number("unmasked")), (0, 0), "on a thread of the library's");
    assert_eq!(said.number("look-ups"), look_ups);
}

#[test]
fn a_signal_every_millisecond_changes_no_result() {
    let program = Program::compiled(&source("tests/c/signals.c"));
    let sandbox = sandbox();
    let folder = TempDir::new().expect("a folder");
    let store = format!("file:{}", folder.path().join("store").display());
    let account = Account::of(&sandbox);
    let memory = disturb(&program, &sandbox, &account, CALLS, None);
    let calls = if figures::is_check() { CALLS } else { SAMPLE };
    let file = disturb(&program, &sandbox, &account, calls, Some(&store));
    let named = disturb(&program, &sandbox, &account.by_name(), calls, None);
    let (logins, errors) = (tokens_of(CALLS), CALLS as u64 - tokens_of(CALLS));
    figures!(
        of "signals":
        "{logins} logins and {errors} errors with {memory} signals during them, {} logins with a file store and {file} \
         signals, {} with a name look-up and {named} signals: the same results as without",
        tokens_of(calls),
        tokens_of(calls)
    );
}

/// Waiting for the lock of a file store is not cut short either.
#[test]
fn processes_that_share_a_store_wait_through_signals() {
    const LOGINS: usize = 40;
    let program = Program::compiled(&source("tests/c/signals.c"));
    let sandbox = plain_sandbox();
    // Each of the two finds the lock held most of the time.
    sandbox.order(Fault::new(Action::Delay(Duration::from_millis(3))).always());
    let folder = TempDir::new().expect("a folder");
    let store = format!("file:{}", folder.path().join("store").display());
    let account = Account::of(&sandbox);
    let run = || program.run(&account, &["timer", &LOGINS.to_string(), &store]).succeeded();
    let said: Vec<_> = thread::scope(|scope| {
        let runs = [(); 2].map(|()| scope.spawn(run));
        runs.into_iter().map(|run| run.join().expect("no panic")).collect()
    });
    for said in &said {
        assert_eq!(said.lines(), ["a token, lifetime 31536000"; LOGINS]);
        assert_no_strays(said, 0);
    }
    assert_eq!(sandbox.counters().tokens_issued, 2 * LOGINS as u64);
}

/// What may be done to the server, and what the call says then.
fn early_ends() -> Vec<(Action, &'static str)> {
    vec![
        (Action::Close, "PERSONR_NETWORK closed"),
        (Action::Reset, "PERSONR_NETWORK reset"),
        (Action::Cut { after: 20 }, "PERSONR_NETWORK closed"),
        (Action::Truncate { after: 20 }, "PERSONR_NETWORK closed"),
        (Action::ResetAfterIssue, "PERSONR_NETWORK reset"),
    ]
}

/// The longest email and password there are.
fn longest(account: Account) -> Account {
    Account { email: format!("{}@example.com", "e".repeat(1012)), password: "p".repeat(1024), ..account }
}

#[test]
fn a_server_that_closes_early_raises_no_sigpipe() {
    let program = Program::compiled(&source("tests/c/broken_pipe.c"));
    let mut ended = 0;
    for sandbox in [sandbox(), plain_sandbox()] {
        for (action, result) in early_ends() {
            sandbox.order(Fault::new(action.clone()));
            let said = program.run(&longest(Account::of(&sandbox)), &[]).succeeded();
            assert_eq!(said.lines(), [result], "{action:?} at {}", sandbox.base_url());
            ended += 1;
        }
        for action in [Action::RefuseTls, Action::ResetOnAccept, Action::PlainHttp] {
            sandbox.order(Fault::new(action));
            // What is noticed first differs: it may be the end, the reset, or the broken pipe.
            program.run(&longest(Account::of(&sandbox)), &[]).succeeded();
            ended += 1;
        }
    }
    let broken = ["http", "https"].map(|scheme| writes_into_a_broken_pipe(&program, scheme));
    assert!(broken.iter().all(|&writes| writes > 0), "{broken:?}: no write met a broken pipe, so nothing was tested");
    figures!(
        of "signals":
        "SIGPIPE at its default: {} early ends of the server, {} writes into a broken pipe, and the application lives",
        ended + 2,
        broken.iter().sum::<i64>()
    );
}

/// A server that ends the connection before the first write: an end, then a reset, after which a write raises SIGPIPE.
fn writes_into_a_broken_pipe(program: &Program, scheme: &str) -> i64 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base_url = format!("{scheme}://{}", listener.local_addr().expect("an address"));
    let sandbox = sandbox();
    let account = longest(Account { base_url, ..Account::of(&sandbox) });
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut socket, _) = listener.accept().expect("a connection");
            socket.read_exact(&mut [0]).expect("the client is connected");
            socket.shutdown(Shutdown::Write).expect("an end");
            reset(socket);
        });
        let said = program.run(&account, &["late"]).succeeded();
        assert_eq!(said.lines(), ["PERSONR_NETWORK reset"], "{scheme}");
        said.number("broken pipes")
    })
}

fn reset(socket: TcpStream) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let size = size_of::<libc::linger>() as libc::socklen_t;
    // SAFETY: the option reads a linger of ours.
    let done = unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, (&raw const linger).cast(), size)
    };
    assert_eq!(done, 0);
}

#[test]
fn dispositions_mask_and_signal_stack_are_as_before() {
    let program = Program::compiled(&source("tests/c/signals.c"));
    let sandbox = sandbox();
    let said = program.run(&Account::of(&sandbox).by_name(), &[]).succeeded();
    assert_eq!(said.number("unmasked"), 0, "signals that may be delivered to the look-up thread");
    // Two rounds of two logins and a refused one.
    assert_eq!(said.number("look-ups"), 6);
    figures!(
        of "signals":
        "the dispositions of all signals, the mask and the signal stack are as before, with the defaults and with \
         handlers of the application; {} look-up threads with every signal blocked",
        said.number("look-ups")
    );
}
