//! What the service knows about applicants. It begins with nothing, so any id that a request names is taken for that of an
//! applicant who was created before.

use std::collections::{BTreeMap, HashMap};

use crate::document::Document;

/// How often a check may be requested for an applicant.
const MOST_CHECKS: u32 = 5;

/// The number behind the first id that is made.
const FIRST_ID: u64 = 222_333_444_555_666_770;

/// All applicants and entities.
pub(crate) struct Records {
    applicants: HashMap<String, Applicant>,
    made: u64,
    /// How often a status is pending after a check was requested.
    polls: u32,
    /// What every download gives, if it was set.
    documents: Option<Vec<Document>>,
}

/// An applicant, or an entity.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applicant {
    /// The texts that it was created with.
    pub(crate) details: BTreeMap<String, String>,
    pub(crate) documents: Vec<Document>,
    checks: u32,
    polls_left: u32,
}

/// Where the check of an applicant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Created,
    Pending,
    Approved,
}

impl Progress {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Progress::Created => "Created",
            Progress::Pending => "Pending",
            Progress::Approved => "Approved",
        }
    }
}

impl Records {
    pub(crate) fn new(polls: u32) -> Records {
        Records { applicants: HashMap::new(), made: 0, polls, documents: None }
    }

    pub(crate) fn set_polls(&mut self, polls: u32) {
        self.polls = polls;
    }

    pub(crate) fn set_documents(&mut self, documents: Vec<Document>) {
        self.documents = Some(documents);
    }

    /// Creates an applicant; its id has the form of the service's.
    pub(crate) fn create(&mut self, details: BTreeMap<String, String>) -> String {
        let id = format!("1670035200000x{}", FIRST_ID + self.made);
        self.made += 1;
        self.applicants.insert(id.clone(), Applicant { details, ..Applicant::default() });
        id
    }

    /// The applicant of this id.
    pub(crate) fn applicant(&mut self, id: &str) -> &mut Applicant {
        self.applicants.entry(id.to_owned()).or_default()
    }

    /// Requests a check; `false` if all attempts are used up.
    pub(crate) fn check(&mut self, id: &str) -> bool {
        let polls = self.polls;
        let applicant = self.applicant(id);
        if applicant.checks == MOST_CHECKS {
            return false;
        }
        applicant.checks += 1;
        applicant.polls_left = polls;
        true
    }

    /// Where the check stands; asking brings it on.
    pub(crate) fn poll(&mut self, id: &str) -> Progress {
        let applicant = self.applicant(id);
        if applicant.checks == 0 {
            return Progress::Created;
        }
        if applicant.polls_left == 0 {
            return Progress::Approved;
        }
        applicant.polls_left -= 1;
        Progress::Pending
    }

    /// What a download gives.
    pub(crate) fn documents(&mut self, id: &str) -> Vec<Document> {
        match &self.documents {
            Some(documents) => documents.clone(),
            None => self.applicant(id).documents.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_pending_for_some_polls_and_can_be_requested_five_times() {
        let mut records = Records::new(2);
        let id = records.create(BTreeMap::new());
        assert_eq!(id, "1670035200000x222333444555666770");
        assert_ne!(records.create(BTreeMap::new()), id);
        assert_eq!(records.poll(&id), Progress::Created);
        for _ in 0..5 {
            assert!(records.check(&id));
            let polls: Vec<_> = (0..4).map(|_| records.poll(&id)).collect();
            assert_eq!(polls, [Progress::Pending, Progress::Pending, Progress::Approved, Progress::Approved]);
        }
        assert!(!records.check(&id));
    }

    #[test]
    fn set_documents_stand_for_those_of_all_applicants() {
        let mut records = Records::new(2);
        records.applicant("a").documents.push(Document::new("PASSPORT", 1, 1));
        assert_eq!((records.documents("a").len(), records.documents("b").len()), (1, 0));
        records.set_documents(vec![Document::new("VISA", 2, 2); 3]);
        assert_eq!((records.documents("a").len(), records.documents("b").len()), (3, 3));
    }
}
