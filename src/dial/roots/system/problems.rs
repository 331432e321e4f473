//! What was wrong with the system's roots, and which of these problems explain why a server is refused.

use rustls::Error;

use super::super::refusal::{Refusal, UNKNOWN_ISSUER, is_unknown_issuer, unknown_issuer};

/// Something that was found when the roots were looked at or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) weight: Weight,
    /// Where it was, and what.
    text: String,
}

/// What a problem can explain. Each weight also explains what those before it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// That there is no root at all.
    Minor,
    /// That the issuer is not known.
    Noteworthy,
    /// That the issuer is not known, for now: not all roots could be read, and the next login reads them again.
    Incomplete,
}

impl Problem {
    pub(super) fn new(weight: Weight, text: String) -> Self {
        Self { weight, text }
    }
}

/// The error of a server that no root vouches for. `refused` is the verifiers' own; `None` if there is no root to ask.
pub(super) fn explain(refused: Option<Error>, problems: &[Problem]) -> Error {
    let any = |weight| problems.iter().any(|problem| problem.weight == weight);
    let (reason, what, least) = match refused {
        Some(refused) if !is_unknown_issuer(&refused) => return refused,
        None if !any(Weight::Incomplete) => ("no-roots", "there are no trusted root certificates", Weight::Minor),
        _ if any(Weight::Incomplete) => (
            "roots-unreadable",
            "not all trusted root certificates could be read, and the others do not vouch for the server",
            Weight::Incomplete,
        ),
        _ if any(Weight::Noteworthy) => (UNKNOWN_ISSUER.0, UNKNOWN_ISSUER.1, Weight::Noteworthy),
        _ => return unknown_issuer(),
    };
    let told: Vec<_> =
        problems.iter().filter(|problem| problem.weight >= least).map(|problem| &*problem.text).collect();
    Refusal { reason, message: format!("{what} ({})", list(&told)) }.into()
}

/// The first few texts, and how many more there are: a directory may have a problem with each of its files.
fn list(texts: &[&str]) -> String {
    const SHOWN: usize = 4;
    let (shown, others) = texts.split_at_checked(SHOWN).unwrap_or((texts, &[]));
    let shown = shown.join("; ");
    if others.is_empty() { shown } else { format!("{shown}; and {} more", others.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::CertificateError;

    use Weight::{Incomplete, Minor, Noteworthy};

    /// Reason and message of what is explained.
    fn told(refused: Option<Error>, weights: &[Weight]) -> (String, String) {
        let problem = |(number, weight): (usize, &Weight)| Problem::new(*weight, format!("{weight:?} {number}"));
        let problems: Vec<_> = weights.iter().enumerate().map(problem).collect();
        let error = explain(refused, &problems);
        match Refusal::within(&error) {
            Some(refusal) => (refusal.reason.to_owned(), refusal.message.clone()),
            None => (String::new(), format!("{error:?}")),
        }
    }

    #[test]
    fn a_problem_is_told_if_it_explains_the_refusal() {
        let unknown = || Some(unknown_issuer());
        let expired = Error::from(CertificateError::Expired);
        for (refused, weights, reason, end) in [
            (Some(expired), &[Incomplete][..], "", "(Expired)"),
            (unknown(), &[], "", "(UnknownIssuer)"),
            (unknown(), &[Minor, Minor], "", "(UnknownIssuer)"),
            (unknown(), &[Minor, Noteworthy], UNKNOWN_ISSUER.0, "by a trusted authority (Noteworthy 1)"),
            (unknown(), &[Noteworthy, Incomplete], "roots-unreadable", "vouch for the server (Incomplete 1)"),
            (None, &[Minor, Noteworthy], "no-roots", "no trusted root certificates (Minor 0; Noteworthy 1)"),
            (None, &[Minor, Incomplete], "roots-unreadable", "(Incomplete 1)"),
            (None, &[Minor; 6], "no-roots", "(Minor 0; Minor 1; Minor 2; Minor 3; and 2 more)"),
        ] {
            let (found, message) = told(refused, weights);
            assert!(found == reason && message.ends_with(end), "{found} {message}");
        }
    }
}
