// A call that a task waits for without a thread of the cooperative pool: the library's operation, watched by Dispatch.
//
// The pool has as many threads as the machine has cores, and a call that blocks takes one away from every other task. So
// nothing in this package blocks. What may call back (personr_operation_step) runs on a queue of Dispatch.

import CPersonr
import Dispatch

/// The queue of all operations that call nothing back, so that a step takes microseconds.
private let sharedQueue = DispatchQueue(label: "personr")

extension Options {
    /// The queue for the operations of an ``Auth``: one of its own if a callback may block it. A serial queue gets a thread
    /// when it needs one, however many others are blocked.
    func makeQueue() -> DispatchQueue {
        callsBack ? DispatchQueue(label: "personr.auth") : sharedQueue
    }
}

struct Operation: Sendable {
    private let operation: Handle
    // What it works for lives as long, whatever becomes of the caller's own references.
    private let auth: Auth

    /// Begins an operation by one of the library's `..._start`.
    init(
        _ auth: Auth,
        start: (OpaquePointer, UnsafeMutablePointer<OpaquePointer?>, UnsafeMutablePointer<OpaquePointer?>) ->
            personr_status
    ) throws(PersonrError) {
        var operation: OpaquePointer?
        try call { error in auth.handle { start($0, &operation, error) } }
        self.operation = try Handle(checking: operation, freedBy: personr_operation_free)
        self.auth = auth
    }

    /// Waits until the operation is done. If the task is cancelled, the operation is, and is done at once.
    func wait(reporting progress: (@Sendable (UploadProgress) -> Void)? = nil) async {
        let descriptor = operation(personr_operation_fd)
        // -1: it was done at once, which a good token makes the common case.
        guard descriptor >= 0 else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                watch(descriptor, reporting: progress) { continuation.resume() }
            }
        } onCancel: {
            // It may come at any time, but never after the free: this closure holds the operation.
            operation(personr_operation_cancel)
        }
    }

    /// Steps the operation whenever its descriptor is ready. The descriptor is Dispatch's until `done` is called.
    private func watch(
        _ descriptor: Int32, reporting progress: (@Sendable (UploadProgress) -> Void)?,
        done: @escaping @Sendable () -> Void
    ) {
        // The progress may not be asked during a step, so both have one queue. Who is told may block it.
        let queue = progress == nil ? auth.queue : DispatchQueue(label: "personr.progress")
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        let timer = progress.map { startTimer(on: queue, $0) }
        source.setEventHandler {
            guard self.operation(personr_operation_step) == 1 else { return }
            timer?.cancel()
            progress?(self.progress)
            source.cancel()
        }
        source.setCancelHandler(handler: done)
        source.activate()
    }

    /// Tells the progress every tenth of a second.
    private func startTimer(
        on queue: DispatchQueue, _ report: @escaping @Sendable (UploadProgress) -> Void
    ) -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { report(self.progress) }
        timer.schedule(deadline: .now(), repeating: .milliseconds(100), leeway: .milliseconds(20))
        timer.activate()
        return timer
    }

    private var progress: UploadProgress {
        var (sent, total): (Int64, Int64) = (0, 0)
        operation { personr_operation_progress($0, &sent, &total) }
        return UploadProgress(sent: sent, total: total)
    }

    /// The token of an operation that is done.
    func token() throws(PersonrError) -> Token {
        var token: OpaquePointer?
        try call { error in operation { personr_operation_token($0, &token, error) } }
        return Token(handle: try Handle(checking: token, freedBy: personr_token_free))
    }

    /// The response of an operation that is done.
    func response() throws(PersonrError) -> Response {
        var response: OpaquePointer?
        try call { error in operation { personr_operation_response($0, &response, error) } }
        return Response(handle: try Handle(checking: response, freedBy: personr_response_free))
    }
}

/// How much of a request has been sent.
public struct UploadProgress: Sendable, Hashable {
    /// Bytes of the body that were handed to the system.
    public let sent: Int64
    /// Bytes of the whole body; 0 or less if it is not known yet.
    public let total: Int64
}
