// Requests that Foundation sends. Its URLSession takes no root certificates on Linux, so the sandbox is without TLS here.

import Foundation
import Personr
import PersonrFoundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite(.timeLimit(.minutes(1)))
struct FoundationTests {
    private func request(_ sandbox: Sandbox, _ endpoint: String = "api-applicant-create") throws -> URLRequest {
        var request = URLRequest(url: try #require(URL(string: sandbox.baseURL + "/" + endpoint)))
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = Data(#"{"email":"a@example.com","phone":"1","flowName":"Individual"}"#.utf8)
        return request
    }

    @Test func aRequestIsSentWithTheToken() async throws {
        let sandbox = try Sandbox("--plain-http")
        let (data, response) = try await AuthorizedSession(sandbox.auth()).data(for: request(sandbox))
        #expect(response.statusCode == 200)
        #expect(try Json(parsing: [UInt8](data))["/response/applicant_id"].string != nil)
    }

    @Test func a401IsRepeatedOnceWithAnotherToken() async throws {
        let sandbox = try Sandbox("--plain-http")
        let auth = try sandbox.auth()
        _ = try await auth.token()
        try sandbox.control("/revoke", "{}")
        let (_, response) = try await AuthorizedSession(auth).data(for: request(sandbox))
        #expect(response.statusCode == 200)
        #expect(try sandbox.count("tokens_issued") == 2)
        #expect(try sandbox.count(endpoint: "api-applicant-create") == 2)

        try sandbox.control(
            "/fault", #"{"action":{"answer":{"status":401,"body":"{}"}},"path":"api-applicant-create","always":true}"#)
        let (_, refused) = try await AuthorizedSession(auth).data(for: request(sandbox))
        #expect(refused.statusCode == 401)
        #expect(try sandbox.count(endpoint: "api-applicant-create") == 4)
    }

    @Test func a401OfAFirewallIsNotAboutTheToken() async throws {
        let sandbox = try Sandbox("--plain-http")
        let auth = try sandbox.auth()
        try sandbox.control(
            "/fault",
            #"{"action":{"answer":{"status":401,"body":" <html></html>"}},"path":"api-applicant-create","always":true}"#
        )
        let (_, response) = try await AuthorizedSession(auth).data(for: request(sandbox))
        #expect(response.statusCode == 401)
        #expect(auth.state == .good)
        #expect(try sandbox.count(endpoint: "api-applicant-create") == 1)
    }

    @Test func aRedirectIsNotFollowed() async throws {
        let (sandbox, other) = (try Sandbox("--plain-http"), try Sandbox("--plain-http"))
        try sandbox.control(
            "/fault",
            """
            {"action":{"answer":{"status":307,"headers":[["Location","\(other.baseURL)/api-applicant-create"]],"body":""}},
             "path":"api-applicant-create"}
            """)
        let (_, response) = try await AuthorizedSession(sandbox.auth()).data(for: request(sandbox))
        #expect(response.statusCode == 307)
        #expect(try other.count("requests") == 0)
    }

    @Test func aCancelledTaskEndsAtOnce() async throws {
        let sandbox = try Sandbox("--plain-http")
        try sandbox.control("/fault", #"{"action":"hold","path":"api-applicant-create"}"#)
        let (session, request) = (AuthorizedSession(try sandbox.auth()), try request(sandbox))
        let task = Task { try await session.data(for: request) }
        try await sandbox.waitUntilHeld()
        task.cancel()
        #expect((await task.result.error as? URLError)?.code == .cancelled)
        try sandbox.release()
    }

    @Test(arguments: [
        ("https://enterprise.personr.co/x", true), ("http://127.0.0.1:1/x", true), ("http://[::1]:1/x", true),
        ("http://localhost/x", true), ("http://enterprise.personr.co/x", false), ("http://127.example.com/x", false),
        ("ftp://enterprise.personr.co/x", false),
    ])
    func theTokenIsNotShownOnTheWay(_ url: String, _ isAllowed: Bool) async throws {
        let sandbox = try Sandbox("--plain-http")
        let auth = try sandbox.auth()
        let request = URLRequest(url: try #require(URL(string: url)))
        if isAllowed {
            let authorization = try await auth.authorization()
            #expect(try await request.authorized(by: auth).value(forHTTPHeaderField: "Authorization") == authorization)
        } else {
            let error = try await failure { () throws(PersonrError) in try await request.authorized(by: auth) }
            #expect(error.status == .invalidArgument)
        }
    }

    @Test func valuesAreFoundationsToo() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        let token = try await auth.token()
        #expect(abs(token.expirationDate.timeIntervalSinceNow - 365 * 24 * 3600) < 60)

        let folder = try Folder()
        try write([1, 2, 3], to: folder.path + "/a scan.bin")
        var request = Request("api-document-upload", ["docType": "PASSPORT"])
        request.add("docFile", file: URL(fileURLWithPath: folder.path + "/a scan.bin"), as: .binary)
        let response = try await auth.send(request)
        #expect(response.data == Data(response.body))
        #expect(try sandbox.control("/uploads")[0]["/file_name"].string == "a scan.bin")
        request.add("other", data: Data([1]), named: "b", as: .binary)

        let error: any Error = try await failure { () throws(PersonrError) in try await auth.send(Request("no way")) }
        #expect(error.localizedDescription == (error as? PersonrError)?.message)
    }
}
