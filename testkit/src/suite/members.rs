//! Which programs the C suite has.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::Command;

use super::scenarios::*;
use super::talking::*;
use crate::c_program::{Program, source};
use crate::compile::skip;

/// A program and what it is put through.
pub struct Member {
    pub path: &'static str,
    /// What it needs besides the library.
    pub package: Option<&'static Package>,
    pub scenarios: &'static [fn(&Program)],
}

const fn member(path: &'static str, scenarios: &'static [fn(&Program)]) -> Member {
    Member { path, package: None, scenarios }
}

/// The whole suite.
pub const MEMBERS: &[Member] = &[
    member("examples-c/applicant.c", &[applicant_is_checked_and_documents_come_back, applicant_says_what_was_refused]),
    Member {
        package: Some(&SQLITE),
        ..member(
            "examples-c/custom_store.c",
            &[
                custom_store_shares_one_login,
                custom_store_believes_no_lease_that_is_too_long,
                custom_store_saves_only_while_it_has_the_lock,
                custom_store_tells_that_it_failed,
            ],
        )
    },
    member("examples-c/errors.c", &[errors_reports_success, errors_asks_once_with_a_wrong_password]),
    member("examples-c/login.c", &[login_succeeds, login_is_refused]),
    Member { package: Some(&GLIB), ..member("examples-c/loop_glib.c", LOOP) },
    Member { package: Some(&LIBUV), ..member("examples-c/loop_libuv.c", LOOP) },
    member("examples-c/loop_poll.c", LOOP),
    member("examples-c/prefork.c", &[prefork_shares_one_token]),
    member("examples-c/request.c", &[request_repeats_once_after_a_401]),
    member("examples-c/threads.c", &[threads_share_one_token]),
    member("tests/c/broken_pipe.c", &[|program| ends_well(program, &[])]),
    member("tests/c/cancelled.c", &[|program| cancelled_calls_return(program, &[])]),
    member("tests/c/closed_streams.c", &[records_stay_whole_without_standard_streams]),
    member("tests/c/freed.c", &[|program| a_freed_handle_serves_its_calls(program, &[])]),
    member("tests/c/many_threads.c", &[|program| threads_do_all_at_once(program, 1)]),
    member("tests/c/many_threads_callbacks.c", &[|program| threads_call_back_at_once(program, 1)]),
    member("tests/c/operation_look_up.c", &[|program| ends_well_by_name(program, &[])]),
    member("tests/c/operation_races.c", &[|program| operations_are_raced(program, 100)]),
    member("tests/c/printing_daemon.c", &[|program| ends_well(program, &["3"])]),
    member("tests/c/roots.c", &[roots_are_as_old_as_their_files]),
    member("tests/c/signals.c", &[|program| ends_well(program, &[]), |program| ends_well(program, &["timer", "3"])]),
    member("tests/c/stacks.c", &[|program| ends_well(program, &[])]),
    member("tests/c/surface_auth.c", &[surface_is_as_the_header_says]),
    member("tests/c/surface_callbacks.c", &[surface_is_as_the_header_says]),
    member("tests/c/surface_json.c", &[surface_is_as_the_header_says]),
    member("tests/c/surface_json_base64.c", &[surface_is_as_the_header_says]),
    member("tests/c/surface_operation.c", &[surface_is_as_the_header_says]),
    member("tests/c/surface_options.c", &[surface_is_as_the_header_says]),
    member("tests/c/surface_request.c", &[surface_is_as_the_header_says]),
    member("tests/c/thread_variables.c", &[|program| ends_well_by_name(program, &[])]),
    member("tests/c/unload.c", &[|program| ends_well(program, &["10", "4"])]),
];

const LOOP: &[fn(&Program)] = &[a_loop_has_a_token_for_each_account, an_interrupted_loop_loses_no_token];

/// Programs that make no sense under a checker, and why.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("tests/c/failing_malloc.c", "a part of out_of_memory.c"),
    ("tests/c/few_descriptors.c", "takes all descriptors, also those that the checker needs"),
    ("tests/c/look_ups.c", "leaves threads to the end of the process, whose memory looks lost"),
    ("tests/c/no_thread.c", "brings a pthread_create of its own, where the checker's would have to be"),
    ("tests/c/operation_no_thread.c", "brings a pthread_create of its own, where the checker's would have to be"),
    ("tests/c/operation_unload.c", "leaves operations to the end of the process, whose memory looks lost"),
    ("tests/c/out_of_memory.c", "brings an allocator of its own, where the checker's would have to be"),
    ("tests/c/residue.c", "waits to be read from outside, and checkers keep copies"),
];

/// The C programs that there are.
pub fn all_programs() -> Vec<String> {
    let mut programs: Vec<_> = ["examples-c", "tests/c"]
        .into_iter()
        .flat_map(|folder| {
            let entries = fs::read_dir(source(folder)).expect("a folder of C programs");
            entries.map(move |entry| {
                format!("{folder}/{}", entry.expect("an entry").file_name().into_string().expect("UTF-8"))
            })
        })
        .filter(|path| path.ends_with(".c"))
        .collect();
    programs.sort();
    programs
}

/// A library of others, as pkg-config and Debian know it.
pub struct Package {
    pub name: &'static str,
    debian: &'static str,
}

pub const SQLITE: Package = Package { name: "sqlite3", debian: "libsqlite3-dev" };
pub const LIBUV: Package = Package { name: "libuv", debian: "libuv1-dev" };
pub const GLIB: Package = Package { name: "glib-2.0", debian: "libglib2.0-dev" };

impl Package {
    /// For the compiler; `None` if it is not installed.
    pub fn flags(&self) -> Option<Vec<String>> {
        let output = Command::new("pkg-config").args(["--cflags", "--libs", self.name]).output().ok()?;
        let flags = String::from_utf8(output.stdout).expect("UTF-8");
        output.status.success().then(|| flags.split_whitespace().map(str::to_owned).collect())
    }

    /// `None`, and it is said, if it is not installed. `what` cannot be done then.
    pub fn flags_or_skip(&self, what: &str) -> Option<Vec<String>> {
        let flags = self.flags();
        if flags.is_none() {
            skip(what, &format!("pkg-config does not know {} (Debian: {})", self.name, self.debian));
        }
        flags
    }
}

/// What was run.
#[derive(Clone, Copy)]
pub struct Ran {
    pub programs: usize,
    pub scenarios: usize,
}

/// Runs a folder's part of the suite on programs that `compile` makes of sources and the compiler's flags, one after the
/// other: a checker takes the time of several. Fails if one of them does, after all have ended.
pub fn run_all(folder: &str, how: &str, compile: impl Fn(&Path, &[&str]) -> Program) -> Ran {
    run_members(MEMBERS.iter().filter(|member| member.path.starts_with(folder)), how, compile)
}

/// The same with these members alone.
pub fn run_members(
    members: impl Iterator<Item = &'static Member>,
    how: &str,
    compile: impl Fn(&Path, &[&str]) -> Program,
) -> Ran {
    let members: Vec<_> = members.filter_map(|member| Some((member, flags(how, member)?))).collect();
    let is_clean = |(member, flags): &(&Member, Vec<String>)| {
        let program = compile(&source(member.path), &flags.iter().map(String::as_str).collect::<Vec<_>>());
        member.scenarios.iter().for_each(|scenario| scenario(&program));
    };
    // What went wrong is said by the panic itself.
    let fails = |it: &&(&Member, Vec<String>)| panic::catch_unwind(AssertUnwindSafe(|| is_clean(it))).is_err();
    let failed: Vec<_> = members.iter().filter(fails).map(|(member, _)| member.path).collect();
    assert!(failed.is_empty(), "{how}: {failed:?}");
    Ran { programs: members.len(), scenarios: members.iter().map(|(member, _)| member.scenarios.len()).sum() }
}

/// `None`: it cannot be built here.
fn flags(how: &str, member: &Member) -> Option<Vec<String>> {
    let what = format!("{} {how}", member.path);
    member.package.map_or_else(|| Some(Vec::new()), |package| package.flags_or_skip(&what))
}
