// A handle of the library as a Swift object: what the library made, freed when nobody refers to it any more.

import CPersonr

/// Owns one handle of the library.
///
/// ARC may release an object after its last *use*, and to read a pointer from it is a use that ends before the call that
/// takes the pointer. So the pointer is to be had in ``callAsFunction(_:)`` alone, which keeps the object alive meanwhile.
final class Handle: Sendable {
    // Never changes; the library says of each type how many threads may use it at once.
    private nonisolated(unsafe) let pointer: OpaquePointer
    private let free: @Sendable (OpaquePointer) -> Void

    /// Takes over what the library made.
    init(_ pointer: OpaquePointer, freedBy free: @escaping @Sendable (OpaquePointer) -> Void) {
        self.pointer = pointer
        self.free = free
    }

    deinit {
        free(pointer)
    }

    /// Calls the body with the pointer, which is valid until the body returns.
    @inline(__always)
    func callAsFunction<Value>(_ body: (OpaquePointer) -> Value) -> Value {
        withExtendedLifetime(self) { body(pointer) }
    }
}

extension Handle {
    /// What a `..._new` or an output gave; an error of the library's own where it gave nothing.
    convenience init(
        checking pointer: OpaquePointer?, freedBy free: @escaping @Sendable (OpaquePointer) -> Void
    ) throws(PersonrError) {
        guard let pointer else {
            throw PersonrError(status: .internal, reason: "null", message: "the library gave no handle")
        }
        self.init(pointer, freedBy: free)
    }
}

/// Calls a function of the library that takes `personr_error **` last.
@inline(__always)
func call(_ body: (UnsafeMutablePointer<OpaquePointer?>) -> personr_status) throws(PersonrError) {
    var error: OpaquePointer?
    let status = body(&error)
    guard status == PERSONR_OK else { throw PersonrError(status: status, taking: error) }
}
