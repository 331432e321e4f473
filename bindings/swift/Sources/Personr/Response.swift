import CPersonr

/// The answer to a request that the service has done.
///
/// It never changes, and outlives the ``Auth`` and the ``Request``. The library wipes it when the last copy is gone.
public struct Response: Sendable {
    let handle: Handle

    /// The HTTP status: 200 to 299.
    public var httpStatus: Int {
        Int(handle(personr_response_http_status))
    }

    /// A header of the answer, whose name may be in capital or small letters: the first of several, and `nil` if there is
    /// none.
    public func header(_ name: String) -> String? {
        guard !name.utf8.contains(0) else { return nil }
        let value = handle { String(cString: personr_response_header($0, name)) }
        return value.isEmpty ? nil : value
    }

    /// A copy of the body.
    public var body: [UInt8] {
        withBody { Array($0) }
    }

    /// Lends the body, which is not copied, for the time of a call.
    public func withBody<Value, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        var length = 0
        let bytes = handle { personr_response_body($0, &length) }
        defer { withExtendedLifetime(handle) {} }
        return try body(UnsafeRawBufferPointer(start: bytes, count: length))
    }

    /// The answer as JSON; a missing value if it is none.
    public var json: Json {
        Json(handle(personr_response_json), of: handle)
    }
}

extension Response: CustomStringConvertible {
    /// Never what stands in it, which is personal data.
    public var description: String { "Response(httpStatus: \(httpStatus))" }
}
