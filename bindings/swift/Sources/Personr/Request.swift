import CPersonr

/// What is sent to one endpoint of the service: fields, or a body of your own.
///
///     var request = Request("api-document-upload", ["applicantId": id, "docType": "PASSPORT"])
///     request.format = .json
///     request.add("docFile", file: "scan.pdf", as: .object)
///     let response = try await auth.send(request)
///
/// A request is a value: copy it, change it, and send it as often as you like. Whatever is wrong with it is what
/// ``Auth/send(_:progress:)`` throws, before anything is sent. Files are opened and read at the send, piece by piece, and
/// never stand in memory whole.
public struct Request: Sendable {
    /// How the fields become a body.
    public struct Format: RawRepresentable, Hashable, Sendable {
        public let rawValue: Int32

        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// A form (multipart/form-data, RFC 7578), which most endpoints are documented with.
        public static let multipart = Format(rawValue: PERSONR_FORMAT_MULTIPART)
        /// The members of one JSON object.
        public static let json = Format(rawValue: PERSONR_FORMAT_JSON)
    }

    /// How a file is written. Which one an endpoint takes stands in the service's manual.
    public struct Encoding: RawRepresentable, Hashable, Sendable {
        public let rawValue: Int32

        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// A JSON object: `{"filename":"...","contents":BASE64}`. In a form it is the text of a field.
        public static let object = Encoding(rawValue: PERSONR_ENCODING_OBJECT)
        /// Its Base64 alone, as text.
        public static let base64 = Encoding(rawValue: PERSONR_ENCODING_BASE64)
        /// As it is: a part of a form with a file name. Not for ``Request/Format/json``.
        public static let binary = Encoding(rawValue: PERSONR_ENCODING_BINARY)
    }

    /// The endpoint's name under the base URL, such as `api-applicant-create`.
    public let endpoint: String

    /// How the fields become a body; `nil` for the default, which is ``Format/multipart``. With a body of your own there is
    /// no format.
    public var format: Format?

    /// Whether it does no harm if the service does twice what the request asks for.
    ///
    /// Then it is sent again after a 5xx or a broken connection, as often as ``Options/maxRetries`` allows. Most endpoints
    /// have side effects: set it for a request that only reads, such as `api-applicant-status`.
    public var isRepeatable = false

    /// How long a send may take in all, 1 ms to an hour; `nil` for a minute.
    public var timeout: Duration?

    /// How many bytes the answer's body may have; `nil` for 64 MiB, which is the most.
    public var maximumResponseSize: Int?

    private var content: [Content] = []

    fileprivate enum Content: Sendable {
        case text(name: String, value: String)
        case json(name: String, value: String)
        case file(name: String, path: String, fileName: String?, encoding: Encoding)
        case bytes(name: String, bytes: [UInt8], fileName: String?, encoding: Encoding)
        case body(bytes: [UInt8], contentType: String)
    }

    /// Makes a request with texts as its first fields.
    public init(_ endpoint: String, _ fields: KeyValuePairs<String, String> = [:]) {
        self.endpoint = endpoint
        for (name, value) in fields {
            add(name, value)
        }
    }

    /// Adds a text.
    public mutating func add(_ name: String, _ value: String) {
        content.append(.text(name: name, value: value))
    }

    /// Adds a value that is JSON already (RFC 8259): a list, a number, `true`, `null`, an object.
    public mutating func add(_ name: String, json: String) {
        content.append(.json(name: name, value: json))
    }

    /// Adds a file, which is opened and read at each send.
    ///
    /// - Parameters:
    ///   - name: The field's name.
    ///   - path: Where the file is. A relative path is resolved at the send.
    ///   - fileName: How the service is to call the file; `nil` for the last part of the path.
    ///   - encoding: How the file is written.
    public mutating func add(_ name: String, file path: String, named fileName: String? = nil, as encoding: Encoding) {
        content.append(.file(name: name, path: path, fileName: fileName, encoding: encoding))
    }

    /// Adds bytes of yours as a file.
    ///
    /// - Parameters:
    ///   - name: The field's name.
    ///   - bytes: The contents.
    ///   - fileName: How the service is to call the file; `nil` for ``Encoding/base64`` alone, which does not use it.
    ///   - encoding: How the file is written.
    public mutating func add(_ name: String, bytes: [UInt8], named fileName: String?, as encoding: Encoding) {
        content.append(.bytes(name: name, bytes: bytes, fileName: fileName, encoding: encoding))
    }

    /// Sets a body that is sent as it stands, in place of fields.
    public mutating func setBody(_ bytes: [UInt8], contentType: String) {
        content.append(.body(bytes: bytes, contentType: contentType))
    }
}

extension Request {
    /// The request as the library's handle.
    func makeHandle() throws(PersonrError) -> Handle {
        let endpoint = try checked(endpoint, "endpoint")
        let request = Handle(personr_request_new(endpoint), freedBy: personr_request_free)
        try set(request)
        for part in content {
            try part.add(to: request)
        }
        return request
    }

    private func set(_ request: Handle) throws(PersonrError) {
        if let format {
            try call { error in request { personr_request_set_format($0, format.rawValue, error) } }
        }
        if isRepeatable {
            try call { error in request { personr_request_set_repeatable($0, 1, error) } }
        }
        if let timeout {
            let timeout = try milliseconds(timeout, "timeout")
            try call { error in request { personr_request_set_timeout_ms($0, timeout, error) } }
        }
        if let maximumResponseSize {
            let size = try unsigned(maximumResponseSize, "maximumResponseSize")
            try call { error in request { personr_request_set_response_max($0, size, error) } }
        }
    }
}

extension Request.Content {
    fileprivate func add(to request: Handle) throws(PersonrError) {
        switch self {
        case .text(let name, let value):
            let (name, value) = (try checked(name, "name"), try checked(value, "value"))
            try call { error in request { personr_request_add_text($0, name, value, error) } }
        case .json(let name, let value):
            let (name, value) = (try checked(name, "name"), try checked(value, "json"))
            try call { error in request { personr_request_add_json($0, name, value, error) } }
        case .file(let name, let path, let fileName, let encoding):
            let (name, path) = (try checked(name, "name"), try checked(path, "path"))
            let fileName = try fileName.map { fileName throws(PersonrError) in try checked(fileName, "fileName") }
            try call { error in
                request { personr_request_add_file($0, name, path, fileName, encoding.rawValue, error) }
            }
        case .bytes(let name, let bytes, let fileName, let encoding):
            let name = try checked(name, "name")
            let fileName = try fileName.map { fileName throws(PersonrError) in try checked(fileName, "fileName") }
            try call { error in
                request { personr_request_add_bytes($0, name, bytes, bytes.count, fileName, encoding.rawValue, error) }
            }
        case .body(let bytes, let contentType):
            let contentType = try checked(contentType, "contentType")
            try call { error in
                request { personr_request_set_body($0, contentType, bytes, bytes.count, error) }
            }
        }
    }
}

extension Request: CustomStringConvertible, CustomReflectable {
    /// Never the fields, which are personal data.
    public var description: String { "Request(\(endpoint))" }

    /// Never the fields, which are personal data.
    public var customMirror: Mirror { Mirror(self, children: ["endpoint": endpoint]) }
}
