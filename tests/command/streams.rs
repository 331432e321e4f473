//! What the command does with standard streams that are full, closed, broken or not there.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};

use crate::scene::{Scene, finish, program, sh};

#[test]
fn a_full_disk_is_no_success() {
    let scene = Scene::with_token();
    let file = scene.write("d.json", "{\"a\": 1}");
    for arguments in [&["token"][..], &["authorization"], &["status"], &["json", "-i", &file, "/a"], &["--help"]] {
        let full = finish(&mut sh(&scene, "exec \"$0\" \"$@\" >/dev/full", arguments));
        full.failed(1, "stdout cannot be written: No space left on device");
    }
}

#[test]
fn a_closed_stream_is_no_success_and_its_number_nobody_elses() {
    let scene = Scene::with_token();
    let closed = |script: &str, arguments: &[&str]| finish(&mut sh(&scene, script, arguments));
    closed("exec \"$0\" \"$@\" >&-", &["token"]).failed(1, "stdout cannot be written");
    closed("exec \"$0\" \"$@\" <&-", &["json", "/a"]).failed(1, "stdin cannot be read");
    // What it says on stderr is in no file that it opened meanwhile.
    let out = scene.path("out").display().to_string();
    let script = "\"$0\" \"$@\" 0<&- 1>&- 2>&- || echo $?";
    let request = ["request", "api-aml-results", "-o", &out, "--log", "debug"];
    assert_eq!(closed(script, &request).done().text(), "");
    let answer = std::fs::read_to_string(&out).expect("the answer");
    assert!(answer.starts_with('{') && !answer.contains("personr:"), "{answer}");
    let record = std::fs::read_dir(scene.path("home/.local/state/personr")).expect("the store");
    for file in record {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        assert!(!text.contains("personr:"), "{text}");
    }
}

#[test]
fn a_reader_that_has_gone_ends_it_as_any_filter() {
    let scene = Scene::with_token();
    let text = format!("\"{}\"", "x".repeat(1_000_000));
    let file = scene.write("long.json", text);
    let run = |is_ignored: bool| {
        let mut command = Command::new(program());
        command.args(["json", "-i", &file, ""]);
        scene.settle(&mut command);
        let disposition = if is_ignored { libc::SIG_IGN } else { libc::SIG_DFL };
        // SAFETY: signal may be called behind fork.
        unsafe {
            command.pre_exec(move || {
                libc::signal(libc::SIGPIPE, disposition);
                Ok(())
            })
        };
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
        let mut first = [0; 10];
        child.stdout.take().expect("a pipe").read_exact(&mut first).expect("the beginning");
        child.wait_with_output().expect("its end")
    };
    assert_eq!(run(false).status.signal(), Some(libc::SIGPIPE));
    let broken = run(true);
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("Broken pipe"));
}
