//! Worker processes. They say when they are ready, wait for a word, and report what happened in a line of JSON.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use personr::ffi::personr_status_name;
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};
use personr_testkit::client::{Auth, Failure, Options, string};
use personr_testkit::subprocess::{self, Subprocess, await_line, say};
use personr_testkit::test_name;
use serde::{Deserialize, Serialize};

/// Long enough for any machine; nothing waits for it unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What each thread of a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// Asks for the authorization once.
    Token,
    /// Logs in once.
    Login,
    /// Sends authorised requests until its standard input ends; on a 401 it rejects, asks again, repeats once.
    Requests,
    /// Asks for the authorization a thousand times.
    ThousandCalls,
}

/// What happened in a worker.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// The authorizations that it saw.
    pub tokens: Vec<String>,
    /// The names of the statuses of failed calls, and requests that failed at their second try.
    pub failures: Vec<String>,
    pub requests: u64,
    pub repeated: u64,
}

/// What a worker is told.
#[derive(Clone, Serialize, Deserialize)]
pub struct Orders {
    pub base_url: String,
    pub ca_pem: String,
    pub proxy: String,
    pub store: String,
    pub email: String,
    pub password: String,
    pub threads: usize,
    pub task: Task,
}

impl Orders {
    pub fn of(sandbox: &Sandbox, store: &str, threads: usize, task: Task) -> Self {
        Self {
            base_url: sandbox.base_url().to_owned(),
            ca_pem: sandbox.ca_pem().to_owned(),
            proxy: String::new(),
            store: store.to_owned(),
            email: DEFAULT_EMAIL.to_owned(),
            password: DEFAULT_PASSWORD.to_owned(),
            threads,
            task,
        }
    }
}

pub struct Fleet(Vec<Subprocess>);

impl Fleet {
    /// Starts so many processes, and waits until all are ready.
    pub fn start(sandbox: &Sandbox, store: &str, processes: usize, threads: usize, task: Task) -> Self {
        let orders = Orders::of(sandbox, store, threads, task);
        Self::on_hosts((0..processes).map(|_| (Vec::new(), orders.clone())))
    }

    /// Starts a process for each of the orders, by a command line that begins so.
    pub fn on_hosts(orders: impl Iterator<Item = (Vec<String>, Orders)>) -> Self {
        let start = |(prefix, orders): (Vec<String>, Orders)| {
            let mut command = subprocess::command_by(&prefix, test_name!(worker));
            command.env("TEST_ORDERS", serde_json::to_string(&orders).expect("JSON"));
            Subprocess::spawn(command)
        };
        let mut workers: Vec<_> = orders.map(start).collect();
        workers.iter_mut().for_each(|worker| assert_eq!(worker.said(), "ready"));
        Self(workers)
    }

    /// Lets all of them go at the same moment.
    pub fn go(&self) {
        self.0.iter().for_each(Subprocess::nudge);
    }

    /// Waits until all are done, and says those to stop who would not by themselves.
    pub fn finish(self) -> Vec<Report> {
        let finish = |mut worker: Subprocess| {
            worker.close_input();
            let report = worker.said();
            worker.finish();
            serde_json::from_str(&report).expect("a report")
        };
        self.0.into_iter().map(finish).collect()
    }

    pub fn go_and_finish(self) -> Vec<Report> {
        self.go();
        self.finish()
    }
}

/// A worker: does what it was told to.
#[test]
#[ignore = "run by the tests of fleets"]
fn worker() {
    let orders: Orders = serde_json::from_str(&std::env::var("TEST_ORDERS").expect("orders")).expect("orders");
    let options = Options::new();
    options.base_url(&orders.base_url).expect("accepted");
    options.only_ca(&orders.ca_pem);
    options.proxy(&orders.proxy).expect("accepted");
    options.token_store(&orders.store).expect("accepted");
    let auth = options.auth(&orders.email, &orders.password).expect("a handle");
    say("ready");
    await_line();
    let stop = AtomicBool::new(false);
    let report = Mutex::new(Report::default());
    thread::scope(|scope| {
        let run = || perform(orders.task, &orders.base_url, &auth, &stop, &report);
        let threads: Vec<_> = (0..orders.threads).map(|_| scope.spawn(run)).collect();
        if orders.task == Task::Requests {
            // Nothing, once the parent closes it.
            await_line();
            stop.store(true, Ordering::Relaxed);
        }
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    });
    say(&serde_json::to_string(&report.into_inner().expect("no panic")).expect("JSON"));
}

fn perform(task: Task, base_url: &str, auth: &Auth, stop: &AtomicBool, report: &Mutex<Report>) {
    let note = |result: Result<String, Failure>| {
        let mut report = report.lock().expect("no panic");
        match result {
            Ok(authorization) => report.tokens.push(authorization),
            Err(failure) => report.failures.push(name_of(&failure)),
        }
    };
    match task {
        Task::Token => note(auth.authorization()),
        Task::Login => note(auth.login().map(|token| token.authorization)),
        Task::ThousandCalls => (0..1000).for_each(|_| note(auth.authorization())),
        Task::Requests => {
            while !stop.load(Ordering::Relaxed) {
                let outcome = served(base_url, auth);
                let mut report = report.lock().expect("no panic");
                report.requests += 1;
                match outcome {
                    Ok(tries) => report.repeated += u64::from(tries > 1),
                    Err(failure) => report.failures.push(failure),
                }
            }
        }
    }
}

/// The pattern of a caller. How many tries it took.
fn served(base_url: &str, auth: &Auth) -> Result<u32, String> {
    for tries in 1..=2 {
        let authorization = auth.authorization().map_err(|failure| name_of(&failure))?;
        match request(base_url, &authorization) {
            200 => return Ok(tries),
            401 => auth.reject(&authorization),
            status => return Err(format!("HTTP {status}")),
        }
    }
    Err("401 at the second try".to_owned())
}

fn name_of(failure: &Failure) -> String {
    unsafe { string(personr_status_name(failure.status)) }
}

/// Sends an authorised request over plain HTTP. The status of the answer.
pub fn request(base_url: &str, authorization: &str) -> u16 {
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).max_idle_connections(0);
    let agent: ureq::Agent = config.build().into();
    let answer = agent
        .post(format!("{base_url}/api-applicant-status"))
        .header("authorization", authorization)
        .content_type("application/json")
        .send("{}");
    answer.expect("an answer").status().as_u16()
}
