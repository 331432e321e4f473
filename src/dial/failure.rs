//! What an error on a connection means: its status, its reason, its message, and whether another attempt may do better.
//! This is decided here alone, for logins, proxies and the Redis store.
//!
//! An `io::Error` says what happened, and a [`Phase`] what was under way. The texts of the system and of rustls are not
//! used, since they may hold a URL with a password: every message is our own.

use std::io::{self, ErrorKind};

use rustls::{AlertDescription, CertificateError, InvalidMessage, PeerIncompatible};

use super::roots::{Refusal, UNKNOWN_ISSUER};
use super::signature;
use crate::error::{Error, Failure, Status};

/// What was under way on a connection. Its name is the reason of a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Connect,
    Proxy,
    Handshake,
    Request,
    Answer,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Handshake => "handshake",
            Self::Request => "request",
            Self::Answer => "answer",
        }
    }
}

/// Why a look-up brought no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookUpProblem {
    /// The system's resolver knows no address of the name, or could not ask for one.
    NoAddress,
    NoDescriptor,
    NoThread,
    TimedOut,
}

const TOO_MANY_OPEN_FILES: &str = "too many open files: this process, or the system, has no descriptor left";

/// What `error` means in this phase.
pub(crate) fn failure_of(error: &io::Error, phase: Phase) -> Failure {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls_error(tls, phase).into();
    }
    if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) {
        // Once the request was sent the service may be at work on it: it is not sent again.
        return Failure { error: timeout(phase), retry: phase != Phase::Answer };
    }
    let (reason, problem) = match error.kind() {
        _ if is_want_of_descriptors(error) => ("descriptors", TOO_MANY_OPEN_FILES),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            ("reset", "the connection was reset")
        }
        ErrorKind::UnexpectedEof => ("closed", "the connection was closed before the answer was complete"),
        _ if matches!(phase, Phase::Connect | Phase::Proxy) => ("connect", connect_problem(error)),
        _ => ("io", "the connection failed"),
    };
    network(reason, problem, phase)
}

/// What a failed look-up means: that of the proxy's name in [`Phase::Proxy`], else that of the name of the service or
/// store.
pub(super) fn of_look_up(problem: LookUpProblem, phase: Phase) -> Failure {
    match problem {
        LookUpProblem::NoAddress => network("dns", "the name of the host could not be looked up", phase),
        LookUpProblem::NoThread => network("dns", "no thread could be started for the name look-up", phase),
        LookUpProblem::NoDescriptor => network("descriptors", TOO_MANY_OPEN_FILES, phase),
        LookUpProblem::TimedOut => Failure { error: timeout(phase), retry: true },
    }
}

/// A failure of the network. In [`Phase::Proxy`] its reason is "proxy"; but the proxy has nothing to do with a lack of
/// descriptors on this machine.
fn network(reason: &'static str, problem: &'static str, phase: Phase) -> Failure {
    let error = match phase {
        Phase::Proxy if reason != "descriptors" => {
            Error::new(Status::Network, "proxy", format!("the proxy: {problem}"))
        }
        _ => Error::new(Status::Network, reason, problem),
    };
    Failure { error, retry: true }
}

pub(super) fn is_want_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

fn is_want_of_memory(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOBUFS | libc::ENOMEM))
}

fn connect_problem(error: &io::Error) -> &'static str {
    match error.kind() {
        _ if is_want_of_memory(error) => "the system has no memory left for a connection",
        ErrorKind::ConnectionRefused => {
            "the connection was refused: nothing listens on that port, or a firewall rejects it"
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            "there is no route to the host (is the network up?)"
        }
        ErrorKind::PermissionDenied => "this system does not allow the connection: a firewall or a policy of its own",
        ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse => "this system has no port or address left to connect from",
        _ => "no connection could be made",
    }
}

/// Two addresses of one host have failed: which error says more about why the host cannot be reached? A lack of
/// descriptors or memory on this machine says most, since it may have caused the other error as well. A refused
/// connection tells that the host is up. A missing route says little: many networks have one family of addresses alone.
pub(super) fn more_telling(one: io::Error, other: io::Error) -> io::Error {
    let weight = |error: &io::Error| match error.kind() {
        _ if is_want_of_descriptors(error) || is_want_of_memory(error) => 5,
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => 4,
        ErrorKind::PermissionDenied => 3,
        ErrorKind::TimedOut => 2,
        ErrorKind::HostUnreachable => 1,
        _ => 0,
    };
    if weight(&other) > weight(&one) { other } else { one }
}

fn timeout(phase: Phase) -> Error {
    let message = match phase {
        Phase::Connect => "no connection within the time allowed",
        Phase::Proxy => "no connection through the proxy within the time allowed",
        Phase::Handshake => "no TLS handshake within the time allowed",
        Phase::Request => "the request could not be sent within the time allowed",
        Phase::Answer => "no answer within the time allowed",
    };
    Error::new(Status::Timeout, phase.name(), message)
}

fn tls_error(error: &rustls::Error, phase: Phase) -> Error {
    // A refusal of our own says more than the error of rustls in which it comes.
    let (reason, problem) = match (Refusal::within(error), error) {
        (Some(refusal), _) => (refusal.reason, refusal.message.clone()),
        (None, rustls::Error::InvalidCertificate(problem)) => certificate_problem(problem),
        (None, _) => ("handshake", handshake_problem(error).to_owned()),
    };
    let whose = if phase == Phase::Proxy { "the proxy: " } else { "" };
    Error::new(Status::Tls, reason, format!("{whose}{problem}"))
}

fn handshake_problem(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the server does not speak TLS (is this a port for plain HTTP?)"
        }
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        )
        | rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "the server speaks neither TLS 1.2 nor TLS 1.3"
        }
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server wants a certificate of its client, and the library has none"
        }
        // OpenSSL sends this alert, too, if the server's key fits none of the signature schemes that the client offers.
        rustls::Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "the server refused the TLS handshake: it has no cipher, or no kind of key, that is accepted"
        }
        rustls::Error::AlertReceived(_) => "the server refused the TLS handshake",
        rustls::Error::NoCertificatesPresented => "the server showed no certificate",
        _ => "the TLS handshake failed",
    }
}

fn certificate_problem(problem: &CertificateError) -> (&'static str, String) {
    let (reason, message) = match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("certificate-expired", "the certificate has expired")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("certificate-not-yet-valid", "the certificate is not valid yet (is the clock right?)")
        }
        CertificateError::UnknownIssuer => UNKNOWN_ISSUER,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ("certificate-name", "the certificate is for another name")
        }
        CertificateError::BadEncoding => ("certificate-other", "the certificate cannot be read"),
        CertificateError::BadSignature => (
            "certificate-other",
            "a signature of the certificate's issuer or of the server is wrong, or by an RSA key of less than 2048 or \
             more than 8192 bits",
        ),
        CertificateError::UnsupportedSignatureAlgorithmContext { signature_algorithm_id, .. } => {
            return ("certificate-other", signature::not_accepted(signature_algorithm_id, None));
        }
        CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id,
            public_key_algorithm_id,
        } => {
            let message = signature::not_accepted(signature_algorithm_id, Some(public_key_algorithm_id));
            return ("certificate-other", message);
        }
        // webpki does not tell which of its rules was broken. These are the rules.
        _ => (
            "certificate-other",
            "the certificate or its chain breaks a rule: on names or purposes, on who may issue, or on extensions",
        ),
    };
    (reason, message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_error_has_its_reason() {
        let cases = [
            (ErrorKind::ConnectionRefused, Phase::Connect, Status::Network, "connect"),
            (ErrorKind::HostUnreachable, Phase::Connect, Status::Network, "connect"),
            (ErrorKind::ConnectionReset, Phase::Handshake, Status::Network, "reset"),
            (ErrorKind::BrokenPipe, Phase::Request, Status::Network, "reset"),
            (ErrorKind::UnexpectedEof, Phase::Answer, Status::Network, "closed"),
            (ErrorKind::ConnectionRefused, Phase::Proxy, Status::Network, "proxy"),
            (ErrorKind::TimedOut, Phase::Connect, Status::Timeout, "connect"),
            (ErrorKind::TimedOut, Phase::Answer, Status::Timeout, "answer"),
            (ErrorKind::OutOfMemory, Phase::Answer, Status::Network, "io"),
            (ErrorKind::ConnectionReset, Phase::Proxy, Status::Network, "proxy"),
        ];
        for (kind, phase, status, reason) in cases {
            let failure = failure_of(&kind.into(), phase);
            assert_eq!((failure.error.status(), failure.error.reason()), (status, reason), "{kind:?} {phase:?}");
        }
    }

    #[test]
    fn errors_of_the_system_have_messages_of_our_own() {
        let cases = [
            (libc::EMFILE, "descriptors", "too many open files"),
            (libc::ENFILE, "descriptors", "too many open files"),
            (libc::ENOBUFS, "connect", "no memory"),
            (libc::ENOMEM, "connect", "no memory"),
            (libc::EACCES, "connect", "does not allow"),
            (libc::EPERM, "connect", "does not allow"),
            (libc::EADDRNOTAVAIL, "connect", "no port or address left"),
            (libc::ENETUNREACH, "connect", "no route"),
            (libc::EHOSTUNREACH, "connect", "no route"),
            (libc::ENETDOWN, "connect", "no route"),
            (libc::ECONNREFUSED, "connect", "refused"),
            (libc::EAFNOSUPPORT, "connect", "no connection"),
        ];
        for (code, reason, words) in cases {
            let error = io::Error::from_raw_os_error(code);
            let direct = failure_of(&error, Phase::Connect).error;
            assert_eq!((direct.status(), direct.reason()), (Status::Network, reason), "{error}");
            assert!(direct.message().contains(words), "{error}: {direct}");
            let proxied = failure_of(&error, Phase::Proxy).error;
            let proxied_reason = if reason == "connect" { "proxy" } else { reason };
            assert_eq!((proxied.status(), proxied.reason()), (Status::Network, proxied_reason), "{error}");
            assert!(proxied.message().contains(words), "{error}: {proxied}");
        }
    }

    #[test]
    fn the_most_telling_error_of_several_addresses_is_reported() {
        let from_least =
            [libc::ENETUNREACH, libc::EHOSTUNREACH, libc::ETIMEDOUT, libc::EPERM, libc::ECONNREFUSED, libc::EMFILE];
        let error = io::Error::from_raw_os_error;
        for (least, code) in from_least.iter().enumerate() {
            for less in &from_least[..=least] {
                assert_eq!(more_telling(error(*less), error(*code)).raw_os_error(), Some(*code));
                assert_eq!(more_telling(error(*code), error(*less)).raw_os_error(), Some(*code));
            }
        }
        let (first, second) = (error(libc::ENOBUFS), error(libc::EMFILE));
        assert_eq!(
            more_telling(first, second).raw_os_error(),
            Some(libc::ENOBUFS),
            "the first of two that say as much"
        );
    }

    #[test]
    fn a_failed_look_up_has_a_reason_and_a_message() {
        let cases = [
            (LookUpProblem::NoAddress, Status::Network, ["dns", "proxy"], "name of the host"),
            (LookUpProblem::NoThread, Status::Network, ["dns", "proxy"], "no thread"),
            (LookUpProblem::NoDescriptor, Status::Network, ["descriptors", "descriptors"], "too many open files"),
            (LookUpProblem::TimedOut, Status::Timeout, ["connect", "proxy"], "within the time allowed"),
        ];
        for (problem, status, reasons, words) in cases {
            for (phase, reason) in [Phase::Connect, Phase::Proxy].into_iter().zip(reasons) {
                let failure = of_look_up(problem, phase);
                assert_eq!((failure.error.status(), failure.error.reason()), (status, reason), "{problem:?} {phase:?}");
                assert!(failure.retry && failure.error.message().contains(words), "{failure:?}");
            }
        }
    }

    #[test]
    fn tls_errors_are_found_inside_io_errors() {
        let cases = [
            (rustls::Error::InvalidCertificate(CertificateError::Expired), "certificate-expired"),
            (rustls::Error::InvalidCertificate(CertificateError::NotValidYet), "certificate-not-yet-valid"),
            (rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer), "certificate-unknown-issuer"),
            (rustls::Error::InvalidCertificate(CertificateError::NotValidForName), "certificate-name"),
            (rustls::Error::InvalidCertificate(CertificateError::BadSignature), "certificate-other"),
            (rustls::Error::HandshakeNotComplete, "handshake"),
        ];
        for (error, reason) in cases {
            let failure = failure_of(&io::Error::new(ErrorKind::InvalidData, error), Phase::Handshake);
            assert_eq!((failure.error.status(), failure.error.reason()), (Status::Tls, reason));
            assert!(!failure.retry);
        }
    }

    #[test]
    fn a_handshake_that_fails_says_what_to_look_for() {
        let cases = [
            (InvalidMessage::InvalidContentType.into(), "plain HTTP"),
            (PeerIncompatible::ServerDoesNotSupportTls12Or13.into(), "neither TLS 1.2 nor TLS 1.3"),
            (rustls::Error::AlertReceived(AlertDescription::ProtocolVersion), "neither TLS 1.2 nor TLS 1.3"),
            (rustls::Error::AlertReceived(AlertDescription::CertificateRequired), "a certificate of its client"),
            (rustls::Error::AlertReceived(AlertDescription::HandshakeFailure), "refused"),
            (rustls::Error::HandshakeNotComplete, "handshake failed"),
        ];
        for (error, words) in cases {
            let error = tls_error(&error, Phase::Proxy);
            assert_eq!((error.status(), error.reason()), (Status::Tls, "handshake"));
            let message = error.message();
            assert!(message.starts_with("the proxy: ") && message.contains(words), "{message}");
        }
    }
}
