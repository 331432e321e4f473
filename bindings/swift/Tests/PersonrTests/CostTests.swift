// What a hand-out costs beside C's. The figures are printed and never decide.

import CPersonr
import Testing

@testable import Personr

@Suite struct CostTests {
    // The best of some batches counts: others use the machine as well.
    private let batches = 20
    private let rounds = 5_000

    @Test func aHandOutBesideC() async throws {
        let sandbox = try Sandbox()
        let auth = try sandbox.auth()
        let length = try await auth.authorization().utf8.count

        let inC = try time { buffer in
            var length = 0
            return auth.handle { personr_auth_authorization($0, buffer.baseAddress, buffer.count, &length, nil) }
        }
        let byOperation = try time { _ in
            var (operation, token): (OpaquePointer?, OpaquePointer?)
            guard auth.handle({ personr_auth_token_start($0, 0, &operation, nil) }) == PERSONR_OK, let operation else {
                return PERSONR_INTERNAL
            }
            let status = personr_operation_token(operation, &token, nil)
            personr_token_free(token)
            personr_operation_free(operation)
            return status
        }
        var bytes = 0
        var inSwift = Duration.seconds(1)
        for _ in 0..<batches {
            let start = ContinuousClock.now
            for _ in 0..<rounds {
                bytes += try await auth.authorization().utf8.count
            }
            inSwift = min(inSwift, (ContinuousClock.now - start) / rounds)
        }
        #expect(bytes == batches * rounds * length)
        print("FIGURE a hand-out takes \(inSwift): \(times(inSwift, byOperation)) C's by an operation,")
        print("FIGURE \(times(inSwift, inC)) C's that may block (\(inC))")
    }

    /// How long a call takes.
    private func time(_ call: (UnsafeMutableBufferPointer<CChar>) -> personr_status) throws -> Duration {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PERSONR_AUTHORIZATION_MAX)) { buffer in
            var best = Duration.seconds(1)
            for _ in 0..<batches {
                let start = ContinuousClock.now
                for _ in 0..<rounds {
                    guard call(buffer) == PERSONR_OK else { throw CancellationError() }
                }
                best = min(best, (ContinuousClock.now - start) / rounds)
            }
            return best
        }
    }

    private func times(_ one: Duration, _ other: Duration) -> String {
        "\((one / other * 10).rounded() / 10) times"
    }
}
