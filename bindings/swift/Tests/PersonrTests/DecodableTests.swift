// Decodable types from a document.

import Personr
import Testing

@Suite struct DecodableTests {
    struct Document: Decodable, Equatable {
        enum Kind: String, Decodable {
            case passport = "PASSPORT"
            case licence = "LICENCE"
        }
        struct Page: Decodable, Equatable {
            let number: UInt8
            let scale: Double
        }
        enum CodingKeys: String, CodingKey {
            case kind, pages, note, expired, matrix
            case created = "Created Date"
            case odd = "a/b~c"
        }
        let kind: Kind
        let created: String
        let odd: Int
        let pages: [Page]
        let note: String?
        let expired: Bool?
        let matrix: [[Int?]]
    }

    private let text = """
        {"kind":"PASSPORT","Created Date":"today","a/b~c":1e3,"pages":[{"number":1,"scale":0.5},{"number":255,"scale":2}],
         "note":null,"matrix":[[1,null],[]],}
        """

    @Test func aDocumentBecomesAStructure() throws {
        let document = try Json(parsing: text).decode(Document.self)
        #expect(
            document
                == Document(
                    kind: .passport, created: "today", odd: 1000,
                    pages: [.init(number: 1, scale: 0.5), .init(number: 255, scale: 2)],
                    note: nil, expired: nil, matrix: [[1, nil], []]))
        let pages: [Document.Page] = try Json(parsing: text)["/pages"].decode()
        #expect(pages.count == 2)
        #expect(try Json(parsing: #"{"one":1,"two":2}"#).decode([String: Int].self) == ["one": 1, "two": 2])
    }

    @Test(arguments: [
        (#""number":1"#, #""number":256"#, "pages.0.number"),
        (#""number":255"#, #""number":"255""#, "pages.1.number"),
        (#""PASSPORT""#, #""CARD""#, "kind"),
        (#""scale":2"#, #""x":2"#, "pages.1"),
        (#"[[1,null],[]]"#, #"{}"#, "matrix"),
        (#""today""#, #"null"#, "Created Date"),
    ])
    func anErrorNamesTheWay(_ original: String, _ replacement: String, _ path: String) throws {
        let parts = text.split(separator: original, maxSplits: 1)
        let json = try Json(parsing: String(parts[0]) + replacement + String(parts[1]))
        do {
            _ = try json.decode(Document.self)
            Issue.record("it was decoded")
        } catch let error as DecodingError {
            let context =
                switch error {
                case .keyNotFound(_, let context), .typeMismatch(_, let context), .valueNotFound(_, let context),
                    .dataCorrupted(let context):
                    context
                @unknown default: fatalError()
                }
            #expect(context.codingPath.map(\.stringValue).joined(separator: ".") == path)
        }
    }
}
