//! The arguments of the program.

use std::ffi::OsString;

use personr_sandbox::{Certificate, DEFAULT_EMAIL, DEFAULT_PASSWORD};

pub(crate) const HELP: &str = "\
usage: personr-sandbox [options]

A stand-in for Personr's API on the loopback. Prints one line of JSON with base_url,
ca_file, control_url, email and password, and runs until SIGTERM, SIGINT or POST /stop.
It knows all endpoints; control_url tells what came in (GET /requests, /uploads, /counters)
and takes orders (POST /fault, /documents, /revoke and more: see README.md).

  --plain-http         without TLS
  --email EMAIL        the account, demo@example.com if not given
  --password PASSWORD  its password
  --lifetime SECONDS   of the tokens, a year if not given
  --certificate NAME   good, expired, not-yet-valid, wrong-name, self-signed, unknown-ca,
                       wrong-extended-key-usage, tls12-only or tls13-only
  --wait-stdin         ends also when its standard input is at its end
  --help
";

/// What the program is asked to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Request {
    Run(Arguments),
    Help,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) plain_http: bool,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) lifetime: Option<f64>,
    pub(crate) certificate: Certificate,
    pub(crate) wait_stdin: bool,
}

impl Default for Arguments {
    fn default() -> Arguments {
        Arguments {
            plain_http: false,
            email: DEFAULT_EMAIL.to_owned(),
            password: DEFAULT_PASSWORD.to_owned(),
            lifetime: None,
            certificate: Certificate::Good,
            wait_stdin: false,
        }
    }
}

/// Values may follow their option or an `=` in it.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, String> {
    let mut parsed = Arguments::default();
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        let argument = text(argument)?;
        let (option, given) = match argument.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        let has_value = given.is_some();
        let mut value = || match given.clone() {
            Some(value) => Ok(value),
            None => text(rest.next().ok_or(format!("{option} needs a value"))?),
        };
        match option {
            "--email" => parsed.email = value()?,
            "--password" => parsed.password = value()?,
            "--lifetime" => parsed.lifetime = Some(lifetime(&value()?)?),
            "--certificate" => parsed.certificate = value()?.parse()?,
            _ if has_value => return Err(format!("{option} is not known, or takes no value")),
            "--plain-http" => parsed.plain_http = true,
            "--wait-stdin" => parsed.wait_stdin = true,
            "--help" | "-h" => return Ok(Request::Help),
            _ => return Err(format!("{option} is not known")),
        }
    }
    Ok(Request::Run(parsed))
}

fn text(argument: OsString) -> Result<String, String> {
    argument.into_string().map_err(|_| "an argument is not UTF-8".to_owned())
}

fn lifetime(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => Ok(seconds),
        _ => Err("--lifetime needs a number of seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Request, String> {
        parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn without_arguments_it_is_the_usual_sandbox() {
        assert_eq!(parsed(&[]), Ok(Request::Run(Arguments::default())));
    }

    #[test]
    fn options_are_taken_in_both_forms() {
        let wanted = Arguments {
            plain_http: true,
            email: "a@example.com".into(),
            password: "b=c".into(),
            lifetime: Some(1.5),
            certificate: Certificate::WrongName,
            wait_stdin: true,
        };
        let given = [
            "--plain-http",
            "--email",
            "a@example.com",
            "--password=b=c",
            "--lifetime",
            "1.5",
            "--certificate=wrong-name",
            "--wait-stdin",
        ];
        assert_eq!(parsed(&given), Ok(Request::Run(wanted)));
        assert_eq!(parsed(&["--help"]), Ok(Request::Help));
    }

    #[test]
    fn mistakes_are_named() {
        for (given, named) in [
            (&["--nonsense"][..], "--nonsense"),
            (&["--email"], "--email"),
            (&["--plain-http=yes"], "--plain-http"),
            (&["--lifetime", "soon"], "--lifetime"),
            (&["--certificate", "nice"], "wrong-name"),
        ] {
            let message = parsed(given).unwrap_err();
            assert!(message.contains(named), "{message}");
        }
    }

    #[test]
    fn the_help_names_every_certificate() {
        for word in ["good", "expired", "tls12-only", "tls13-only", "wrong-extended-key-usage"] {
            assert!(HELP.contains(word));
        }
    }
}
