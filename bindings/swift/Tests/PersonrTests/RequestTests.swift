// Requests, from the token to the answer.

import Personr
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RequestTests {
    @Test func anApplicantIsCreatedAndADocumentUploaded() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        var create = Request(
            "api-applicant-create", ["email": "maia@example.com", "phone": "+6421", "flowName": "Individual"])
        create.add("externalUserId", json: #"["1","2"]"#)
        let created = try await auth.send(create)
        #expect(created.httpStatus == 200)
        #expect(created.header("Content-Type")?.hasPrefix("application/json") == true)
        #expect(created.header("no-such-header") == nil)
        #expect(String(decoding: created.body, as: UTF8.self).contains("success"))
        let applicant = try created.json.string(at: "/response/applicant_id")

        let folder = try Folder()
        let scan = [UInt8](repeating: 7, count: 100_000)
        try write(scan, to: folder.path + "/scan.bin")
        var upload = Request("api-document-upload", ["applicantId": applicant, "docType": "PASSPORT"])
        upload.format = .json
        upload.add("docFile", file: folder.path + "/scan.bin", as: .object)
        #expect(try await auth.send(upload).json["/documentType"].string == "PASSPORT")

        var bytes = Request("api-document-upload", ["applicantId": applicant, "docType": "PASSPORT"])
        bytes.add("docFile", bytes: scan, named: "scan.bin", as: .binary)
        _ = try await auth.send(bytes)

        let uploads = try sandbox.control("/uploads")
        #expect(uploads.count == 2)
        #expect(Set(uploads.elements.map { $0["/sha256"].string }).count == 1)
        #expect(uploads[0]["/length"].int == 100_000)
        #expect(uploads[1]["/file_name"].string == "scan.bin")
    }

    @Test func a401IsRepeatedWithAnotherToken() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        let token = try await auth.token()
        try sandbox.control("/revoke", "{}")
        _ = try await auth.send(Request("api-applicant-details"))
        #expect(try sandbox.count("unauthorized") == 1)
        #expect(try sandbox.count("tokens_issued") == 2)
        #expect(try await auth.token().value != token.value)
    }

    @Test func aRefusalCarriesTheAnswer() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        try sandbox.control("/fault", #"{"action":{"documented":"workspace_not_found"},"path":"api-applicant-create"}"#)
        let error = try await failure { () throws(PersonrError) in try await auth.send(Request("api-applicant-create"))
        }
        #expect(error.status == .rejected)
        #expect(error.httpStatus == 200)
        #expect(error.mayHaveRun)
        #expect(error.json["/response"].string == "Workspace not found")
        #expect(String(decoding: error.body, as: UTF8.self).contains("Workspace not found"))
    }

    @Test func onlyARepeatableRequestIsSentAgain() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        let broken = #"{"action":{"answer":{"status":503,"body":"{}"}},"path":"api-applicant-status"}"#
        var request = Request("api-applicant-status")
        try sandbox.control("/fault", broken)
        let once = request
        let error = try await failure { () throws(PersonrError) in try await auth.send(once) }
        #expect(error.status == .server && error.mayHaveRun)

        try sandbox.control("/fault", broken)
        request.isRepeatable = true
        // The documented answer is no valid JSON, and is read all the same.
        #expect(try await auth.send(request).json["/result/Status"].exists)
    }

    @Test func whatIsWrongIsThrownBeforeAnythingIsSent() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        var wrong = [
            Request("api basic"), Request("api-basic-auth"), Request("api\0x"), Request("api-x", ["a": "b\0c"]),
        ]
        for change: (inout Request) -> Void in [
            { $0.add("a", json: "{") },
            { $0.add("a", file: "/no/such/file", as: .object) },
            { $0.add("a", bytes: [1], named: nil, as: .object) },
            { $0.timeout = .zero },
            { $0.maximumResponseSize = -1 },
            { $0.maximumResponseSize = Int.max },
            { $0.setBody([1], contentType: "text/plain\n") },
            {
                $0 = Request("api-x", ["a": "1", "a": "2"])
                $0.format = .json
            },
        ] {
            var request = Request("api-x")
            change(&request)
            wrong.append(request)
        }
        for request in wrong {
            let error = try await failure { () throws(PersonrError) in try await auth.send(request) }
            #expect([.invalidArgument, .file].contains(error.status), "\(error)")
            #expect(!error.mayHaveRun)
        }
        #expect(try sandbox.count("requests") <= 1, "a login at most")
    }

    @Test func aRequestIsAValue() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        let original = Request(
            "api-applicant-create", ["email": "a@example.com", "phone": "1", "flowName": "Individual"])
        var copy = original
        copy.add("nameFirst", "Maia")
        copy.timeout = .seconds(20)
        copy.maximumResponseSize = 100_000
        async let one = auth.send(original)
        async let other = auth.send(copy)
        async let again = auth.send(original)
        let applicants = try await Set([one, other, again].map { $0.json["/response/applicant_id"].string })
        #expect(applicants.count == 3)
    }

    @Test func aBodyOfOnesOwnIsSentAsItStands() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        var request = Request("api-applicant-create")
        request.setBody(
            Array(#"{"email":"a@example.com","phone":"1","flowName":"Individual"}"#.utf8),
            contentType: "application/json")
        #expect(try await auth.send(request).json["/response/applicant_id"].string != nil)
    }

    @Test func anUploadTellsItsProgress() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        var request = Request("api-document-upload", ["docType": "PASSPORT"])
        request.add("docFile", bytes: [UInt8](repeating: 1, count: 3_000_000), named: "scan.bin", as: .binary)
        try sandbox.control("/fault", #"{"action":"hold","path":"api-document-upload"}"#)
        let (reports, report) = AsyncStream<UploadProgress>.makeStream()
        let upload = request
        let task = Task { try await auth.send(upload) { report.yield($0) } }
        // All of it has been sent, and the answer is still to come.
        for await progress in reports where progress.total > 0 && progress.sent == progress.total {
            #expect(progress.total > 3_000_000)
            break
        }
        try await sandbox.waitUntilHeld()
        try sandbox.release()
        _ = try await task.value
    }
}
