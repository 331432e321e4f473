//! The paths that `residue` goes: what an application does, what goes wrong meanwhile, and what it is told.

use std::time::Duration;

use personr_sandbox::{Action, Certificate, Fault, Proxy, Sandbox};
use personr_testkit::memory::Needles;
use personr_testkit::redis_server::RedisServer;
use personr_testkit::wiping_application::{EMAIL, Settings, base64_of, middle, random, random_part};
use tempfile::TempDir;

pub struct Path {
    pub name: &'static str,
    /// For `tests/c/residue.c`.
    pub words: &'static [&'static str],
    /// What it says of them.
    pub said: &'static [&'static str],
    pub is_forked: bool,
    certificate: Certificate,
    /// `false`: something is not installed.
    prepare: fn(&mut Scene) -> bool,
}

/// The usual one: the library logs in.
const LOGIN: Path = Path {
    name: "login",
    words: &["open", "login"],
    said: &["login PERSONR_OK"],
    is_forked: false,
    certificate: Certificate::Good,
    prepare: |_| true,
};

pub const PATHS: &[Path] = &[
    LOGIN,
    Path { name: "login by form", words: &["form", "open", "login"], ..LOGIN },
    Path {
        name: "four logins",
        words: &["open", "login", "pause", "login", "pause", "login", "pause", "login"],
        said: &["login PERSONR_OK"; 4],
        ..LOGIN
    },
    Path {
        name: "authorization, first and again",
        words: &["open", "authorization", "authorization"],
        said: &["authorization PERSONR_OK"; 2],
        ..LOGIN
    },
    Path { name: "credentials callback", words: &["open-asking", "login"], ..LOGIN },
    Path { name: "threads that have ended", words: &["open", "threads"], said: &["threads PERSONR_OK"], ..LOGIN },
    Path {
        name: "rejected token",
        words: &["open", "authorization", "pause", "reject", "token"],
        said: &["authorization PERSONR_OK", "reject PERSONR_OK", "token PERSONR_OK"],
        ..LOGIN
    },
    Path {
        name: "requests, done and refused",
        words: &["open", "send", "send-form", "send-nowhere"],
        said: &["send PERSONR_OK", "send-form PERSONR_OK", "send-nowhere PERSONR_REJECTED NOT_FOUND"],
        ..LOGIN
    },
    Path {
        name: "request with a token that was revoked",
        words: &["open", "token", "pause", "send"],
        said: &["token PERSONR_OK", "send PERSONR_OK"],
        prepare: |scene| {
            let refusal = Action::Answer { status: 401, headers: Vec::new(), body: b"{}".to_vec() };
            scene.sandbox.order(Fault::new(refusal).on_path("api-applicant-status"));
            true
        },
        ..LOGIN
    },
    Path {
        name: "operations",
        words: &["open", "login-operation", "send-operation"],
        said: &["login-operation PERSONR_OK", "send-operation PERSONR_OK"],
        ..LOGIN
    },
    Path {
        name: "operation that is cancelled, and whose login goes on",
        words: &["open", "login-cancelled", "token"],
        said: &["login-cancelled PERSONR_CANCELLED cancelled", "token PERSONR_OK"],
        prepare: |scene| scene.order(Action::Delay(Duration::from_millis(400))),
        ..LOGIN
    },
    Path {
        name: "operation that is cancelled in the handshake",
        words: &["open", "login-cancelled"],
        said: &["login-cancelled PERSONR_CANCELLED cancelled"],
        prepare: |scene| scene.order(Action::StallTls),
        ..LOGIN
    },
    Path {
        name: "rejected token, and no other",
        words: &["open", "authorization", "reject"],
        said: &["authorization PERSONR_OK", "reject PERSONR_OK"],
        ..LOGIN
    },
    Path {
        name: "renewal",
        words: &["open", "token", "pause", "renew"],
        said: &["token PERSONR_OK", "renew PERSONR_OK"],
        prepare: |scene| {
            scene.sandbox.set_lifetime(2.0);
            true
        },
        ..LOGIN
    },
    Path {
        name: "forked child with its parent's token",
        words: &["open", "token", "fork", "token", "authorization"],
        said: &["token PERSONR_OK", "token PERSONR_OK", "authorization PERSONR_OK"],
        is_forked: true,
        ..LOGIN
    },
    Path {
        name: "forked child that logs in",
        words: &["open", "token", "pause", "fork", "token", "login"],
        said: &["token PERSONR_OK", "token PERSONR_OK", "login PERSONR_OK"],
        is_forked: true,
        ..LOGIN
    },
    Path { name: "handle that is not used", words: &["open"], said: &[], ..LOGIN },
    Path {
        name: "file store, saved and loaded",
        words: &["open", "token", "close", "open", "token"],
        said: &["token PERSONR_OK"; 2],
        prepare: |scene| {
            scene.settings.store = format!("file:{}", scene.folder.path().join("store").display());
            true
        },
        ..LOGIN
    },
    Path {
        name: "Redis store with a password, saved and loaded",
        words: &["open", "token", "close", "open", "token"],
        said: &["token PERSONR_OK"; 2],
        prepare: Scene::with_redis,
        ..LOGIN
    },
    Path { name: "proxy with a password", prepare: |scene| scene.with_proxy(true), ..LOGIN },
    Path {
        name: "proxy with a wrong password",
        said: &["login PERSONR_NETWORK proxy"],
        prepare: |scene| scene.with_proxy(false),
        ..LOGIN
    },
    Path {
        name: "wrong password",
        said: &["login PERSONR_INVALID_CREDENTIALS INVALID_LOGIN_CREDENTIALS"],
        prepare: Scene::with_another_password,
        ..LOGIN
    },
    Path {
        name: "wrong password, by form",
        words: &["form", "open", "login"],
        said: &["login PERSONR_INVALID_CREDENTIALS INVALID_LOGIN_CREDENTIALS"],
        prepare: Scene::with_another_password,
        ..LOGIN
    },
    Path {
        name: "unknown CA",
        said: &["login PERSONR_TLS certificate-unknown-issuer"],
        certificate: Certificate::UnknownCa,
        ..LOGIN
    },
    Path {
        name: "timeout while the answer is awaited",
        words: &["hurry", "open", "login"],
        said: &["login PERSONR_TIMEOUT answer"],
        prepare: |scene| scene.order(Action::Stall),
        ..LOGIN
    },
    Path {
        name: "reset when the token is issued",
        said: &["login PERSONR_NETWORK reset"],
        prepare: |scene| scene.order(Action::ResetAfterIssue),
        ..LOGIN
    },
    Path {
        name: "answer cut within the token",
        said: &["login PERSONR_NETWORK closed"],
        prepare: |scene| scene.answer_with_token(200, |token, _| format!(r#"{{"response":{{"token":"{token}"#), true),
        ..LOGIN
    },
    Path {
        name: "HTTP 500 and a page",
        said: &["login PERSONR_SERVER http-500"],
        prepare: |scene| scene.answer_with_token(500, |token, _| format!("<html>{token}</html>"), false),
        ..LOGIN
    },
    Path {
        name: "broken JSON with a token",
        said: &["login PERSONR_PROTOCOL json"],
        prepare: |scene| {
            let broken = |token: &str, _: &Settings| {
                format!(r#"{{"status":"success","response":{{"token":"{token}","user_id":"1","expires":31536000,}}"#)
            };
            scene.answer_with_token(200, broken, false)
        },
        ..LOGIN
    },
    Path {
        name: "answer that repeats everything",
        said: &["login PERSONR_UNAUTHORIZED Unauthorized"],
        prepare: |scene| scene.answer_with_token(401, repeat_all, false),
        ..LOGIN
    },
    Path {
        name: "answer that is too large",
        said: &["login PERSONR_PROTOCOL too-large"],
        prepare: |scene| scene.answer_with_token(200, |token, _| token.repeat(2000), false),
        ..LOGIN
    },
];

fn repeat_all(token: &str, settings: &Settings) -> String {
    let password = &settings.password;
    let basic = String::from_utf8(base64_of(EMAIL, password)).expect("ASCII");
    format!(
        r#"{{"error_class":"Unauthorized","args":{{"code":"{token}"}},"message":"{password} {basic}",
            "translation":"Invalid or expired token: {token}"}}"#
    )
}

/// Where a path is gone.
pub struct Scene {
    pub settings: Settings,
    pub needles: Needles,
    sandbox: Sandbox,
    folder: TempDir,
    proxy: Option<Proxy>,
    redis: Option<RedisServer>,
}

impl Scene {
    pub fn set(path: &Path) -> Option<Self> {
        let sandbox = Sandbox::builder().certificate(path.certificate).start().expect("a sandbox");
        let settings = Settings::of(&sandbox);
        let needles = settings.needles();
        let folder = TempDir::new().expect("a folder");
        let mut scene = Self { settings, needles, sandbox, folder, proxy: None, redis: None };
        (path.prepare)(&mut scene).then_some(scene)
    }

    pub fn look_for_the_live_token(&mut self) {
        if let Some(token) = self.sandbox.live_token(EMAIL) {
            self.needles.add("token", random_part(&token));
        }
    }

    fn order(&mut self, action: Action) -> bool {
        self.sandbox.order(Fault::new(action));
        true
    }

    /// An answer with a token that nobody issued. One that is cut promises more than comes.
    fn answer_with_token(&mut self, status: u16, body: impl Fn(&str, &Settings) -> String, is_cut: bool) -> bool {
        let token = random(40);
        self.needles.add("token", middle(token.as_bytes()));
        let body = body(&token, &self.settings).into_bytes();
        let headers = if is_cut { vec![("Content-Length".to_owned(), "1000".to_owned())] } else { Vec::new() };
        self.order(Action::Answer { status, headers, body })
    }

    fn with_redis(&mut self) -> bool {
        if cfg!(not(feature = "redis")) {
            return false;
        }
        let password = random(40);
        let Some(server) = RedisServer::start("residue: Redis store", &["--requirepass", &password]) else {
            return false;
        };
        self.settings.store = server.url_as(&format!(":{password}"));
        self.needles.add("Redis password", middle(password.as_bytes()));
        self.redis = Some(server);
        true
    }

    fn with_another_password(&mut self) -> bool {
        self.sandbox.set_account(EMAIL, "another");
        true
    }

    fn with_proxy(&mut self, is_right: bool) -> bool {
        let password = random(40);
        let expected = if is_right { &password } else { "another" };
        let proxy = Proxy::builder().credentials("user", expected).resolve_to(self.sandbox.address());
        let proxy = proxy.start().expect("a proxy");
        // Not an address of this machine, which no proxy is asked for.
        self.settings.base_url = "https://personr.test/api/1.1/wf".to_owned();
        self.settings.proxy = proxy.url().replace("http://", &format!("http://user:{password}@"));
        self.needles.add("proxy password", middle(password.as_bytes()));
        self.needles.add("proxy password in Base64", &base64_of("user", &password));
        self.proxy = Some(proxy);
        true
    }
}
