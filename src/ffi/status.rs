use std::ffi::{CStr, c_char};

use crate::error::Status;

/// How a call ended: #PERSONR_OK, or which kind of failure it was.
///
/// A number never changes its meaning. Later versions may add numbers: treat one that you do not know as a failure.
pub type personr_status = i32;

/// Success.
pub const PERSONR_OK: i32 = 0;
/// A parameter is NULL, malformed or out of range; the message names it. Or (reason "reentrant") the function was
/// called from inside a callback. Nothing was sent.
pub const PERSONR_INVALID_ARGUMENT: i32 = 1;
/// The service knows no account with this email and password. This is remembered: personr_auth_token() does not send
/// the same password again, so that a loop does not lock the account. personr_auth_login() does send it.
pub const PERSONR_INVALID_CREDENTIALS: i32 = 2;
/// The service answered 401 to the login, or to a request with one token after the other; or (reason
/// "tokens-keep-being-refused") tokens that it had just issued were rejected one after the other: something else logs in
/// to the same account.
pub const PERSONR_UNAUTHORIZED: i32 = 3;
/// The service refused the login or the request for another reason. The reason is its own; so is the message of a login.
pub const PERSONR_REJECTED: i32 = 4;
/// The service answered 429, and not for unknown credentials. personr_error_retry_after_ms() says when to try again.
pub const PERSONR_RATE_LIMITED: i32 = 5;
/// The service answered 5xx.
pub const PERSONR_SERVER: i32 = 6;
/// The service could not be reached, or the connection broke. Reasons: "dns", "connect", "proxy", "reset", "closed",
/// "io", "descriptors" (too many open files, in this process or the system), "thread" (none could be started for an
/// operation). If all addresses of a host fail, the message is about the failure that tells most.
pub const PERSONR_NETWORK: i32 = 7;
/// The time allowed has passed. Reasons: "connect" (which includes the name look-up), "proxy", "handshake", "request",
/// "answer", "login" (another thread's), "store-lock" (another process's), "store", "credentials-callback", "operation"
/// (whatever it was about to do).
pub const PERSONR_TIMEOUT: i32 = 8;
/// The server could not prove who it is. Reasons: "certificate-expired", "certificate-not-yet-valid",
/// "certificate-unknown-issuer", "certificate-name", "certificate-other", "handshake". Or (reasons "no-roots",
/// "roots-unreadable") the system's root certificates are missing, or could not all be read.
pub const PERSONR_TLS: i32 = 9;
/// The answer is not one of Personr's, or a text is no JSON. Reasons: "http", "too-large", "empty", "html", "json",
/// "json-depth", "answer", "token", "user_id", "expires", "redirect", "content-encoding".
pub const PERSONR_PROTOCOL: i32 = 10;
/// The token store failed, and there is no good token in hand. Reasons: "store-version" (the record is of a later
/// version of the library, and left alone), "store-record" (the record would be too long); with "file:" also
/// "store-open", "store-permissions", "store-owner", "store-link", "store-type", "store-size", "store-full",
/// "store-read-only", "store-network-fs", "store-io"; with Redis also "store-connect", "store-open" (too many files are
/// open), "store-tls", "store-auth", "store-command" (Redis does not know a command that the store needs),
/// "store-database", "store-timeout", "store-busy", "store-read-only", "store-full", "store-moved", "store-answer",
/// "store-lock-lost"; with callbacks also "store-callback".
pub const PERSONR_STORE: i32 = 11;
/// The buffer cannot hold the value; the length output says what is needed, without the NUL.
pub const PERSONR_BUFFER_TOO_SMALL: i32 = 12;
/// A defect of the library. Please report it.
pub const PERSONR_INTERNAL: i32 = 13;
/// The operation was cancelled (reason "cancelled"), or belongs to the process that this one was forked from ("forked").
pub const PERSONR_CANCELLED: i32 = 14;
/// The credentials callback failed (reason "credentials-callback"), or wrote no valid password ("password").
pub const PERSONR_CREDENTIALS: i32 = 15;
/// A file could not be read or written. Reasons: "file-open" (it cannot be opened or made, or its folder cannot),
/// "file-type" (what stands at the path is no regular file), "file-changed" (it was written to while it was being
/// sent), "file-full" (the disk is full, or the quota or the process's limit on file sizes is reached), "file-io".
pub const PERSONR_FILE: i32 = 16;
/// The JSON document has no such value. Reasons: "json-missing" (nothing stands there), "json-type" (a value of another
/// type does), "json-range" (a number that the result cannot hold), "json-base64" (a string that is no Base64).
pub const PERSONR_NO_VALUE: i32 = 17;

/// The one mapping to the numbers of C.
pub(super) fn status_of(status: Status) -> personr_status {
    match status {
        Status::InvalidArgument => PERSONR_INVALID_ARGUMENT,
        Status::InvalidCredentials => PERSONR_INVALID_CREDENTIALS,
        Status::Unauthorized => PERSONR_UNAUTHORIZED,
        Status::Rejected => PERSONR_REJECTED,
        Status::RateLimited => PERSONR_RATE_LIMITED,
        Status::Server => PERSONR_SERVER,
        Status::Network => PERSONR_NETWORK,
        Status::Timeout => PERSONR_TIMEOUT,
        Status::Tls => PERSONR_TLS,
        Status::Protocol => PERSONR_PROTOCOL,
        Status::Store => PERSONR_STORE,
        Status::BufferTooSmall => PERSONR_BUFFER_TOO_SMALL,
        Status::Internal => PERSONR_INTERNAL,
        Status::Cancelled => PERSONR_CANCELLED,
        Status::Credentials => PERSONR_CREDENTIALS,
        Status::File => PERSONR_FILE,
        Status::NoValue => PERSONR_NO_VALUE,
    }
}

/// Returns the name of a status, such as "PERSONR_TIMEOUT", for logs.
///
/// @param status Any number.
/// @return A string that is valid for ever; "PERSONR_UNKNOWN" for a number that this version does not know. Never
/// NULL.
///
/// Threads: any. Network: never.
#[unsafe(no_mangle)]
pub extern "C" fn personr_status_name(status: i32) -> *const c_char {
    name_of(status).as_ptr()
}

fn name_of(status: personr_status) -> &'static CStr {
    match status {
        PERSONR_OK => c"PERSONR_OK",
        PERSONR_INVALID_ARGUMENT => c"PERSONR_INVALID_ARGUMENT",
        PERSONR_INVALID_CREDENTIALS => c"PERSONR_INVALID_CREDENTIALS",
        PERSONR_UNAUTHORIZED => c"PERSONR_UNAUTHORIZED",
        PERSONR_REJECTED => c"PERSONR_REJECTED",
        PERSONR_RATE_LIMITED => c"PERSONR_RATE_LIMITED",
        PERSONR_SERVER => c"PERSONR_SERVER",
        PERSONR_NETWORK => c"PERSONR_NETWORK",
        PERSONR_TIMEOUT => c"PERSONR_TIMEOUT",
        PERSONR_TLS => c"PERSONR_TLS",
        PERSONR_PROTOCOL => c"PERSONR_PROTOCOL",
        PERSONR_STORE => c"PERSONR_STORE",
        PERSONR_BUFFER_TOO_SMALL => c"PERSONR_BUFFER_TOO_SMALL",
        PERSONR_INTERNAL => c"PERSONR_INTERNAL",
        PERSONR_CANCELLED => c"PERSONR_CANCELLED",
        PERSONR_CREDENTIALS => c"PERSONR_CREDENTIALS",
        PERSONR_FILE => c"PERSONR_FILE",
        PERSONR_NO_VALUE => c"PERSONR_NO_VALUE",
        _ => c"PERSONR_UNKNOWN",
    }
}
