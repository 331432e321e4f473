//! Every way to write certificates down that OpenSSL takes is taken, and what is not taken is an error that says which.

use std::process::{Command, Output};

use personr::ffi::{PERSONR_INVALID_ARGUMENT, personr_options_set_ca_pem, personr_options_set_system_roots};
use personr_sandbox::Sandbox;
use personr_testkit::client::{self, Failure, Options};
use personr_testkit::compile;
use personr_testkit::figures::figures;

/// A file with two certificates, of which the second counts.
struct Form {
    name: &'static str,
    text: Vec<u8>,
    /// Words of the error.
    refused: Option<&'static str>,
}

fn forms(first: &str, second: &str) -> Vec<Form> {
    let (first, second) = (first.trim_end(), second.trim_end());
    let plain = format!("{first}\n{second}\n");
    let form = |name, text: &[u8], refused| Form { name, text: text.to_vec(), refused };
    let taken = |name, text: String| form(name, text.as_bytes(), None);
    let refused = |name, text: String, words| form(name, text.as_bytes(), Some(words));
    let indented = plain.lines().map(|line| format!("    {line}\n")).collect();
    let old = second.replace("CERTIFICATE", "X509 CERTIFICATE");
    let trusted = second.replace("CERTIFICATE", "TRUSTED CERTIFICATE");
    vec![
        taken("plain", plain.clone()),
        taken("without a line break at its end", format!("{first}\n{second}")),
        taken("CR LF", plain.replace('\n', "\r\n")),
        taken("CR", plain.replace('\n', "\r")),
        taken("a byte order mark", format!("\u{FEFF}{plain}")),
        taken("a byte order mark in the middle", format!("{first}\n\u{FEFF}{second}\n")),
        taken("joined without a line break", format!("{first}{second}\n")),
        taken("indented", indented),
        taken("blanks behind", plain.replace('\n', " \t\n")),
        taken("X509 CERTIFICATE", format!("{first}\n{old}\n")),
        taken("TRUSTED CERTIFICATE", format!("{first}\n{trusted}\n")),
        form(
            "Latin-1",
            &[b"# Autorit\xE9 1\n", first.as_bytes(), b"\n# Autorit\xE9 2\n", second.as_bytes()].concat(),
            None,
        ),
        taken("a text before each", format!("subject=CN = a\n{first}\n\nsubject=CN = b\n{second}\n")),
        refused(
            "a dash too few",
            plain.replacen("-----BEGIN", "----BEGIN", 1),
            "certificate 1 (line 1): its first line",
        ),
        refused("no end", format!("{first}\n{}", second.replace("-----END CERTIFICATE-----", "")), "its last line"),
        refused(
            "an end too few",
            plain.replacen("-----END CERTIFICATE-----\n", "", 1),
            "certificate 1 (line 1): its last",
        ),
        refused("broken Base64", plain.replacen("\nMII", "\nM!I", 1), "certificate 1 (line 1): its Base64"),
        refused(
            "cut",
            format!("{first}\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
            "certificate 2 (line",
        ),
        refused("in one line", plain.replace('\n', "\\n"), "certificate 1 (line 1): its first line"),
        refused("nothing", "a text\n".to_owned(), "there is no certificate in it"),
    ]
}

fn log_in(sandbox: &Sandbox, ca_pem: &[u8]) -> Result<(), Failure> {
    let options = Options::new();
    options.base_url(sandbox.base_url()).expect("accepted");
    client::call(|error| unsafe { personr_options_set_ca_pem(options.0, ca_pem.as_ptr(), ca_pem.len(), error) })?;
    client::call(|error| unsafe { personr_options_set_system_roots(options.0, 0, error) }).expect("accepted");
    options.demo().login().map(drop)
}

/// How many certificates `SSL_CTX_load_verify_locations` would take of the file: this command reads it in the same way.
fn taken_by_openssl(text: &[u8]) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), text).expect("written");
    let openssl = |arguments: &str| -> Output {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(folder.path()).output().expect("openssl runs")
    };
    openssl("crl2pkcs7 -nocrl -certfile file -out taken");
    let printed = openssl("pkcs7 -in taken -print_certs -noout").stdout;
    String::from_utf8_lossy(&printed).matches("subject=").count()
}

#[test]
fn what_openssl_accepts_is_accepted_and_anything_else_is_an_error() {
    let [sandbox, other] = [0, 1].map(|_| Sandbox::start().expect("a sandbox"));
    let forms = forms(other.ca_pem(), sandbox.ca_pem());
    for Form { name, text, refused } in &forms {
        match (log_in(&sandbox, text), refused) {
            (Ok(()), None) => {}
            (Err(failure), Some(words)) => {
                assert_eq!(failure.kind(), (PERSONR_INVALID_ARGUMENT, "argument"), "{name}: {failure:?}");
                assert!(failure.message.contains(words), "{name}: {}", failure.message);
            }
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
    let count = forms.len();
    let refused = forms.iter().filter(|form| form.refused.is_some()).count();
    figures!("{count} files with certificates: {} taken, {refused} refused by name", count - refused);
}

#[test]
fn openssl_accepts_nothing_that_the_library_refuses() {
    if !Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success()) {
        compile::skip(
            "openssl_accepts_nothing_that_the_library_refuses",
            "openssl is not installed (Debian: apt-get install openssl)",
        );
        return;
    }
    let [first, second] = [0, 1].map(|_| Sandbox::start().expect("a sandbox").ca_pem().to_owned());
    let mut whole = 0;
    for Form { name, text, refused } in forms(&first, &second) {
        // Of these it takes one or the other, and says nothing.
        if taken_by_openssl(&text) == 2 {
            assert_eq!(refused, None, "{name}");
            whole += 1;
        }
    }
    assert!(whole >= 7, "it is asked in the right way: {whole}");
    figures!("of the files with two certificates openssl takes {whole} whole: all of them are taken here");
}
