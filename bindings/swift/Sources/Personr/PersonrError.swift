import CPersonr

/// Why a call failed: the one error type that this package throws.
///
///     do {
///         let response = try await auth.send(request)
///     } catch where error.status == .rateLimited {
///         try await Task.sleep(for: error.retryAfter ?? .seconds(1))
///     } catch where !error.mayHaveRun {
///         // It was not done, and may be sent again.
///     }
///
/// It never changes and never holds a secret, but for ``body`` and ``json``, which may repeat what was sent.
public struct PersonrError: Error, Sendable {
    /// The kind of failure.
    public let status: Status

    private let details: Details

    /// What the library says, or what this package found before it called the library.
    private enum Details: Sendable {
        case library(Handle)
        case package(reason: String, message: String)
    }

    /// Takes over an error of the library.
    init(status: personr_status, taking error: OpaquePointer?) {
        self.status = Status(rawValue: status)
        if let error {
            details = .library(Handle(error, freedBy: personr_error_free))
        } else {
            details = .package(reason: "", message: "")
        }
    }

    package init(status: Status, reason: String, message: String) {
        self.status = status
        details = .package(reason: reason, message: message)
    }

    static func invalidArgument(_ message: String) -> PersonrError {
        PersonrError(status: .invalidArgument, reason: "argument", message: message)
    }

    /// What happened, for programs: the service's own word (`INVALID_LOGIN_CREDENTIALS`), or one of the library's
    /// (`connect`, `certificate-expired`), which never change their meaning.
    public var reason: String {
        switch details {
        case .library(let error): error { String(cString: personr_error_reason($0)) }
        case .package(let reason, _): reason
        }
    }

    /// What happened, for people: one line, in English or the service's own text.
    public var message: String {
        switch details {
        case .library(let error): error { String(cString: personr_error_message($0)) }
        case .package(_, let message): message
        }
    }

    /// The HTTP status of the service's answer; `nil` if there was no answer.
    public var httpStatus: Int? {
        let status = fromLibrary(personr_error_http_status) ?? 0
        return status == 0 ? nil : Int(status)
    }

    /// How long to wait before the next try, from the moment of the failure; `nil` if it is not known.
    ///
    /// Until then a call returns the same error without using the network.
    public var retryAfter: Duration? {
        let milliseconds = fromLibrary(personr_error_retry_after_ms) ?? -1
        return milliseconds < 0 ? nil : .milliseconds(milliseconds)
    }

    /// Of ``Auth/send(_:progress:)``: whether the service may have begun to do what the request asks for.
    ///
    /// If it is `false`, sending the request again does no harm. For other calls it has no meaning.
    public var mayHaveRun: Bool {
        (fromLibrary(personr_error_may_have_run) ?? 0) != 0
    }

    /// The answer that refused a request; a missing value if there was none, or if it is no JSON.
    ///
    /// What the service itself says stands in `/message`, `/response` or `/translation`. It may repeat what was sent: it is
    /// not for a log.
    public var json: Json {
        guard case .library(let error) = details else { return Json.missing }
        return Json(error(personr_error_json), of: error)
    }

    /// The body of the answer that refused a request; empty if there was none. It may repeat what was sent: it is not for
    /// a log.
    public var body: [UInt8] {
        guard case .library(let error) = details else { return [] }
        return error { error in
            var length = 0
            let bytes = personr_error_body(error, &length)
            return Array(UnsafeBufferPointer(start: bytes, count: length))
        }
    }

    private func fromLibrary<Value>(_ getter: (OpaquePointer) -> Value) -> Value? {
        guard case .library(let error) = details else { return nil }
        return error(getter)
    }
}

extension PersonrError: CustomStringConvertible {
    /// Such as "PERSONR_TIMEOUT (connect): the time allowed has passed". It never holds a secret.
    public var description: String {
        "\(status) (\(reason)): \(message)"
    }
}
