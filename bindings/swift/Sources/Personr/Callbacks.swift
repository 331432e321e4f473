// What the library calls: token stores, the password, the log.
//
// Each is a Swift object in an `Unmanaged` box, which the library frees (`personr_user_data_free_fn`). The library calls on a
// thread that called it, and what may call a store or ask for the password is called on Dispatch's threads alone
// (Operation.swift). So these may block, and may be asynchronous. The log is told by other calls as well.

import CPersonr
import Dispatch
import Synchronization

/// A Swift value that the library holds as user data.
final class Box<Content: Sendable>: Sendable {
    private let content: Content

    private init(_ content: Content) {
        self.content = content
    }

    /// Gives a value to a setter of the library, which owns a reference to it from then on, unless it fails.
    static func give(
        _ content: Content, to setter: (UnsafeMutableRawPointer) throws(PersonrError) -> Void
    ) throws(PersonrError) {
        let box = Unmanaged.passRetained(Box(content))
        do {
            try setter(box.toOpaque())
        } catch {
            box.release()
            throw error
        }
    }

    /// The value, as a callback needs it.
    static func content(_ userData: UnsafeMutableRawPointer?) -> Content? {
        userData.map { Unmanaged<Box>.fromOpaque($0).takeUnretainedValue().content }
    }
}

/// Gives the library's reference to a box back.
let freeBox: personr_user_data_free_fn = { userData in
    if let userData {
        Unmanaged<AnyObject>.fromOpaque(userData).release()
    }
}

/// Runs an asynchronous function to its end, on this thread. `nil` if it throws.
private func wait<Value: Sendable>(for function: @escaping @Sendable () async throws -> Value) -> Value? {
    let executor = ThisThread<Value>()
    Task.detached(executorPreference: executor) {
        executor.end(with: try? await function())
    }
    return executor.run()
}

/// Runs the parts of a task on the thread that waits for it, so that they may block: it is none of the cooperative pool's. Only
/// what belongs to an actor with an executor of its own runs elsewhere.
private final class ThisThread<Value: Sendable>: TaskExecutor {
    private enum Event {
        case part(UnownedJob)
        case end(Value?)
    }

    private let events = Mutex<[Event]>([])
    private let count = DispatchSemaphore(value: 0)

    func enqueue(_ job: consuming ExecutorJob) {
        add(.part(UnownedJob(job)))
    }

    func end(with value: Value?) {
        add(.end(value))
    }

    private func add(_ event: Event) {
        events.withLock { $0.append(event) }
        count.signal()
    }

    func run() -> Value? {
        while true {
            count.wait()
            switch events.withLock({ $0.removeFirst() }) {
            case .part(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .end(let value): return value
            }
        }
    }
}

typealias StoreBox = Box<any TokenStore>

// 0 is a failure, as every number that has no name.
private let failed: Int32 = 0

let storeLoad: personr_store_load_fn = { userData, key, buffer, capacity, length in
    guard let store = StoreBox.content(userData) else { return failed }
    let key = String(cString: key)
    guard let loaded = wait(for: { try await store.load(key: key) }) else { return failed }
    guard let record = loaded else { return PERSONR_CALLBACK_OK }
    guard record.count <= capacity else { return failed }
    _ = UnsafeMutableBufferPointer(start: buffer, count: capacity).update(fromContentsOf: record)
    length.pointee = record.count
    return PERSONR_CALLBACK_OK
}

let storeSave: personr_store_save_fn = { userData, key, owner, record, length in
    guard let store = StoreBox.content(userData) else { return failed }
    let (key, owner) = (String(cString: key), String(cString: owner))
    let record = Array(UnsafeBufferPointer(start: record, count: length))
    let saved = wait(for: { try await store.save(key: key, owner: owner, record: record) })
    return saved.map { $0 ? PERSONR_CALLBACK_OK : PERSONR_STORE_BUSY } ?? failed
}

let storeLock: personr_store_lock_fn = { userData, key, owner, waitMs, leaseMs in
    guard let store = StoreBox.content(userData) else { return failed }
    let (key, owner) = (String(cString: key), String(cString: owner))
    let locked = wait(for: {
        try await store.lock(key: key, owner: owner, wait: .milliseconds(waitMs), lease: .milliseconds(leaseMs))
    })
    return locked.map { $0 ? PERSONR_CALLBACK_OK : PERSONR_STORE_BUSY } ?? failed
}

let storeUnlock: personr_store_unlock_fn = { userData, key, owner in
    guard let store = StoreBox.content(userData) else { return failed }
    let (key, owner) = (String(cString: key), String(cString: owner))
    return wait(for: { try await store.unlock(key: key, owner: owner) }) == nil ? failed : PERSONR_CALLBACK_OK
}

typealias CredentialsBox = Box<Options.Credentials>

let tellPassword: personr_credentials_fn = { userData, email, buffer, capacity in
    guard let credentials = CredentialsBox.content(userData) else { return failed }
    let email = String(cString: email)
    guard let password = wait(for: { try await credentials(email) }) else { return failed }
    let bytes = password.utf8
    guard bytes.count < capacity, !bytes.contains(0) else { return failed }
    let end = buffer.withMemoryRebound(to: UInt8.self, capacity: capacity) {
        UnsafeMutableBufferPointer(start: $0, count: capacity).update(fromContentsOf: bytes)
    }
    buffer[end] = 0
    return PERSONR_CALLBACK_OK
}

typealias LogBox = Box<@Sendable (LogEvent) -> Void>

let tellLog: personr_log_fn = { userData, level, event, text in
    guard let log = LogBox.content(userData) else { return }
    log(LogEvent(level: LogEvent.Level(rawValue: level), name: String(cString: event), text: String(cString: text)))
}
