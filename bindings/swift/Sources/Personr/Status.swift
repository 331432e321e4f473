// The constants of the library's header, as types. They are structures and no enumerations, since later versions of the
// library may add numbers.

import CPersonr

/// How a call failed.
///
/// A number never changes its meaning. Later versions of the library may give numbers that have no name here, so a
/// `switch` over a status ends with `default`, which is a failure, too.
public struct Status: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// A parameter is malformed or out of range; the message names it. Or (reason `reentrant`) a callback called the
    /// library. Nothing was sent.
    public static let invalidArgument = Status(rawValue: PERSONR_INVALID_ARGUMENT)
    /// The service knows no account with this email and password. This is remembered: ``Auth/token(timeout:)`` does not
    /// send the same password again, so that a loop does not lock the account. ``Auth/login(timeout:)`` does send it.
    public static let invalidCredentials = Status(rawValue: PERSONR_INVALID_CREDENTIALS)
    /// The service refuses tokens that it has just issued: something else logs in to the same account.
    public static let unauthorized = Status(rawValue: PERSONR_UNAUTHORIZED)
    /// The service refused the login or the request for another reason, which ``PersonrError/reason`` names.
    public static let rejected = Status(rawValue: PERSONR_REJECTED)
    /// The service asks for a pause: see ``PersonrError/retryAfter``.
    public static let rateLimited = Status(rawValue: PERSONR_RATE_LIMITED)
    /// The service answered 5xx.
    public static let server = Status(rawValue: PERSONR_SERVER)
    /// The service could not be reached, or the connection broke.
    public static let network = Status(rawValue: PERSONR_NETWORK)
    /// The time allowed has passed.
    public static let timeout = Status(rawValue: PERSONR_TIMEOUT)
    /// The server could not prove who it is.
    public static let tls = Status(rawValue: PERSONR_TLS)
    /// The answer is not one of Personr's, or a text is no JSON.
    public static let protocolViolation = Status(rawValue: PERSONR_PROTOCOL)
    /// The token store failed, and there is no good token in hand. So it is if a ``TokenStore`` throws.
    public static let store = Status(rawValue: PERSONR_STORE)
    /// A buffer was too small. This package passes buffers that suffice.
    public static let bufferTooSmall = Status(rawValue: PERSONR_BUFFER_TOO_SMALL)
    /// A defect of the library. Please report it.
    public static let `internal` = Status(rawValue: PERSONR_INTERNAL)
    /// The task was cancelled.
    public static let cancelled = Status(rawValue: PERSONR_CANCELLED)
    /// The closure that tells the password threw, or told none that is valid.
    public static let credentials = Status(rawValue: PERSONR_CREDENTIALS)
    /// A file could not be read or written.
    public static let file = Status(rawValue: PERSONR_FILE)
    /// The JSON document has no such value.
    public static let noValue = Status(rawValue: PERSONR_NO_VALUE)
}

extension Status: CustomStringConvertible {
    /// The name in the library's header, such as `PERSONR_TIMEOUT`.
    public var description: String {
        String(cString: personr_status_name(rawValue))
    }
}

/// Which of the service's two login endpoints is used.
public struct LoginMethod: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Email and password in the Authorization header (`api-basic-auth`). The default.
    public static let basic = LoginMethod(rawValue: PERSONR_LOGIN_BASIC)
    /// Email and password in a form (`api-token-generate`).
    public static let form = LoginMethod(rawValue: PERSONR_LOGIN_FORM)
}

/// The state of an account's token.
public struct State: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// There is no token: the next call logs in, or asks the store.
    public static let empty = State(rawValue: PERSONR_STATE_EMPTY)
    /// There is a good token.
    public static let good = State(rawValue: PERSONR_STATE_GOOD)
    /// There is a good token, and it is time to renew it: the next call tries that.
    public static let renewing = State(rawValue: PERSONR_STATE_RENEWING)
    /// There is no usable token, and logins fail just now.
    public static let failing = State(rawValue: PERSONR_STATE_FAILING)
    /// There is no usable token, and the service refused the email and password.
    public static let refused = State(rawValue: PERSONR_STATE_REFUSED)
}

/// The versions of the library.
public enum Library {
    /// The version of the library that is loaded, such as "0.1.0".
    public static var version: String {
        String(cString: personr_library_version())
    }

    /// The same as a number: major * 10000 + minor * 100 + patch.
    public static var versionNumber: Int {
        Int(personr_library_version_number())
    }
}
