// Decodable types from a JSON value: `struct Applicant: Decodable`, as with Foundation's JSONDecoder, but from documents that
// the service writes and Foundation refuses.

extension Json {
    /// Makes a value of a `Decodable` type.
    ///
    ///     struct Created: Decodable { let applicant_id: String, workspace: String }
    ///     let created = try response.json["/response"].decode(Created.self)
    ///
    /// - Throws: `DecodingError`. None of them repeats what stands in the document.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try ValueDecoder(json: self, codingPath: []).decode(type)
    }
}

/// A value and the way to it. It is the decoder, and the container of a value that stands alone.
private struct ValueDecoder: Decoder, SingleValueDecodingContainer {
    let json: Json
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try expect(.object, [String: Any].self)
        return KeyedDecodingContainer(ObjectDecoder<Key>(json: json, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try expect(.array, [Any].self)
        return ArrayDecoder(json: json, codingPath: codingPath)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { !json.exists || json.isNull }

    func decode(_ type: Bool.Type) throws -> Bool { try found(json.bool, type) }
    func decode(_ type: String.Type) throws -> String { try found(json.string, type) }
    func decode(_ type: Double.Type) throws -> Double { try found(json.double, type) }
    func decode(_ type: Float.Type) throws -> Float { Float(try found(json.double, Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

    private func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        try found((try? json.integer()).flatMap(Number.init(exactly:)), type)
    }

    private func found<Value>(_ value: Value?, _ type: Any.Type) throws -> Value {
        guard let value else { throw mismatch(type) }
        return value
    }

    private func expect(_ kind: Json.Kind, _ type: Any.Type) throws {
        guard json.kind == kind else { throw mismatch(type) }
    }

    private func mismatch(_ type: Any.Type) -> DecodingError {
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "expected \(type), found \(json)")
        return decodeNil() ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

private struct ObjectDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let json: Json
    let codingPath: [any CodingKey]

    var allKeys: [Key] { json.members.compactMap { Key(stringValue: $0.name) } }

    func contains(_ key: Key) -> Bool { member(key).exists }

    func decodeNil(forKey key: Key) throws -> Bool { try value(key).decodeNil() }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try value(key).decode(type) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try value(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try value(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        ValueDecoder(json: json["/super"], codingPath: codingPath)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try value(key) }

    private func member(_ key: Key) -> Json {
        // The characters that a JSON pointer gives a meaning.
        var name = ""
        for character in key.stringValue.unicodeScalars {
            switch character {
            case "~": name += "~0"
            case "/": name += "~1"
            default: name.unicodeScalars.append(character)
            }
        }
        return json["/" + name]
    }

    private func value(_ key: Key) throws -> ValueDecoder {
        let value = member(key)
        guard value.exists else {
            throw DecodingError.keyNotFound(
                key, DecodingError.Context(codingPath: codingPath, debugDescription: "there is no such member"))
        }
        return ValueDecoder(json: value, codingPath: codingPath + [key])
    }
}

private struct ArrayDecoder: UnkeyedDecodingContainer {
    let json: Json
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(json: Json, codingPath: [any CodingKey]) {
        self.json = json
        self.codingPath = codingPath
    }

    var count: Int? { json.count }
    var isAtEnd: Bool { currentIndex >= json.count }

    mutating func decodeNil() throws -> Bool {
        guard try element(Never.self).decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try element(type).decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let container = try element([String: Any].self).container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try element([Any].self).unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try element((any Decoder).self)
        currentIndex += 1
        return decoder
    }

    private func element(_ type: Any.Type) throws -> ValueDecoder {
        let path = codingPath + [Index(intValue: currentIndex)]
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                type, DecodingError.Context(codingPath: path, debugDescription: "the array has ended"))
        }
        return ValueDecoder(json: json[currentIndex], codingPath: path)
    }
}

/// The way into an array.
private struct Index: CodingKey {
    let position: Int

    init(intValue: Int) { position = intValue }
    init?(stringValue: String) { nil }
    var intValue: Int? { position }
    var stringValue: String { "\(position)" }
}
