//! The sandbox as a program: prints where it listens, and runs until it is told to end.

#![forbid(unsafe_code)]

mod arguments;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};
use std::thread;

use arguments::{Arguments, Request};
use personr_sandbox::{DEFAULT_EMAIL, Sandbox};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

fn main() -> ExitCode {
    let arguments = match arguments::parse(env::args_os().skip(1)) {
        Ok(Request::Run(arguments)) => arguments,
        Ok(Request::Help) => {
            print!("{}", arguments::HELP);
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("personr-sandbox: {message}\n{}", arguments::HELP);
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("personr-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let (stop, stopped) = mpsc::channel();
    // Before the folder is made, so that it is removed whenever the signal comes.
    stop_at_signals(stop.clone())?;
    if arguments.wait_stdin {
        stop_with_stdin(stop.clone())?;
    }
    let sandbox = start(arguments, stop)?;
    announce(arguments, &sandbox)?;
    // An error would mean that nobody is left to ask for the end: then it is the end.
    let _ = stopped.recv();
    Ok(())
}

fn start(arguments: &Arguments, stop: Sender<()>) -> io::Result<Sandbox> {
    let mut builder = Sandbox::builder()
        .account(&arguments.email, &arguments.password)
        .certificate(arguments.certificate)
        .on_stop(move || {
            // It may be ending already.
            let _ = stop.send(());
        });
    if let Some(seconds) = arguments.lifetime {
        builder = builder.lifetime(seconds);
    }
    if arguments.plain_http {
        builder = builder.plain_http();
    }
    let sandbox = builder.start()?;
    if arguments.email != DEFAULT_EMAIL {
        sandbox.remove_account(DEFAULT_EMAIL);
    }
    Ok(sandbox)
}

/// One line, for a program to read.
fn announce(arguments: &Arguments, sandbox: &Sandbox) -> io::Result<()> {
    let line = json!({
        "base_url": sandbox.base_url(),
        "ca_file": sandbox.ca_file().to_string_lossy(),
        "control_url": sandbox.control_url(),
        "email": arguments.email,
        "password": arguments.password,
    });
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

fn stop_at_signals(stop: Sender<()>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for _ in signals.forever() {
            let _ = stop.send(());
        }
    })?;
    Ok(())
}

fn stop_with_stdin(stop: Sender<()>) -> io::Result<()> {
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        // An input that cannot be read is at its end as well.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = stop.send(());
    })?;
    Ok(())
}
