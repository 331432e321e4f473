import Foundation
import Personr

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

extension URLRequest {
    /// The same request with the Authorization line of a token that is good now.
    ///
    /// ``AuthorizedSession`` does this and what a 401 asks for. With a client of your own: if the service answers 401,
    /// `Auth.reject(_:)` the line's value, authorize again, and repeat the request **once**. Do not let the
    /// client follow redirects: `URLSession` takes the line along to another host.
    ///
    /// - Throws: What `Auth.token(timeout:)` throws; `invalidArgument` for a URL on whose way the token would be
    ///   seen: only `https` is allowed, and `http` to this machine.
    public func authorized(by auth: Auth) async throws(PersonrError) -> URLRequest {
        guard keepsSecrets else {
            throw PersonrError(
                status: .invalidArgument, reason: "argument",
                message: "url: it is not https, so the token would be seen")
        }
        var request = self
        request.setValue(try await auth.authorization(), forHTTPHeaderField: "Authorization")
        return request
    }

    /// Whether nobody between this machine and the service sees the request.
    private var keepsSecrets: Bool {
        switch url?.scheme?.lowercased() {
        case "https": true
        case "http": isLoopback(url?.host(percentEncoded: false) ?? "")
        default: false
        }
    }
}

/// "localhost", 127.0.0.0/8, and ::1.
private func isLoopback(_ host: String) -> Bool {
    if ["localhost", "::1", "[::1]"].contains(host.lowercased()) {
        return true
    }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
}
