//! The endpoints that only answer, and the one that changes the workspace.

use super::{Call, answers, quoted};
use crate::http::Answer;

pub(super) fn success(_: &mut Call) -> Result<Answer, Answer> {
    Ok(answers::success())
}

/// The workspace is the account's: it changes for all who share its token.
pub(super) fn change_workspace(call: &mut Call) -> Result<Answer, Answer> {
    let names = ["workspace", "workspaceName", "workspaceId"];
    if let Some(workspace) = names.into_iter().find_map(|name| call.text(name)) {
        *call.workspace = workspace.to_owned();
    }
    Ok(answers::success())
}

pub(super) fn aml_results(_: &mut Call) -> Result<Answer, Answer> {
    Ok(Answer::json_text(200, r#"{"results":[],"errors":[],"warnings":[]}"#))
}

pub(super) fn verification(call: &mut Call) -> Result<Answer, Answer> {
    let id = quoted(&call.id());
    Ok(Answer::json_text(200, format!(r#"{{"applicantId":{id},"verified":true,"errors":[],"warnings":[]}}"#)))
}

pub(super) fn verification_link(call: &mut Call) -> Result<Answer, Answer> {
    let id = call.id();
    let link = |host: &str| quoted(&format!("https://{host}.example.com/verify?applicant={id}"));
    Ok(Answer::json_text(
        200,
        format!(
            r#"{{"status":"success","response":{{"verificationLink":{},"customLink":{}}}}}"#,
            link("personr"),
            link("custom")
        ),
    ))
}
