// Documents, their values, and what is missing.

import Personr
import Testing

@Suite struct JsonTests {
    let json: Json

    init() throws {
        json = try Json(
            parsing: """
                {"text":"Kia ora","number":42,"half":1.5,"large":18446744073709551615,"yes":true,"none":null,"empty":"",
                 "list":[1,"two",{"three":3}],"Created Date":"today","base64":"aGVsbG8=","nul":"a\\u0000b",}
                """)
    }

    @Test func valuesHaveTheirTypes() throws {
        #expect(json["/text"].string == "Kia ora" && json["/text"].int == nil)
        #expect(json["/number"].int == 42 && json["/number"].double == 42 && json["/number"].string == nil)
        #expect(json["/number"].text == "42")
        #expect(json["/half"].double == 1.5 && json["/half"].int == nil)
        #expect(json["/yes"].bool == true && json["/number"].bool == nil)
        #expect(json["/none"].isNull && json["/none"].exists && json["/none"].text == nil)
        #expect(json["/empty"].string == "")
        #expect(json["/nul"].string == "a\0b")
        #expect(json["/Created Date"].string == "today")
        #expect(json["/base64"].bytes == Array("hello".utf8))
        #expect(json["/list"].text == #"[1,"two",{"three":3}]"#)
        #expect(json.kind == .object && json["/list"].kind == .array)
    }

    @Test func whatIsMissingLeadsNowhereFurther() {
        let missing = json["/no"]["/such"][3]["/value"]
        #expect(!missing.exists && missing.string == nil && missing.count == 0 && missing.elements.isEmpty)
        #expect(!json["malformed"].exists && !json["/text\0"].exists && !json[-1].exists)
        #expect(!Json.missing.exists)
    }

    @Test func elementsAndMembersAreCollections() {
        #expect(json["/list"].elements.map(\.kind) == [.number, .string, .object])
        #expect(json["/list"].elements.last?["/three"].int == 3)
        #expect(json.members.map(\.name).starts(with: ["text", "number", "half"]))
        #expect(json.members.first { $0.name == "yes" }?.value.bool == true)
        #expect(json["/list"].members.isEmpty)
    }

    @Test func theReasonIsToBeHad() throws {
        let cases: [(reason: String, call: (Json) throws(PersonrError) -> Void)] = [
            ("json-missing", { json throws(PersonrError) in _ = try json.string(at: "/no") }),
            ("json-missing", { json throws(PersonrError) in _ = try json.boolean(at: "/no") }),
            ("json-missing", { json throws(PersonrError) in _ = try json.bytes(at: "/no") }),
            ("json-type", { json throws(PersonrError) in _ = try json.string(at: "/number") }),
            ("json-type", { json throws(PersonrError) in _ = try json.text(at: "/none") }),
            ("json-type", { json throws(PersonrError) in _ = try json.integer(at: "/text") }),
            ("json-range", { json throws(PersonrError) in _ = try json.integer(at: "/large") }),
            ("json-base64", { json throws(PersonrError) in _ = try json.bytes(at: "/text") }),
            ("argument", { json throws(PersonrError) in _ = try json.number(at: "half") }),
            ("argument", { json throws(PersonrError) in _ = try json.number(at: "/half\0") }),
            ("json", { json throws(PersonrError) in _ = try Json(parsing: "{") }),
        ]
        for (reason, call) in cases {
            do throws(PersonrError) {
                try call(json)
                Issue.record("\(reason): it did not throw")
            } catch {
                #expect(error.reason == reason)
            }
        }
    }

    @Test func base64GoesToAFile() throws {
        let folder = try Folder()
        try json.saveBase64(at: "/base64", to: folder.path + "/document")
        #expect(try read(folder.path + "/document") == Array("hello".utf8))
    }

    @Test func aValueKeepsItsDocument() throws {
        func part() throws -> Json { try Json(parsing: #"{"a":{"b":["c"]}}"#)["/a"]["/b"] }
        let value = try part()
        #expect(value[0].string == "c")
    }
}
