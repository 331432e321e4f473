// The example, as a user runs it.

import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ExampleTests {
    @Test func theExampleGoesFromTheApplicantToTheDocuments() throws {
        let (sandbox, folder) = (try Sandbox(), try Folder())
        try write([UInt8](repeating: 3, count: 5000), to: folder.path + "/passport.jpg")
        try sandbox.control("/polls", #"{"count":1}"#)
        let example = try run(
            "Applicant",
            [
                "PERSONR_BASE_URL": sandbox.baseURL, "PERSONR_CA_FILE": sandbox.certificateFile,
                "PERSONR_EMAIL": sandbox.email, "PERSONR_PASSWORD": sandbox.password,
            ], [folder.path + "/passport.jpg", folder.path])
        #expect(try example.line() == "result: Approved")
        #expect(try example.line() == "PASSPORT: \(folder.path)/document-0")
        example.waitUntilExit()
        #expect(example.terminationStatus == 0)
        #expect(try read(folder.path + "/document-0") == read(folder.path + "/passport.jpg"))
    }

    @Test func theExampleSaysWhatFailed() throws {
        let sandbox = try Sandbox()
        let example = try run(
            "Applicant",
            [
                "PERSONR_BASE_URL": sandbox.baseURL, "PERSONR_CA_FILE": sandbox.certificateFile,
                "PERSONR_EMAIL": sandbox.email, "PERSONR_PASSWORD": "wrong",
            ], ["/no/such/file", "/"])
        #expect(try example.line().hasPrefix("PERSONR_INVALID_CREDENTIALS (INVALID_LOGIN_CREDENTIALS): "))
        example.waitUntilExit()
        #expect(example.terminationStatus == 1)
    }
}
