import CPersonr

/// Something that happened: a login, a renewal, a failure. It never holds a secret, at any level.
public struct LogEvent: Sendable {
    /// How important an event is.
    public struct Level: RawRepresentable, Hashable, Comparable, Sendable {
        public let rawValue: Int32

        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// The lesser one is told to more applications: `error < debug`.
        public static func < (one: Level, other: Level) -> Bool { one.rawValue < other.rawValue }

        /// Something has to be done: `refused`, `save-failed`.
        public static let error = Level(rawValue: PERSONR_LOG_ERROR)
        /// A failure that a later call may not meet: `failed`, `rejected`.
        public static let warning = Level(rawValue: PERSONR_LOG_WARN)
        /// What happens when all goes well: `login`, `renewed`, `adopted`.
        public static let info = Level(rawValue: PERSONR_LOG_INFO)
        /// What is only of use in a search for a defect: `lock-wait`, `request`.
        public static let debug = Level(rawValue: PERSONR_LOG_DEBUG)
    }

    /// How important the event is.
    public let level: Level
    /// For programs: a name that never changes its meaning.
    public let name: String
    /// For people: a sentence in English.
    public let text: String
}
