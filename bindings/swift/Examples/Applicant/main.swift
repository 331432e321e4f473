// An applicant, from the first request to the last: creates one, uploads a document, starts the check, waits for its result,
// and downloads the documents.
//
//     PERSONR_EMAIL=… PERSONR_PASSWORD=… swift run Applicant passport.jpg FOLDER
//
// PERSONR_BASE_URL and PERSONR_CA_FILE (PEM) are for another service than Personr's own, such as the sandbox.

import Personr

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}

/// Each call makes a new applicant: it is not for repeating when the error says that it may have run.
func create(_ auth: Auth) async throws(PersonrError) -> String {
    let request = Request(
        "api-applicant-create", ["email": "maia@example.com", "phone": "+64211234567", "flowName": "Individual"])
    return try await auth.send(request).json.string(at: "/response/applicant_id")
}

/// The file goes out as Base64 in JSON, piece by piece: it never stands in memory whole.
func upload(_ auth: Auth, _ applicant: String, _ path: String) async throws(PersonrError) {
    var request = Request(
        "api-document-upload", ["applicantId": applicant, "docType": "PASSPORT", "docCountryISO": "NZL"])
    request.format = .json
    request.add("docFile", file: path, as: .object)
    _ = try await auth.send(request)
}

/// To ask twice does no harm, so the library may.
func result(_ auth: Auth, _ applicant: String) async throws -> String {
    var request = Request("api-applicant-status", ["applicantId": applicant])
    request.isRepeatable = true
    while true {
        let status = try await auth.send(request).json.string(at: "/result/Status")
        guard status == "Pending" else { return status }
        try await Task.sleep(for: .seconds(1))
    }
}

/// Files appear whole or not at all, and nobody else may read them.
func download(_ auth: Auth, _ applicant: String, _ folder: String) async throws(PersonrError) {
    let json = try await auth.send(Request("api-document-download", ["applicantId": applicant])).json["/response"]
    for (number, document) in json["/base64"].elements.enumerated() {
        let path = "\(folder)/document-\(number)"
        try document.saveBase64(to: path)
        print("\(json["/IdDocType"][number].string ?? ""): \(path)")
    }
}

guard CommandLine.arguments.count == 3 else {
    print("usage: Applicant DOCUMENT FOLDER")
    exit(EXIT_FAILURE)
}

do {
    var options = Options()
    options.baseURL = environment("PERSONR_BASE_URL")
    options.certificateFiles = environment("PERSONR_CA_FILE").map { [$0] } ?? []
    let auth = try Auth(
        email: environment("PERSONR_EMAIL") ?? "", password: environment("PERSONR_PASSWORD"), options: options)

    let applicant = try await create(auth)
    try await upload(auth, applicant, CommandLine.arguments[1])
    _ = try await auth.send(Request("api-request-applicant-check", ["applicantId": applicant]))
    print("result: \(try await result(auth, applicant))")
    try await download(auth, applicant, CommandLine.arguments[2])
} catch {
    print("\(error)")
    exit(EXIT_FAILURE)
}
