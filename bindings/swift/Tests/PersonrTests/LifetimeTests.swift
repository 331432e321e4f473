// Handles that go while they are in use: ARC may release an object after its last use, and before a call with its pointer ends.
// These tests tell most in a release build, where it does.

import Foundation
import Testing

@testable import Personr

@Suite(.timeLimit(.minutes(1)))
struct LifetimeTests {
    @Test func aHandleIsNotFreedDuringACall() {
        let freed = Counter()
        #expect(makeHandle(freed) { _ in freed.value } == 0)
        #expect(freed.value == 1)
    }

    /// Nobody refers to the handle but the call itself: it is no variable, which would live to the end of its scope.
    @inline(never)
    private func makeHandle(_ freed: Counter, use: (OpaquePointer) -> Int) -> Int {
        Handle(OpaquePointer(bitPattern: 8)!, freedBy: { _ in freed.increment() })(use)
    }

    @Test func aThousandHandlesEndDuringTheirCalls() async throws {
        let sandbox = try Sandbox()
        let folder = try Folder()
        let options = {
            var options = sandbox.options
            options.tokenStore = .file(folder.path + "/store")
            options.onEvent(upTo: .debug) { _ in }
            return options
        }()
        let (email, password) = (sandbox.email, sandbox.password)
        // A first login, so that the others find its token.
        _ = try await Auth(email: email, password: password, options: options).token()

        try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<1000 {
                if index >= 50 {
                    _ = try await group.next()
                }
                group.addTask {
                    // The call is the last use of the handle, and its result that of the token.
                    try await Auth(email: email, password: password, options: options).token().value
                }
            }
            let tokens = try await group.reduce(into: Set<String>()) { $0.insert($1) }
            #expect(tokens.count == 1)
        }
        #expect(try sandbox.count("tokens_issued") == 1)
    }

    @Test func aResponseOutlivesEverythingElse() async throws {
        let sandbox = try Sandbox()
        func send() async throws -> Json {
            let request = Request(
                "api-applicant-create", ["email": "a@example.com", "phone": "1", "flowName": "Individual"])
            return try await sandbox.auth().send(request).json["/response"]
        }
        let json = try await send()
        #expect(json["/applicant_id"].string?.isEmpty == false)

        func fail() async throws -> Json {
            try sandbox.control(
                "/fault", #"{"action":{"documented":"workspace_not_found"},"path":"api-applicant-create"}"#)
            return try await failure { () throws(PersonrError) in
                try await Auth(email: sandbox.email, password: sandbox.password, options: sandbox.options)
                    .send(Request("api-applicant-create"))
            }.json["/response"]
        }
        #expect(try await fail().string == "Workspace not found")
    }
}
