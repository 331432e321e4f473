// The package's values as Foundation's types.

import Foundation
import Personr

extension PersonrError: LocalizedError {
    /// `message`.
    public var errorDescription: String? { message }
}

extension Token {
    /// When the token expires, by this machine's clock as it stood at the login.
    public var expirationDate: Date { Date(timeIntervalSince1970: TimeInterval(expiresAt)) }
}

extension Response {
    /// A copy of the body.
    public var data: Data { withBody { Data($0) } }
}

extension Request {
    /// Adds bytes of yours as a file. See `add(_:bytes:named:as:)`.
    public mutating func add(_ name: String, data: Data, named fileName: String?, as encoding: Encoding) {
        add(name, bytes: [UInt8](data), named: fileName, as: encoding)
    }

    /// Adds a file, which is opened and read at each send. See `add(_:file:named:as:)`.
    public mutating func add(_ name: String, file: URL, named fileName: String? = nil, as encoding: Encoding) {
        add(name, file: file.path(percentEncoded: false), named: fileName, as: encoding)
    }
}
