//! The endpoints beside the logins: what each needs, does and answers.

mod client;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use client::{Answer, Client, FORM_TYPE, call, exchange, login, login_as, texts};
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Document, Sandbox};
use serde_json::{Value, json};

/// A sandbox, a connection to it, and a token.
struct Scene {
    sandbox: Sandbox,
    client: Client,
    token: String,
}

const APPLICANT: [(&str, &str); 4] =
    [("email", "a@example.com"), ("phone", "+61400000000"), ("flowName", "Basic"), ("nameFirst", "Ä\"nna")];
const DOCUMENT: &str = r#"{"applicantId":"A1","docType":"PASSPORT","docCountryISO":"AUS","docFile":{"filename":"a.png","contents":"AAEC"}}"#;

impl Scene {
    fn new() -> Scene {
        let sandbox = Sandbox::builder().plain_http().start().unwrap();
        let mut client = Client::new(&sandbox);
        let token = client.exchange(&login()).token();
        Scene { sandbox, client, token }
    }

    fn form(&mut self, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
        call(&mut self.client, endpoint, &self.token, FORM_TYPE, &texts(fields))
    }

    fn json(&mut self, endpoint: &str, body: &str) -> Answer {
        call(&mut self.client, endpoint, &self.token, "application/json", body.as_bytes())
    }

    fn create(&mut self) -> String {
        let created = self.form("api-applicant-create", &APPLICANT).json();
        assert_eq!(created["status"], "success");
        created["response"]["applicant_id"].as_str().unwrap().to_owned()
    }

    fn status(&mut self, id: &str) -> String {
        let text = self.form("api-applicant-status", &[("applicantId", id)]).text();
        let valid = text.replace(",\n  }", "\n  }");
        let status: Value = serde_json::from_str(&valid).unwrap();
        assert_eq!(status["result"]["Applicant Id"], id);
        status["result"]["Status"].as_str().unwrap().to_owned()
    }
}

fn refused(answer: &Answer, word: &str) {
    assert_eq!(answer.status, 400);
    let json = answer.json();
    assert_eq!((&json["statusCode"], &json["body"]["status"]), (&json!(400), &json!("MISSING_DATA")));
    let message = json["body"]["message"].as_str().unwrap();
    assert!(message.contains(word), "{message}");
}

#[test]
fn each_endpoint_answers_in_its_own_shape() {
    let mut scene = Scene::new();
    let success = json!({"response": "success"});
    let file = [("applicantId", "A1"), ("docSubType", "ASIC"), ("fileName", "a"), ("docFile", "AAEC")];
    let url = [("applicantId", "A1"), ("docFile", "https://example.com/a.png")];
    for (endpoint, fields) in [
        ("api-add-ubo", &APPLICANT[..1]),
        ("api-change-workspace", &[]),
        ("api-entity-document-upload", &url),
        ("api-entity-document-upload-encoded", &file),
        ("api-request-applicant-check", &url[..1]),
    ] {
        let answer = scene.form(endpoint, fields);
        assert_eq!((answer.status, answer.json()), (200, success.clone()), "{endpoint}");
    }
    for endpoint in ["api-aml-results", "api-database-verification", "api-entity-database-verification"] {
        let json = scene.form(endpoint, &url[..1]).json();
        assert!(json["errors"].is_array() && json["warnings"].is_array() && json.get("status").is_none(), "{endpoint}");
    }
    for endpoint in ["api-applicant-details", "api-document-download", "api-entity-create"] {
        let json = scene.form(endpoint, &url[..1]).json();
        assert!(json["status"] == "success" && json["response"].is_object(), "{endpoint}");
    }
    for (endpoint, name) in [
        ("api-verificationlink-create", "applicantId"),
        ("api-verificationlink-create", "applicant"),
        ("api-entity-verificationlink-create", "entityId"),
    ] {
        let json = scene.form(endpoint, &[(name, "A1")]).json();
        for link in ["verificationLink", "customLink"] {
            assert!(json["response"][link].as_str().unwrap().ends_with("=A1"), "{endpoint} {name}");
        }
    }
    assert_eq!(
        scene.json("api-document-upload", DOCUMENT).text(),
        "{\"applicantId\":\"A1\",\"documentType\":\"PASSPORT\",\"documentSubType\":null,\"country\":\"AUS\",\
         \"errors\":[],\"warnings\":[]}"
    );
    assert_eq!(scene.sandbox.counters().authorized, 15);
}

#[test]
fn the_status_is_written_as_documented_and_is_no_valid_json() {
    for endpoint in ["api-applicant-status", "api-entity-status"] {
        let answer = Scene::new().form(endpoint, &[("applicantId", "A1")]);
        assert_eq!(
            answer.text(),
            "{\n  \"status\": \"success\",\n  \"result\": {\n    \"Applicant Id\": \"A1\",\n    \
             \"Created Date\": \"2022-12-03T02:40:00.000Z\",\n    \"Modified Date\": \"2022-12-03T02:41:54.445Z\",\n    \
             \"Status\": \"Created\",\n    \"Workspace\": \"Main\",\n  }\n}"
        );
        assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
    }
}

#[test]
fn a_check_is_pending_twice_and_may_be_requested_five_times() {
    let mut scene = Scene::new();
    let (id, other) = (scene.create(), scene.create());
    assert_ne!(id, other);
    assert_eq!(scene.status(&id), "Created");
    for _ in 0..5 {
        assert_eq!(scene.form("api-request-applicant-check", &[("applicantId", &id)]).status, 200);
        assert_eq!([(); 4].map(|()| scene.status(&id)), ["Pending", "Pending", "Approved", "Approved"]);
    }
    let sixth = scene.form("api-request-applicant-check", &[("applicantId", &id)]);
    assert_eq!((sixth.status, sixth.json()["status"].as_str()), (400, Some("NOT_RUN")));
    assert_eq!(scene.status(&other), "Created");
    let details = scene.form("api-applicant-details", &[("applicantId", &id)]).json();
    assert_eq!(details["response"]["nameFirst"], "Ä\"nna");
}

#[test]
fn what_is_needed_and_missing_is_named() {
    let mut scene = Scene::new();
    for (missing, _) in &APPLICANT[..3] {
        let fields: Vec<_> = APPLICANT.into_iter().filter(|(name, _)| name != missing).collect();
        refused(&scene.form("api-applicant-create", &fields), missing);
    }
    let id = [("applicantId", "A1")];
    for endpoint in ["api-document-upload", "api-entity-document-upload", "api-entity-document-upload-encoded"] {
        refused(&scene.form(endpoint, &id), "docFile");
    }
    refused(&scene.form("api-document-upload", &[id[0], ("docFile", "no document")]), "no document");
    refused(&scene.form("api-entity-document-upload-encoded", &[id[0], ("docFile", "AAE")]), "no Base64");
    refused(&scene.form("api-entity-document-upload", &[id[0], ("docFile", "AAEC")]), "no URL");
}

#[test]
fn the_workspace_changes_for_all_who_share_the_account() {
    let mut scene = Scene::new();
    scene.sandbox.set_account("b@example.com", "b");
    let other = exchange(&scene.sandbox, &login_as("b@example.com", "b")).token();
    let workspace_of = |scene: &mut Scene, token: &str| {
        let body = texts(&APPLICANT);
        let created = call(&mut Client::new(&scene.sandbox), "api-applicant-create", token, FORM_TYPE, &body);
        created.json()["response"]["workspace"].as_str().unwrap().to_owned()
    };
    scene.form("api-change-workspace", &[("workspace", "Second")]);
    let token = scene.token.clone();
    assert_eq!(workspace_of(&mut scene, &token), "Second");
    assert_eq!(workspace_of(&mut scene, &other), "Main");
    let token = exchange(&scene.sandbox, &login_as(DEFAULT_EMAIL, DEFAULT_PASSWORD)).token();
    assert_eq!(workspace_of(&mut scene, &token), "Second", "also after the next login");
}

#[test]
fn documents_come_back_in_parallel_lists() {
    let mut scene = Scene::new();
    let download = |scene: &mut Scene| scene.form("api-document-download", &[("applicantId", "A1")]).json();
    assert_eq!(download(&mut scene)["response"], json!({"IdDocType": [], "base64": []}));
    scene.json("api-document-upload", DOCUMENT);
    let encoded = [("applicantId", "A1"), ("docSubType", "ASIC"), ("docFile", "BAUG")];
    scene.form("api-entity-document-upload-encoded", &encoded);
    assert_eq!(
        download(&mut scene)["response"],
        json!({"IdDocType": ["PASSPORT", "ASIC"], "base64": ["AAEC", "BAUG"]})
    );
    let documents = [Document::new("VISA", 1_000_000, 3), Document::new("BILL", 0, 4), Document::new("ID", 49_153, 5)];
    scene.sandbox.set_documents(&documents);
    let response = &download(&mut scene)["response"];
    assert_eq!(response["IdDocType"], json!(["VISA", "BILL", "ID"]));
    for (index, document) in documents.iter().enumerate() {
        let text = response["base64"][index].as_str().unwrap();
        assert!(STANDARD.decode(text).unwrap() == document.bytes(), "{document:?}");
    }
}

#[test]
fn without_a_good_token_nothing_is_done() {
    let mut scene = Scene::new();
    let token = std::mem::replace(&mut scene.token, "wrong".to_owned());
    let endpoints = [
        "api-add-ubo",
        "api-aml-results",
        "api-applicant-create",
        "api-applicant-details",
        "api-applicant-status",
        "api-change-workspace",
        "api-database-verification",
        "api-document-download",
        "api-document-upload",
        "api-entity-create",
        "api-entity-database-verification",
        "api-entity-document-upload",
        "api-entity-document-upload-encoded",
        "api-entity-status",
        "api-entity-verificationlink-create",
        "api-request-applicant-check",
        "api-verificationlink-create",
    ];
    for endpoint in endpoints {
        let answer = scene.form(endpoint, &[("workspace", "Second")]);
        assert_eq!((answer.status, answer.json()["error_class"].as_str()), (401, Some("Unauthorized")), "{endpoint}");
        assert_eq!(scene.sandbox.counters().endpoint(endpoint), 1);
    }
    assert_eq!(scene.json("api-document-upload", DOCUMENT).status, 401);
    scene.token = token;
    let download = scene.form("api-document-download", &[("applicantId", "A1")]).json();
    assert_eq!(download["response"]["base64"], json!([]));
    let details = scene.form("api-applicant-details", &[]).json();
    assert_eq!(details["response"]["workspace"], "Main");
}
