// What Swift can say and C cannot: texts with a NUL, negative numbers, times without a unit.

/// A text for C, which would end at a NUL in it.
func checked(_ text: String, _ parameter: String) throws(PersonrError) -> String {
    guard !text.utf8.contains(0) else {
        throw .invalidArgument("\(parameter): it holds a NUL")
    }
    return text
}

/// A number that the library takes as unsigned. One that is too large becomes the largest, which the library refuses.
func unsigned(_ number: Int, _ parameter: String) throws(PersonrError) -> UInt32 {
    guard number >= 0 else {
        throw .invalidArgument("\(parameter): it is negative")
    }
    return UInt32(clamping: number)
}

/// A time in milliseconds, rounded up. What is not positive is refused here, since 0 has a meaning of its own in C.
func milliseconds(_ time: Duration, _ parameter: String) throws(PersonrError) -> UInt32 {
    guard time > .zero else {
        throw .invalidArgument("\(parameter): it is not positive")
    }
    let (seconds, attoseconds) = time.components
    guard seconds < Int64(UInt32.max) / 1000 else { return .max }
    return UInt32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
}
