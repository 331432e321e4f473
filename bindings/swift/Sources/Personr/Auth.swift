import CPersonr
import Dispatch

/// An account at the service, and its one live token.
///
///     let auth = try Auth(email: email, password: password)
///     let response = try await auth.send(Request("api-applicant-status", ["applicantId": id]))
///
/// Make one for each account, share it between all tasks, and keep it. **A token in a ``Options/Store/memory`` store, the
/// default, ends with the last `Auth` of its account**: an application that makes one for each request logs in for each
/// request, and each of these logins ends the token of the one before.
///
/// No call ever blocks a thread that tasks need. A task that is cancelled gets ``Status/cancelled`` at once; a login that it
/// had begun goes on and is kept, so that no token is lost.
public final class Auth: Sendable {
    let handle: Handle
    let queue: DispatchQueue

    /// Makes a handle for an account. Nothing is sent: the first call that needs a token logs in.
    ///
    /// - Parameters:
    ///   - email: 1 to 1024 bytes, no control character, no colon, no blank at its ends.
    ///   - password: 1 to 1024 bytes, no control character. May be `nil` if ``Options/credentials`` tells it.
    ///   - options: Copied.
    /// - Throws: `invalidArgument`, whose message names the argument.
    public init(email: String, password: String?, options: Options = Options()) throws(PersonrError) {
        let email = try checked(email, "email")
        let password = try password.map { password throws(PersonrError) in try checked(password, "password") }
        let settings = try options.makeHandle()
        var auth: OpaquePointer?
        try call { error in settings { personr_auth_new(email, password, $0, &auth, error) } }
        handle = try Handle(checking: auth, freedBy: personr_auth_free)
        queue = options.makeQueue()
    }

    /// Hands out a token that is good now. Logs in if there is none, and renews one that ends soon.
    ///
    /// With a good token in hand it does not suspend. However many tasks wait, one login serves them all. A login that failed
    /// is remembered for a while (1 second, doubling up to 60): until then a call throws the same error at once.
    ///
    /// - Parameter timeout: How long the call may take, 1 ms to an hour; `nil` for ``Options/timeout``.
    public func token(timeout: Duration? = nil) async throws(PersonrError) -> Token {
        let timeout = try timeout.map { timeout throws(PersonrError) in try milliseconds(timeout, "timeout") } ?? 0
        let operation = try Operation(self) { personr_auth_token_start($0, timeout, $1, $2) }
        await operation.wait()
        return try operation.token()
    }

    /// "Bearer TOKEN": the value of an Authorization header, for a request that other means send.
    ///
    /// If the service answers 401, another login has ended the token: call `reject(_:)`, ask again, and repeat the
    /// request **once**. A 403 is no reason to reject.
    ///
    /// - Parameter timeout: As for ``token(timeout:)``.
    public func authorization(timeout: Duration? = nil) async throws(PersonrError) -> String {
        try await token(timeout: timeout).authorization
    }

    /// Logs in anew, whether there is a good token or not. This is how a password is verified.
    ///
    /// Each login ends the token of the login before it, here and on every other machine. For a token to work with there is
    /// ``token(timeout:)``.
    ///
    /// - Parameter timeout: As for ``token(timeout:)``.
    @discardableResult
    public func login(timeout: Duration? = nil) async throws(PersonrError) -> Token {
        let timeout = try timeout.map { timeout throws(PersonrError) in try milliseconds(timeout, "timeout") } ?? 0
        let operation = try Operation(self) { personr_auth_login_start($0, timeout, $1, $2) }
        await operation.wait()
        return try operation.token()
    }

    /// Sends a request with a token that is good now, and reads the answer: what it returns, the service has done.
    ///
    /// After a 401 it is sent again with another token. What may have reached the service is not sent a second time unless
    /// the request ``Request/isRepeatable``; ``PersonrError/mayHaveRun`` says whether the service may have begun.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - progress: Is told how much has been sent, ten times a second; on a thread of Dispatch.
    public func send(
        _ request: Request, progress: (@Sendable (UploadProgress) -> Void)? = nil
    ) async throws(PersonrError) -> Response {
        let request = try request.makeHandle()
        let operation = try Operation(self) { auth, operation, error in
            request { personr_request_start(auth, $0, operation, error) }
        }
        await operation.wait(reporting: progress)
        return try operation.response()
    }

    /// Tells the library that the service refused a token (answered 401). It is not handed out again.
    ///
    /// A token that has been replaced already, or that many tasks reject, counts once: a burst of 401s leads to one login.
    ///
    /// - Parameter tokenOrAuthorization: The token that was sent, or the value of the Authorization header.
    public func reject(_ tokenOrAuthorization: String) throws(PersonrError) {
        let text = try checked(tokenOrAuthorization, "tokenOrAuthorization")
        try call { error in handle { personr_auth_reject($0, text, error) } }
    }

    /// Tells the library that the service refused a token (answered 401). It is not handed out again.
    public func reject(_ token: Token) throws(PersonrError) {
        try reject(token.value)
    }

    /// The state of the account's token, for monitoring. It never uses the network.
    public var state: State {
        State(rawValue: handle(personr_auth_state))
    }

    /// When the token in hand is to be renewed, in seconds since 1970; 0 if the next call logs in or renews.
    public var renewsAt: Int64 {
        handle(personr_auth_renews_at)
    }
}

extension Auth: CustomStringConvertible {
    /// Never the password or the token.
    public var description: String { "Auth(state: \(state.rawValue))" }
}
