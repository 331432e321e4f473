import CPersonr

/// A value of a JSON document: the whole, a part, or a value that is missing.
///
///     let json = response.json
///     json["/result/Status"].string           // "Approved", or nil
///     json["/response/base64"].count          // 0 if nothing is there
///     for document in json["/response/base64"].elements { ... }
///     try json.integer(at: "/response/expires")   // throws the reason where there is none
///
/// Subscripts never fail: they take a JSON pointer (RFC 6901, `""` for the value itself) and lead to a missing value where
/// nothing stands. So they can be chained, and nothing has to be unwrapped on the way. A value keeps its document alive.
///
/// Documents are read as RFC 8259 says, and as the service writes them: also with a comma after the last member, for
/// example, which most parsers refuse.
public struct Json: Sendable {
    private let document: Handle?
    // Borrowed from the document, which never changes and may be read by any number of threads.
    private nonisolated(unsafe) let value: OpaquePointer?

    /// A value that is missing.
    public static let missing = Json(nil, of: nil)

    init(_ value: OpaquePointer?, of document: Handle?) {
        self.value = value
        self.document = document
    }

    /// Reads a document: the body of a webhook, say.
    ///
    /// - Throws: `protocolViolation` with the reasons `json`, `json-depth` and `too-large`.
    public init(parsing text: [UInt8]) throws(PersonrError) {
        var json: OpaquePointer?
        try call { personr_json_parse(text, text.count, &json, $0) }
        let document = try Handle(checking: json, freedBy: personr_json_free)
        self.init(document { $0 }, of: document)
    }

    /// Reads a document.
    public init(parsing text: String) throws(PersonrError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// What a value is.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        public let rawValue: Int32

        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// Nothing stands there.
        public static let missing = Kind(rawValue: PERSONR_TYPE_MISSING)
        /// `null`.
        public static let null = Kind(rawValue: PERSONR_TYPE_NULL)
        /// `true` or `false`.
        public static let boolean = Kind(rawValue: PERSONR_TYPE_BOOLEAN)
        /// A number.
        public static let number = Kind(rawValue: PERSONR_TYPE_NUMBER)
        /// A string.
        public static let string = Kind(rawValue: PERSONR_TYPE_STRING)
        /// Elements in their order.
        public static let array = Kind(rawValue: PERSONR_TYPE_ARRAY)
        /// Members with names, in their order.
        public static let object = Kind(rawValue: PERSONR_TYPE_OBJECT)
    }

    /// What the value is.
    public var kind: Kind {
        Kind(rawValue: with { personr_json_type($0, "") })
    }

    /// Whether there is a value; `null` is one.
    public var exists: Bool { kind != .missing }

    /// Whether the value is `null`.
    public var isNull: Bool { kind == .null }

    /// What stands at a JSON pointer, from this value on. A missing value if nothing stands there, or if the pointer is
    /// malformed; the functions that throw tell the two apart.
    public subscript(pointer: String) -> Json {
        guard !pointer.utf8.contains(0) else { return .missing }
        return Json(with { personr_json_get($0, pointer) }, of: document)
    }

    /// An element of an array, or the value of a member of an object, by its number. It is found at once, however many there
    /// are.
    public subscript(index: Int) -> Json {
        guard index >= 0 else { return .missing }
        return Json(with { personr_json_at($0, "", index) }, of: document)
    }

    /// How many elements an array has, or members an object; 0 for everything else.
    public var count: Int {
        with { personr_json_count($0, "") }
    }

    /// Calls the body with the value while the document is alive.
    func with<Result>(_ body: (OpaquePointer?) -> Result) -> Result {
        withExtendedLifetime(document) { body(value) }
    }
}

extension Json {
    /// What a string says; `nil` for everything else.
    public var string: String? { kind == .string ? text : nil }

    /// A number that is whole, exactly; `nil` for everything else.
    public var int: Int? {
        guard let value = try? integer() else { return nil }
        return Int(exactly: value)
    }

    /// A number: the nearest `Double`; `nil` for everything else.
    public var double: Double? { try? number() }

    /// A boolean; `nil` for everything else.
    public var bool: Bool? { try? boolean() }

    /// What a string says, or any other value as it stands in the document; `nil` for `null` and for a missing value.
    public var text: String? { try? text() }

    /// What the Base64 of a string stands for; `nil` for everything else.
    public var bytes: [UInt8]? { try? bytes() }
}

extension Json {
    /// What a string says.
    ///
    /// - Throws: `noValue` with the reason `json-missing` or `json-type`; `invalidArgument` for a malformed pointer.
    public func string(at pointer: String = "") throws(PersonrError) -> String {
        let text = try text(at: pointer)
        guard self[pointer].kind == .string else {
            throw PersonrError(status: .noValue, reason: "json-type", message: "the value is no string")
        }
        return text
    }

    /// What a string says, or any other value as it stands in the document, byte for byte.
    ///
    /// - Throws: `noValue` with the reason `json-missing`, or `json-type` for `null`; `invalidArgument` for a malformed
    ///   pointer.
    public func text(at pointer: String = "") throws(PersonrError) -> String {
        let pointer = try checked(pointer, "pointer")
        var length = 0
        let status = with { personr_json_copy($0, pointer, nil, 0, &length, nil) }
        guard status == PERSONR_BUFFER_TOO_SMALL else {
            try call { error in with { personr_json_copy($0, pointer, nil, 0, nil, error) } }
            return ""
        }
        // The library writes a NUL behind the text.
        return String(unsafeUninitializedCapacity: length + 1) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { buffer in
                _ = with { personr_json_copy($0, pointer, buffer.baseAddress, buffer.count, nil, nil) }
            }
            return length
        }
    }

    /// A number that is whole, exactly to 64 bits: `1.0`, `1e3` and `-0` are whole, too.
    ///
    /// - Throws: `noValue` with the reason `json-missing`, `json-type` or `json-range`; `invalidArgument` for a malformed
    ///   pointer.
    public func integer(at pointer: String = "") throws(PersonrError) -> Int64 {
        let pointer = try checked(pointer, "pointer")
        var value: Int64 = 0
        try call { error in with { personr_json_integer($0, pointer, &value, error) } }
        return value
    }

    /// A number: the `Double` that is nearest to it.
    ///
    /// - Throws: `noValue` with the reason `json-missing`, `json-type` or `json-range`; `invalidArgument` for a malformed
    ///   pointer.
    public func number(at pointer: String = "") throws(PersonrError) -> Double {
        let pointer = try checked(pointer, "pointer")
        var value = 0.0
        try call { error in with { personr_json_number($0, pointer, &value, error) } }
        return value
    }

    /// A boolean.
    ///
    /// - Throws: `noValue` with the reason `json-missing` or `json-type`; `invalidArgument` for a malformed pointer.
    public func boolean(at pointer: String = "") throws(PersonrError) -> Bool {
        let pointer = try checked(pointer, "pointer")
        var value: Int32 = 0
        try call { error in with { personr_json_boolean($0, pointer, &value, error) } }
        return value != 0
    }

    /// What the Base64 of a string stands for.
    ///
    /// - Throws: `noValue` with the reason `json-missing`, `json-type` or `json-base64`; `invalidArgument` for a malformed
    ///   pointer.
    public func bytes(at pointer: String = "") throws(PersonrError) -> [UInt8] {
        let pointer = try checked(pointer, "pointer")
        // Four characters stand for three bytes, at most. To ask for the length would be to decode twice.
        var length = 0
        _ = with { personr_json_copy($0, pointer, nil, 0, &length, nil) }
        var result: Result<Void, PersonrError> = .success(())
        let bytes = [UInt8](unsafeUninitializedCapacity: length / 4 * 3 + 3) { buffer, count in
            result = Result { () throws(PersonrError) in
                try call { error in
                    with { personr_json_bytes($0, pointer, buffer.baseAddress, buffer.count, &count, error) }
                }
            }
        }
        try result.get()
        return bytes
    }

    /// Decodes the Base64 of a string into a file, which appears whole or not at all, and which its owner alone may read.
    /// Memory does not hold it.
    ///
    /// - Throws: `noValue`; `file` with the reason `file-open`, `file-type`, `file-full` or `file-io`; `invalidArgument`.
    public func saveBase64(at pointer: String = "", to path: String) throws(PersonrError) {
        let (pointer, path) = (try checked(pointer, "pointer"), try checked(path, "path"))
        try call { error in with { personr_json_save_base64($0, pointer, path, error) } }
    }
}

extension Json {
    /// The elements of an array, or the values of an object's members.
    public struct Elements: RandomAccessCollection, Sendable {
        let json: Json
        public let startIndex = 0
        public let endIndex: Int

        public subscript(index: Int) -> Json { json[index] }
    }

    /// The members of an object.
    public struct Members: RandomAccessCollection, Sendable {
        let json: Json
        public let startIndex = 0
        public let endIndex: Int

        public subscript(index: Int) -> (name: String, value: Json) {
            (json.with { String(cString: personr_json_name($0, "", index)) }, json[index])
        }
    }

    /// The elements of an array, or the values of an object's members, in their order; none for everything else.
    public var elements: Elements { Elements(json: self, endIndex: count) }

    /// The members of an object in their order; none for everything else.
    public var members: Members { Members(json: self, endIndex: kind == .object ? count : 0) }
}

extension Json: CustomStringConvertible {
    /// What the value is, and never what it says: most of it is personal data.
    public var description: String {
        let names: [Kind: String] = [
            .missing: "missing", .null: "null", .boolean: "boolean", .number: "number", .string: "string",
            .array: "array of \(count)", .object: "object of \(count)",
        ]
        return "Json(\(names[kind] ?? "unknown"))"
    }
}
