//! The endpoints that need a bearer token, and what each of them does and answers. The shapes of their answers differ.

mod applicants;
mod documents;
mod others;

use std::collections::BTreeMap;

use super::answers;
use super::records::Records;
use crate::content::Part;
use crate::http::Answer;

type Endpoint = fn(&mut Call) -> Result<Answer, Answer>;

/// All of them, by their names.
const ENDPOINTS: [(&str, Endpoint); 17] = [
    ("api-add-ubo", others::success),
    ("api-aml-results", others::aml_results),
    ("api-applicant-create", applicants::create),
    ("api-applicant-details", applicants::details),
    ("api-applicant-status", applicants::status),
    ("api-change-workspace", others::change_workspace),
    ("api-database-verification", others::verification),
    ("api-document-download", documents::download),
    ("api-document-upload", documents::upload),
    ("api-entity-create", applicants::create_entity),
    ("api-entity-database-verification", others::verification),
    ("api-entity-document-upload", documents::upload_url),
    ("api-entity-document-upload-encoded", documents::upload_encoded),
    ("api-entity-status", applicants::status),
    ("api-entity-verificationlink-create", others::verification_link),
    ("api-request-applicant-check", applicants::check),
    ("api-verificationlink-create", others::verification_link),
];

/// A request that is allowed to do what it asks for.
pub(super) struct Call<'a> {
    pub(super) endpoint: &'a str,
    pub(super) parts: &'a [Part],
    pub(super) records: &'a mut Records,
    /// The workspace of the account: all who have its token work in it.
    pub(super) workspace: &'a mut String,
}

pub(super) fn find(name: &str) -> Option<Endpoint> {
    ENDPOINTS.iter().find(|(known, _)| *known == name).map(|(_, endpoint)| *endpoint)
}

impl Call<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|part| part.name == name)?.text()
    }

    fn needed(&self, name: &str) -> Result<&str, Answer> {
        self.text(name).filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
    }

    /// Whom the request is about. Who names nobody gets the answer for an applicant of the documentation.
    fn id(&self) -> String {
        let names = ["applicantId", "applicant", "entityId"];
        let named = names.into_iter().find_map(|name| self.text(name));
        named.unwrap_or("1665086295288x405886519539808060").to_owned()
    }

    fn texts(&self) -> BTreeMap<String, String> {
        let texts = self.parts.iter().filter_map(|part| Some((part.name.clone(), part.text()?.to_owned())));
        texts.collect()
    }
}

fn missing(name: &str) -> Answer {
    answers::missing_data(&format!("Missing parameter: {name}"))
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
