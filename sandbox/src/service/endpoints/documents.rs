//! Documents: up and down.

use super::{Call, answers, missing, quoted};
use crate::content::{Encoding, Part};
use crate::document::Document;
use crate::http::{Answer, Body, Piece};

/// The seed of what stands for a large document when it is downloaded: only its length and its hash were kept.
const SEED: u64 = 1;

pub(super) fn upload(call: &mut Call) -> Result<Answer, Answer> {
    let document = document(call)?;
    if !document.is_upload() {
        return Err(answers::missing_data("docFile is no document"));
    }
    keep(call, document);
    let text = |name: &str| call.text(name).map_or_else(|| "null".to_owned(), quoted);
    Ok(Answer::json_text(
        200,
        format!(
            r#"{{"applicantId":{},"documentType":{},"documentSubType":{},"country":{},"errors":[],"warnings":[]}}"#,
            quoted(&call.id()),
            text("docType"),
            text("docSubType"),
            text("docCountryISO")
        ),
    ))
}

/// The document is Base64 as text.
pub(super) fn upload_encoded(call: &mut Call) -> Result<Answer, Answer> {
    let document = document(call)?;
    if document.encoding != Encoding::Base64 {
        return Err(answers::missing_data("docFile is no Base64"));
    }
    keep(call, document);
    Ok(answers::success())
}

/// The document stands at a URL, which is not looked at.
pub(super) fn upload_url(call: &mut Call) -> Result<Answer, Answer> {
    let url = document(call)?.text().unwrap_or_default();
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(answers::missing_data("docFile is no URL"));
    }
    Ok(answers::success())
}

/// Parallel lists: of types, and of documents as Base64.
pub(super) fn download(call: &mut Call) -> Result<Answer, Answer> {
    let id = call.id();
    let documents = call.records.documents(&id);
    let types: Vec<_> = documents.iter().map(|document| quoted(document.doc_type())).collect();
    let head = format!(r#"{{"status":"success","response":{{"IdDocType":[{}],"base64":["#, types.join(","));
    let mut pieces = vec![Piece::Text(head)];
    for (index, document) in documents.into_iter().enumerate() {
        pieces.push(Piece::Text(if index == 0 { "\"" } else { ",\"" }.to_owned()));
        pieces.push(Piece::Base64(document));
        pieces.push(Piece::Text("\"".to_owned()));
    }
    pieces.push(Piece::Text("]}}".to_owned()));
    Ok(Answer { body: Body::Long(pieces), ..Answer::json_text(200, "") })
}

fn document<'a>(call: &Call<'a>) -> Result<&'a Part, Answer> {
    call.parts.iter().find(|part| part.name == "docFile").ok_or_else(|| missing("docFile"))
}

fn keep(call: &mut Call, part: &Part) {
    let doc_type = call.text("docType").or(call.text("docSubType")).unwrap_or("OTHER").to_owned();
    let document = match &part.content {
        Some(bytes) => Document::of_bytes(&doc_type, bytes.clone()),
        None => Document::new(&doc_type, part.length, SEED),
    };
    let id = call.id();
    call.records.applicant(&id).documents.push(document);
}
