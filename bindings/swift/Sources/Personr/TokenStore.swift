/// A token store that the application keeps, in a database for example.
///
/// Who reads and writes the same records shares their tokens. The records hold tokens in clear: keep them as you would keep
/// a password.
///
/// The functions may be asynchronous or not, and may be called at once. They run on a thread that no other task needs: they
/// may block, and only the other calls on this ``Auth`` wait. One that throws is a failure, and no login is made behind a
/// store that fails: the call that needs one throws ``Status/store``. They must return, and must not use an ``Auth``.
public protocol TokenStore: Sendable {
    /// Reads a record, whole, as it was before or after a save; `nil` if there is none. It is also called without the lock.
    ///
    /// - Parameter key: The account: 64 hexadecimal digits.
    func load(key: String) async throws -> [UInt8]?

    /// Replaces a record: afterwards there is the new one, or after a failure the old one.
    ///
    /// To be safe from a lease that ended meanwhile, look whether the lock is this owner's still, and write, in one
    /// transaction.
    ///
    /// - Returns: `false` if the lock is no longer this owner's. Nothing may be written then.
    func save(key: String, owner: String, record: [UInt8]) async throws -> Bool

    /// Takes the lock of a key: one holder at a time, of all threads, processes and machines that share the store.
    ///
    /// - Parameters:
    ///   - key: The account.
    ///   - owner: Who asks: 32 hexadecimal digits that nobody else has. A lock that this owner holds already may be given
    ///     to it again.
    ///   - wait: How long to wait at most. A store that cannot wait returns `false` at once, and is asked again.
    ///   - lease: How long the lock must last without an unlock, and after which it ends by itself.
    /// - Returns: `false` if another owner holds the lock.
    func lock(key: String, owner: String, wait: Duration, lease: Duration) async throws -> Bool

    /// Gives the lock of a key back, but not one that another owner holds by now.
    func unlock(key: String, owner: String) async throws
}
