//! What a program took, and how one compares with another.

use std::mem::MaybeUninit;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Of each comparison, in turn: A B A B …
pub const PAIRS: usize = 11;

/// Seconds of a whole process.
#[derive(Clone, Copy)]
pub struct Spent {
    pub cpu: f64,
    pub wall: f64,
}

/// Runs a program to its end, from before it is started until it is gone.
#[allow(clippy::zombie_processes)] // `wait4` waits, and tells what std's does not
pub fn spend(command: &mut Command) -> Spent {
    let begun = Instant::now();
    let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (mut status, mut usage) = (0, MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: waits for a child of ours; both pointers are to values of ours, and a zeroed rusage is a valid one.
    let usage = unsafe {
        libc::wait4(child.id() as libc::pid_t, &mut status, 0, usage.as_mut_ptr());
        usage.assume_init()
    };
    let wall = begun.elapsed().as_secs_f64();
    assert_eq!(status, 0, "{:?}", command.get_program());
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Spent { cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), wall }
}

/// What a program prints.
pub fn output(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{:?}", command.get_program());
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The numbers that a program prints.
pub fn numbers(command: &mut Command) -> Vec<f64> {
    output(command).split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

/// The one number that a program prints.
pub fn number(command: &mut Command) -> f64 {
    numbers(command).first().copied().expect("a number")
}

pub fn in_turn<T>(mut ours: impl FnMut() -> T, mut peer: impl FnMut() -> T) -> Vec<(T, T)> {
    (0..PAIRS).map(|_| (ours(), peer())).collect()
}
