// Programs of this package, which stand beside the one of the tests.

import Foundation
import Testing

/// A program that runs.
final class Program {
    private let process = Process()
    private let output = Pipe()
    private var rest = Data()

    var terminationStatus: Int32 { process.terminationStatus }

    fileprivate init(_ name: String, _ environment: [String: String], _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            .deletingLastPathComponent().appendingPathComponent(name)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
    }

    /// The next line that it prints; "" at its end.
    func line() throws -> String {
        while !rest.contains(UInt8(ascii: "\n")) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { return "" }
            rest += more
        }
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = Data(rest.dropFirst(line.count + 1))
        return String(decoding: line, as: UTF8.self)
    }

    func waitUntilExit() { process.waitUntilExit() }
}

func run(_ name: String, _ environment: [String: String], _ arguments: [String] = []) throws -> Program {
    try Program(name, environment, arguments)
}
