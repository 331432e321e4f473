// Requests that Foundation sends, each with a good token.
//
// This is a session of its own, and no extension of URLSession, because of redirects: Foundation takes the Authorization line
// along to whatever host the answer names, and on Linux a session's own delegate alone can forbid that, for tasks without a
// completion handler. So the tasks here are of that kind.

import Foundation
import Personr
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A `URLSession` that sends each request with a good token of an account.
///
///     let session = AuthorizedSession(auth)
///     let (data, response) = try await session.data(for: request)
///
/// After a 401 the token is rejected, and the request sent once more with another one. A redirect is an answer like any
/// other and not followed, since the token would go with it.
///
/// `Auth.send(_:progress:)` does more: it knows what a refusal is and what may be sent again, and leaves nothing in
/// memory. This is for applications that have their requests in Foundation's form.
public final class AuthorizedSession: Sendable {
    private let auth: Auth
    private let session: URLSession
    private let exchanges = Exchanges()

    /// Makes a session for an account.
    public init(_ auth: Auth, configuration: URLSessionConfiguration = .ephemeral) {
        self.auth = auth
        session = URLSession(configuration: configuration, delegate: exchanges, delegateQueue: nil)
    }

    deinit {
        session.finishTasksAndInvalidate()
    }

    /// Sends a request, whose URL is `https`, or `http` to this machine.
    ///
    /// It is sent once if its body is a stream, which cannot be had again. A 401 that is a web page is a firewall's, and not
    /// about the token.
    ///
    /// - Returns: The answer, whatever its status is.
    /// - Throws: `PersonrError` if there is no token; `URLError` if the request failed. A cancelled task throws one
    ///   or the other.
    public func data(for request: URLRequest) async throws -> (Data, HTTPURLResponse) {
        let first = try await request.authorized(by: auth)
        let (data, response) = try await exchange(first)
        guard response.refusesToken(data), let refused = first.value(forHTTPHeaderField: "Authorization") else {
            return (data, response)
        }
        try auth.reject(refused)
        guard request.httpBodyStream == nil else {
            return (data, response)
        }
        return try await exchange(request.authorized(by: auth))
    }

    private func exchange(_ request: URLRequest) async throws -> (Data, HTTPURLResponse) {
        let task = session.dataTask(with: request)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                exchanges.begin(task, continuation)
            }
        } onCancel: {
            task.cancel()
        }
    }
}

extension HTTPURLResponse {
    fileprivate func refusesToken(_ body: Data) -> Bool {
        statusCode == 401 && body.first { !$0.isWhitespace } != UInt8(ascii: "<")
    }
}

extension UInt8 {
    fileprivate var isWhitespace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}

/// Who waits for which task, and what has come in.
private final class Exchanges: NSObject, URLSessionDataDelegate, Sendable {
    typealias Continuation = CheckedContinuation<(Data, HTTPURLResponse), any Error>

    private let running = Mutex<[Int: (continuation: Continuation, data: Data)]>([:])

    func begin(_ task: URLSessionDataTask, _ continuation: Continuation) {
        running.withLock { $0[task.taskIdentifier] = (continuation, Data()) }
        task.resume()
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        running.withLock { $0[dataTask.taskIdentifier]?.data.append(data) }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let exchange = running.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
        if let error {
            exchange.continuation.resume(throwing: error)
        } else if let response = task.response as? HTTPURLResponse {
            exchange.continuation.resume(returning: (exchange.data, response))
        } else {
            exchange.continuation.resume(throwing: URLError(.badServerResponse))
        }
    }
}
