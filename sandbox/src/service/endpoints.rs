//! The endpoints that need a bearer token, and what each of them answers.

/// The body of a success: its shape differs from endpoint to endpoint. `None`: no such endpoint.
pub(super) fn success(name: &str) -> Option<&'static str> {
    Some(match name {
        "api-applicant-create" => {
            r#"{"status":"success","response":{"applicant_id":"1670035200000x222333444555666770"}}"#
        }
        "api-applicant-status" => r#"{"status":"success","response":{"applicant_status":"Pending"}}"#,
        "api-aml-results" => r#"{"results":[],"errors":[],"warnings":[]}"#,
        "api-change-workspace" => r#"{"response":"success"}"#,
        _ => return None,
    })
}
