// Logins, their failures, and what stands in an error.

import CPersonr
import Personr
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LoginTests {
    @Test func aTokenIsHandedOutAgainAndAgain() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        #expect(auth.state == .empty)

        let token = try await auth.token()
        #expect(token.authorization == "Bearer " + token.value)
        #expect(!token.userID.isEmpty)
        #expect(token.lifetime == .seconds(365 * 24 * 3600))
        #expect(token.remaining > .zero && token.remaining <= token.lifetime)
        #expect(try await auth.authorization() == token.authorization)
        #expect(auth.state == .good)
        #expect(auth.renewsAt > 0 && auth.renewsAt < token.expiresAt)
        #expect(try sandbox.count("tokens_issued") == 1)

        let next = try await auth.login()
        #expect(next.value != token.value)
        #expect(try sandbox.count("tokens_issued") == 2)
    }

    @Test func aWrongPasswordIsNotSentTwice() async throws {
        let sandbox = try Sandbox()
        let auth = try Auth(email: sandbox.email, password: "wrong", options: sandbox.options)

        let error = try await failure { () throws(PersonrError) in try await auth.token() }
        #expect(error.status == .invalidCredentials)
        #expect(error.reason == "INVALID_LOGIN_CREDENTIALS")
        #expect(error.httpStatus == 400)
        #expect(error.message.contains("We didn’t find an account"))
        #expect(error.description.hasPrefix("PERSONR_INVALID_CREDENTIALS (INVALID_LOGIN_CREDENTIALS): "))
        #expect(auth.state == .refused)

        _ = try await failure { () throws(PersonrError) in try await auth.token() }
        #expect(try sandbox.count("logins") == 1)
    }

    @Test func aRejectedTokenIsReplacedByOneLogin() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        let token = try await auth.token()

        // Many requests have met a 401 at once.
        for _ in 0..<10 {
            try auth.reject(token)
            try auth.reject(token.authorization)
        }
        #expect(try await auth.token().value != token.value)
        #expect(try sandbox.count("tokens_issued") == 2)
    }

    @Test func aCallEndsAtItsTimeout() async throws {
        let sandbox = try Sandbox()
        try sandbox.control("/fault", #"{"action":"stall","always":true}"#)
        let auth = try sandbox.auth { $0.timeout = .milliseconds(300) }
        let error = try await failure { () throws(PersonrError) in try await auth.login() }
        #expect(error.status == .timeout)
        #expect(error.httpStatus == nil)

        let other = try sandbox.auth { $0.connectTimeout = .seconds(20) }
        let start = ContinuousClock.now
        let sooner = try await failure { () throws(PersonrError) in try await other.login(timeout: .milliseconds(200)) }
        #expect(sooner.status == .timeout)
        #expect(
            ContinuousClock.now - start < .seconds(20), "its own timeout counts, and not the 30 seconds of the options")
    }

    @Test func aPauseThatTheServiceAsksForIsADuration() async throws {
        let sandbox = try Sandbox()
        try sandbox.control(
            "/fault", #"{"action":{"answer":{"status":429,"headers":[["Retry-After","120"]],"body":"{}"}}}"#)
        let auth = try sandbox.auth()
        let error = try await failure { () throws(PersonrError) in try await auth.token() }
        #expect(error.status == .rateLimited)
        let pause = try #require(error.retryAfter)
        #expect(pause > .seconds(110) && pause <= .seconds(120))
    }

    @Test func whatIsWrongWithAnArgumentIsThrownAtOnce() async throws {
        let wrong: [(String, (inout Options) -> Void)] = [
            ("base_url", { $0.baseURL = "http://example.com" }),
            ("baseURL", { $0.baseURL = "https://example.com\0" }),
            ("timeout", { $0.timeout = .zero }),
            ("timeout", { $0.timeout = .seconds(-1) }),
            ("timeout_ms", { $0.timeout = .seconds(3601) }),
            ("timeout_ms", { $0.timeout = .seconds(Int64.max) }),
            ("maxRetries", { $0.maxRetries = -1 }),
            ("max_retries", { $0.maxRetries = 11 }),
            ("renew_before_s", { $0.renewBefore = .seconds(-1) }),
            ("proxy", { $0.proxy = .url("socks5://127.0.0.1") }),
            ("ca_file", { $0.certificateFiles = ["/no/such/file"] }),
            ("ca_pem", { $0.certificates = ["no certificate"] }),
            ("login_method", { $0.loginMethod = LoginMethod(rawValue: 7) }),
        ]
        for (parameter, change) in wrong {
            var options = Options()
            change(&options)
            do throws(PersonrError) {
                _ = try Auth(email: "a@b.c", password: "p", options: options)
                Issue.record("\(parameter) is taken")
            } catch {
                #expect(error.status == .invalidArgument)
                #expect(error.message.hasPrefix(parameter + ":"), "\(error.message)")
                #expect(error.reason == "argument", "\(error)")
            }
        }
        #expect(throws: PersonrError.self) { try Auth(email: "a@b.c", password: nil) }
        #expect(throws: PersonrError.self) { try Auth(email: "a\0@b.c", password: "p") }
        #expect(throws: PersonrError.self) { try Auth(email: "a@b.c", password: "p\0q") }
    }

    @Test func everyStatusOfTheLibraryHasAName() {
        let named: [Status] = [
            .invalidArgument, .invalidCredentials, .unauthorized, .rejected, .rateLimited, .server, .network, .timeout,
            .tls,
            .protocolViolation, .store, .bufferTooSmall, .internal, .cancelled, .credentials, .file, .noValue,
        ]
        let known = (1...100).map { Status(rawValue: $0) }.filter { $0.description != "PERSONR_UNKNOWN" }
        #expect(Set(known) == Set(named))
    }

    @Test func theLibraryIsTheOneOfTheHeader() {
        #expect(Library.version == PERSONR_VERSION)
        #expect(Library.versionNumber == PERSONR_VERSION_NUMBER)
    }

    @Test func noSecretIsInADescription() async throws {
        let sandbox = try Sandbox()
        var options = sandbox.options
        options.proxy = .url("http://user:hidden-word@proxy.example:3128")
        var request = Request("api-applicant-create", ["email": "hidden-word"])
        request.add("docFile", bytes: Array("hidden-word".utf8), named: nil, as: .base64)
        let token = try await sandbox.auth().token()
        let json = try Json(parsing: #"{"a":"hidden-word"}"#)

        for value: Any in [options, request, token, json, try sandbox.auth()] {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped] {
                #expect(!text.contains("hidden-word") && !text.contains(token.value))
            }
        }
    }
}
