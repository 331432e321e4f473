// Who keeps the token, the password, and the log.

import Foundation
import Personr
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StoreTests {
    /// A store as a database is: an actor, whose functions are asynchronous.
    actor Database: TokenStore {
        private var records: [String: [UInt8]] = [:]
        private var owners: [String: String] = [:]
        private(set) var locked = 0
        var isFree: Bool { owners.isEmpty }

        func load(key: String) async throws -> [UInt8]? {
            await Task.yield()
            return records[key]
        }

        func save(key: String, owner: String, record: [UInt8]) async throws -> Bool {
            guard owners[key] == owner else { return false }
            records[key] = record
            return true
        }

        func lock(key: String, owner: String, wait: Duration, lease: Duration) async throws -> Bool {
            guard owners[key] == nil || owners[key] == owner else { return false }
            owners[key] = owner
            locked += 1
            return lease == .seconds(20) && wait <= .seconds(1)
        }

        func unlock(key: String, owner: String) async throws {
            guard owners[key] == owner else { return }
            owners[key] = nil
        }
    }

    @Test func handlesShareAStoreOfTheApplication() async throws {
        let sandbox = try Sandbox()
        let database = Database()
        let token = try await sandbox.auth { $0.tokenStore = .custom(database) }.token()
        let other = try await sandbox.auth { $0.tokenStore = .custom(database) }.token()
        #expect(token.value == other.value)
        #expect(try sandbox.count("tokens_issued") == 1)
        #expect(await database.locked >= 1)
        #expect(await database.isFree)
    }

    /// A store that fails at one of its functions, and counts what it was called for.
    struct Failing: TokenStore {
        enum Function: CaseIterable { case load, lock, save, none }
        struct Down: Error {}
        let function: Function
        let unlocked = Counter()
        let freed: Counter
        private let deinitialized: Deinitialized

        init(at function: Function, freed: Counter = Counter()) {
            (self.function, self.freed) = (function, freed)
            deinitialized = Deinitialized(freed)
        }

        private final class Deinitialized: Sendable {
            let counter: Counter
            init(_ counter: Counter) { self.counter = counter }
            deinit { counter.increment() }
        }

        func load(key: String) throws -> [UInt8]? {
            if function == .load { throw Down() }
            return nil
        }

        func save(key: String, owner: String, record: [UInt8]) throws -> Bool {
            if function == .save { throw Down() }
            return true
        }

        func lock(key: String, owner: String, wait: Duration, lease: Duration) throws -> Bool {
            if function == .lock { throw Down() }
            return true
        }

        func unlock(key: String, owner: String) throws {
            unlocked.increment()
            throw Down()
        }
    }

    @Test(arguments: [Failing.Function.load, .lock, .save])
    func noLoginIsMadeBehindAStoreThatThrows(at function: Failing.Function) async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth { $0.tokenStore = .custom(Failing(at: function)) }
        let error = try await failure { () throws(PersonrError) in try await auth.token() }
        #expect(error.status == .store)
        #expect(error.reason == "store-callback")
        #expect(try sandbox.count("logins") == 0)
    }

    @Test func anUnlockThatThrowsFailsNothing() async throws {
        let sandbox = try Sandbox()
        let store = Failing(at: .none)
        _ = try await sandbox.auth { $0.tokenStore = .custom(store) }.token()
        #expect(store.unlocked.value == 1)
    }

    @Test func aStoreThatBlocksStallsNobody() async throws {
        struct Blocking: TokenStore {
            let entered = Counter()
            let gate = DispatchSemaphore(value: 0)

            func load(key: String) -> [UInt8]? {
                entered.increment()
                gate.wait()
                return nil
            }
            func save(key: String, owner: String, record: [UInt8]) -> Bool { true }
            func lock(key: String, owner: String, wait: Duration, lease: Duration) -> Bool { true }
            func unlock(key: String, owner: String) {}
        }
        let sandbox = try Sandbox()
        let store = Blocking()
        let blocked = 4 * ProcessInfo.processInfo.activeProcessorCount
        let tasks = try (0..<blocked).map { index in
            var options = sandbox.options
            options.tokenStore = .custom(store)
            let auth = try Auth(email: "\(index)@example.com", password: "p", options: options)
            return Task { try? await auth.token() }
        }
        // More of them are blocked than the pool has threads; this task and another account go on.
        try await wait { store.entered.value == blocked }
        _ = try await sandbox.auth().token()

        for _ in 0..<100 * blocked {
            store.gate.signal()
        }
        for task in tasks {
            _ = await task.value
        }
    }

    @Test func aStoreThatUsesTheLibraryIsToldSo() async throws {
        struct Reentrant: TokenStore {
            let other: Auth
            let reasons = Reasons()

            final class Reasons: Sendable {
                let all = Mutex<[String]>([])
            }

            func load(key: String) async throws -> [UInt8]? {
                do throws(PersonrError) {
                    _ = try await other.token()
                } catch {
                    reasons.all.withLock { $0.append(error.reason) }
                    throw error
                }
                return nil
            }
            func save(key: String, owner: String, record: [UInt8]) -> Bool { true }
            func lock(key: String, owner: String, wait: Duration, lease: Duration) -> Bool { true }
            func unlock(key: String, owner: String) {}
        }
        let sandbox = try Sandbox()
        let store = Reentrant(other: try sandbox.auth())
        let auth = try sandbox.auth { $0.tokenStore = .custom(store) }
        #expect(try await failure { () throws(PersonrError) in try await auth.token() }.status == .store)
        #expect(store.reasons.all.withLock { $0.first } == "reentrant")
        #expect(try sandbox.count("logins") == 0)
    }

    @Test func theStoreIsReleasedWithTheLastHandle() async throws {
        let sandbox = try Sandbox()
        let freed = Counter()
        func use() async throws {
            var options = sandbox.options
            options.tokenStore = .custom(Failing(at: .none, freed: freed))
            let one = try Auth(email: sandbox.email, password: sandbox.password, options: options)
            let other = try Auth(email: sandbox.email, password: sandbox.password, options: options)
            _ = try await one.token()
            _ = try await other.token()
            #expect(freed.value == 0)
        }
        try await use()
        // The last reference may be that of an operation whose thread is about to end.
        try await wait { freed.value > 0 }
        #expect(freed.value == 1)

        // A setter that fails frees nothing: there is nothing to release twice.
        var options = sandbox.options
        options.tokenStore = .custom(Failing(at: .none, freed: freed))
        options.maxRetries = 11
        #expect(throws: PersonrError.self) { try Auth(email: "a@b.c", password: "p", options: options) }
    }

    @Test func thePasswordIsAskedForBeforeALogin() async throws {
        let sandbox = try Sandbox()
        let asked = Mutex<[String]>([])
        let password = sandbox.password
        var options = sandbox.options
        options.credentials = { email in
            await Task.yield()
            asked.withLock { $0.append(email) }
            return password
        }
        let auth = try Auth(email: sandbox.email, password: nil, options: options)
        _ = try await auth.token()
        _ = try await auth.token()
        #expect(asked.withLock { $0 } == [sandbox.email])
    }

    @Test(arguments: ["", "with\0nul", String(repeating: "x", count: 1025), nil])
    func noLoginIsMadeWithoutAPassword(_ password: String?) async throws {
        let sandbox = try Sandbox()
        var options = sandbox.options
        options.credentials = { _ in
            guard let password else { throw CancellationError() }
            return password
        }
        let auth = try Auth(email: sandbox.email, password: nil, options: options)
        let error = try await failure { () throws(PersonrError) in try await auth.token() }
        #expect(error.status == .credentials)
        #expect(try sandbox.count("logins") == 0)
    }

    @Test func eventsAreToldUpToTheirLevel() async throws {
        let sandbox = try Sandbox()
        func told(upTo level: LogEvent.Level) async throws -> [LogEvent] {
            let events = Mutex<[LogEvent]>([])
            var options = sandbox.options
            options.onEvent(upTo: level) { event in events.withLock { $0.append(event) } }
            let auth = try Auth(email: sandbox.email, password: sandbox.password, options: options)
            let token = try await auth.token()
            try auth.reject(token)
            _ = try await auth.send(Request("api-applicant-details"))
            let told = events.withLock { $0 }
            #expect(told.allSatisfy { !$0.text.contains(token.value) && $0.level <= level })
            return told
        }
        let some = try await told(upTo: .info).map(\.name)
        #expect(some.contains("login") && some.contains("rejected") && !some.contains("request"))
        let request = try #require(try await told(upTo: .debug).first { $0.name == "request" })
        #expect(request.level == .debug && request.text.contains("api-applicant-details"))
        #expect(LogEvent.Level.error < .warning && LogEvent.Level.info < .debug)
    }

    @Test func twoProcessesMakeOneLogin() async throws {
        let sandbox = try Sandbox()
        let folder = try Folder()
        try sandbox.holdLogins()
        let processes = try (0..<2).map { _ in
            try run(
                "OtherProcess",
                [
                    "PERSONR_BASE_URL": sandbox.baseURL, "PERSONR_CA_FILE": sandbox.certificateFile,
                    "PERSONR_EMAIL": sandbox.email, "PERSONR_PASSWORD": sandbox.password,
                    "PERSONR_STORE": folder.path + "/store",
                ])
        }
        for process in processes {
            // It tells that it is about to ask.
            #expect(try process.line() == "ready")
        }
        try await sandbox.waitUntilHeld()
        try sandbox.release()
        let tokens = try processes.map { try $0.line() }
        #expect(tokens[0] == tokens[1] && !tokens[0].isEmpty)
        for process in processes {
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
        #expect(try sandbox.count("tokens_issued") == 1)
    }
}
