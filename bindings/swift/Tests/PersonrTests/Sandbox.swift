// The stand-in for the service: a program that each test starts for itself, and steers over its control URL.

import Foundation
import Personr
import Synchronization
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

final class Sandbox: Sendable {
    let baseURL: String
    let certificateFile: String
    let email: String
    let password: String
    private let controlURL: String
    // Its end is the sandbox's.
    private let input: Pipe
    private let process: Process

    /// Starts the program that PERSONR_SANDBOX names.
    init(_ arguments: String...) throws {
        let program = try #require(ProcessInfo.processInfo.environment["PERSONR_SANDBOX"], "PERSONR_SANDBOX is not set")
        let (input, output, process) = (Pipe(), Pipe(), Process())
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--wait-stdin"] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        (self.input, self.process) = (input, process)

        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            line += more
        }
        let said = try Json(parsing: [UInt8](line))
        baseURL = try said.string(at: "/base_url")
        certificateFile = said["/ca_file"].string ?? ""
        controlURL = try said.string(at: "/control_url")
        email = try said.string(at: "/email")
        password = try said.string(at: "/password")
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    var options: Options {
        var options = Options()
        options.baseURL = baseURL
        if !certificateFile.isEmpty {
            options.certificateFiles = [certificateFile]
        }
        return options
    }

    func auth(_ change: (inout Options) -> Void = { _ in }) throws -> Auth {
        var options = options
        change(&options)
        return try Auth(email: email, password: password, options: options)
    }

    /// Gives an order, or asks, and waits for the answer on this thread, which may be none of the pool's.
    @discardableResult
    func control(_ path: String, _ order: String? = nil) throws -> Json {
        var request = URLRequest(url: try #require(URL(string: controlURL + path)))
        request.httpMethod = order == nil ? "GET" : "POST"
        request.httpBody = order.map { Data($0.utf8) }
        let answer = Mutex<Data?>(nil)
        let done = DispatchSemaphore(value: 0)
        URLSession.shared.dataTask(with: request) { data, _, _ in
            answer.withLock { $0 = data }
            done.signal()
        }.resume()
        done.wait()
        return try Json(parsing: [UInt8](try #require(answer.withLock { $0 }, "the control URL does not answer")))
    }

    func count(_ counter: String) throws -> Int {
        try #require(control("/counters")["/" + counter].int)
    }

    /// The requests to an endpoint so far.
    func count(endpoint: String) throws -> Int {
        try control("/counters")["/endpoints/" + endpoint].int ?? 0
    }

    /// Logins wait until `release`.
    func holdLogins() throws {
        try control("/fault", #"{"action":"hold","path":"api-basic-auth","always":true}"#)
    }

    func release() throws {
        try control("/clear", "")
    }

    /// Waits until so many requests are held.
    func waitUntilHeld(_ requests: Int = 1) async throws {
        try await wait { try self.count("held") >= requests }
    }
}

/// Waits until something is so, or the test's time is over.
func wait(until isSo: () throws -> Bool) async throws {
    while try !isSo() {
        try await Task.sleep(for: .milliseconds(1))
    }
}

/// The error that a call throws; the test fails if it throws none.
func failure(
    of call: @Sendable () async throws(PersonrError) -> some Sendable,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PersonrError {
    do {
        _ = try await call()
    } catch {
        return error
    }
    return try #require(nil as PersonrError?, "it succeeded", sourceLocation: sourceLocation)
}

/// A folder of a test's own, removed with the object.
final class Folder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("personr-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}

func read(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Counts, from any task.
final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    func increment() {
        count.add(1, ordering: .relaxed)
    }
}
