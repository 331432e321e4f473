// Many tasks, their pool, and their cancellation.

import CPersonr
import Dispatch
import Foundation
import Personr
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TaskTests {
    @Test func fiveHundredTasksMakeOneLogin() async throws {
        let sandbox = try Sandbox()
        try sandbox.holdLogins()
        let auth = try sandbox.auth()
        let begun = Counter()

        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<500 {
                group.addTask {
                    begun.increment()
                    return try await auth.token().value
                }
            }
            // All of them get to run, though not one of them can go on.
            try await wait { begun.value == 500 }
            try await sandbox.waitUntilHeld()
            try sandbox.release()
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(tokens.count == 500 && Set(tokens).count == 1)
        #expect(try sandbox.count("tokens_issued") == 1)
    }

    @Test func waitingCallsLeaveThePoolToOtherTasks() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        #expect(try await tasksGetToRun(while: sandbox) { _ = try await auth.token() })
    }

    /// The same with the blocking call of C, to show that the test above would see one.
    @Test func blockingCallsWouldStallThePool() async throws {
        let sandbox = try Sandbox()
        let auth = try BlockingAuth(sandbox)
        #expect(try await !tasksGetToRun(while: sandbox) { auth.wait() })
    }

    /// More calls than the pool has threads wait for a login: does another task get to run?
    ///
    /// A thread that is none of the pool's asks, since a stalled pool could not.
    private func tasksGetToRun(
        while sandbox: Sandbox, calling call: @escaping @Sendable () async throws -> Void
    ) async throws -> Bool {
        try sandbox.holdLogins()
        return await withCheckedContinuation { continuation in
            Thread {
                let calls = DispatchGroup()
                for _ in 0..<4 * ProcessInfo.processInfo.activeProcessorCount {
                    calls.enter()
                    Task.detached {
                        try? await call()
                        calls.leave()
                    }
                }
                while (try? sandbox.count("held")) == 0 {
                    usleep(2000)
                }
                let probe = DispatchSemaphore(value: 0)
                Task.detached { probe.signal() }
                // A pool that is not stalled runs it in microseconds.
                let ran = probe.wait(timeout: .now() + .milliseconds(700)) == .success
                try? sandbox.release()
                calls.wait()
                continuation.resume(returning: ran)
            }.start()
        }
    }
}

/// What this package never does: calls that block their thread.
private final class BlockingAuth: Sendable {
    private nonisolated(unsafe) let auth: OpaquePointer

    init(_ sandbox: Sandbox) throws {
        let options = personr_options_new()
        defer { personr_options_free(options) }
        try #require(personr_options_set_base_url(#require(options), sandbox.baseURL, nil) == PERSONR_OK)
        try #require(personr_options_set_ca_file(#require(options), sandbox.certificateFile, nil) == PERSONR_OK)
        var auth: OpaquePointer?
        try #require(personr_auth_new(sandbox.email, sandbox.password, options, &auth, nil) == PERSONR_OK)
        self.auth = try #require(auth)
    }

    deinit {
        personr_auth_free(auth)
    }

    func wait() {
        var token: OpaquePointer?
        personr_auth_token(auth, &token, nil)
        personr_token_free(token)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    @Test func aCancelledTaskEndsAtOnceAndItsLoginIsKept() async throws {
        let sandbox = try Sandbox()
        try sandbox.holdLogins()
        let auth = try sandbox.auth()
        let task = Task { () throws(PersonrError) in try await auth.token() }
        try await sandbox.waitUntilHeld()

        let start = ContinuousClock.now
        task.cancel()
        let error = try #require(await task.result.error as? PersonrError)
        let took = ContinuousClock.now - start
        #expect(error.status == .cancelled)
        #expect(try sandbox.count("held") == 1, "the service has not answered yet")
        #expect(took < .milliseconds(500))
        print("FIGURE a cancelled task ended after \(took)")

        // The login goes on, and the next task shares it: there is no second one.
        let next = Task { try await auth.token() }
        try sandbox.release()
        _ = try await next.value
        #expect(try sandbox.count("tokens_issued") == 1)
        #expect(try sandbox.count("logins") == 1)
    }

    @Test func aTaskThatIsCancelledAlreadySendsNothing() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        let task = Task {
            while !Task.isCancelled {
                await Task.yield()
            }
            return try await failure { () throws(PersonrError) in try await auth.send(Request("api-applicant-create")) }
        }
        task.cancel()
        let error = try await task.value
        #expect(error.status == .cancelled)
        #expect(!error.mayHaveRun)
        #expect(try sandbox.count(endpoint: "api-applicant-create") == 0)
    }

    @Test func othersGoOnWhenOneOfThemIsCancelled() async throws {
        let sandbox = try Sandbox()
        try sandbox.holdLogins()
        let auth = try sandbox.auth()
        let tasks = (0..<10).map { _ in Task { try await auth.token() } }
        try await sandbox.waitUntilHeld()
        for task in tasks.prefix(5) {
            task.cancel()
        }
        for task in tasks.prefix(5) {
            #expect((await task.result.error as? PersonrError)?.status == .cancelled)
        }
        try sandbox.release()
        for task in tasks.suffix(5) {
            _ = try await task.value
        }
        #expect(try sandbox.count("tokens_issued") == 1)
    }

    @Test func aCancelledRequestSaysThatItMayHaveRun() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        _ = try await auth.token()
        try sandbox.control("/fault", #"{"action":"hold","path":"api-applicant-create","always":true}"#)
        let task = Task { try await auth.send(Request("api-applicant-create", ["email": "a@example.com"])) }
        try await sandbox.waitUntilHeld()
        task.cancel()
        let error = try #require(await task.result.error as? PersonrError)
        #expect(error.status == .cancelled)
        #expect(error.mayHaveRun)
        try sandbox.release()
    }
}

extension Result {
    var error: Failure? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}
