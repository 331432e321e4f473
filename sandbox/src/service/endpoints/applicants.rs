//! Applicants and entities: created, looked at, checked.

use super::{Call, answers, quoted};
use crate::http::Answer;

pub(super) fn create(call: &mut Call) -> Result<Answer, Answer> {
    for name in ["email", "phone", "flowName"] {
        call.needed(name)?;
    }
    Ok(created(call, "applicant_id"))
}

pub(super) fn create_entity(call: &mut Call) -> Result<Answer, Answer> {
    Ok(created(call, "entity_id"))
}

fn created(call: &mut Call, name: &str) -> Answer {
    let id = call.records.create(call.texts());
    let workspace = quoted(call.workspace);
    Answer::json_text(200, format!(r#"{{"status":"success","response":{{"{name}":"{id}","workspace":{workspace}}}}}"#))
}

/// As the documentation has it: no valid JSON, for the comma at the end of `result`, and names with blanks.
pub(super) fn status(call: &mut Call) -> Result<Answer, Answer> {
    let id = call.id();
    let status = call.records.poll(&id).name();
    let (id, workspace) = (quoted(&id), quoted(call.workspace));
    Ok(Answer::json_text(
        200,
        format!(
            r#"{{
  "status": "success",
  "result": {{
    "Applicant Id": {id},
    "Created Date": "2022-12-03T02:40:00.000Z",
    "Modified Date": "2022-12-03T02:41:54.445Z",
    "Status": "{status}",
    "Workspace": {workspace},
  }}
}}"#
        ),
    ))
}

pub(super) fn details(call: &mut Call) -> Result<Answer, Answer> {
    let id = call.id();
    let details = call.records.applicant(&id).details.clone();
    let members = details.iter().map(|(name, value)| format!(",{}:{}", quoted(name), quoted(value)));
    Ok(Answer::json_text(
        200,
        format!(
            r#"{{"status":"success","response":{{"applicant_id":{},"workspace":{}{}}}}}"#,
            quoted(&id),
            quoted(call.workspace),
            members.collect::<String>()
        ),
    ))
}

/// The sixth attempt is refused.
pub(super) fn check(call: &mut Call) -> Result<Answer, Answer> {
    let id = call.id();
    if call.records.check(&id) { Ok(answers::success()) } else { Err(answers::not_run(call.endpoint)) }
}
