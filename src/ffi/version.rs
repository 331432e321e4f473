use std::ffi::c_char;

/// Returns the version of the library that is loaded, such as "0.1.0".
///
/// It may be another than #PERSONR_VERSION, which is of the header that was compiled against. Minor versions after
/// 1.0.0 only add.
///
/// @return A string that is valid for ever. Never NULL.
///
/// Threads: any. Network: never.
#[unsafe(no_mangle)]
pub extern "C" fn personr_library_version() -> *const c_char {
    const { concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast() }
}

/// Returns the version of the library that is loaded as a number, comparable with #PERSONR_VERSION_NUMBER.
///
/// @return major * 10000 + minor * 100 + patch.
///
/// Threads: any. Network: never.
#[unsafe(no_mangle)]
pub extern "C" fn personr_library_version_number() -> u32 {
    const { number(env!("CARGO_PKG_VERSION").as_bytes()) }
}

/// Of "x.y.z", when the library is compiled: `str::parse` cannot run then.
const fn number(version: &[u8]) -> u32 {
    let (mut number, mut part, mut rest) = (0, 0, version);
    while let [byte, behind @ ..] = rest {
        match byte {
            b'.' => (number, part) = ((number + part) * 100, 0),
            b'0'..=b'9' => part = part * 10 + (*byte - b'0') as u32,
            _ => break, // of a pre-release: 1.0.0-rc.1 counts as 1.0.0
        }
        rest = behind;
    }
    number + part
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_version_is_one_number() {
        assert_eq!(super::number(b"0.1.0"), 100);
        assert_eq!(super::number(b"1.2.3"), 10_203);
        assert_eq!(super::number(b"12.34.56-rc.1"), 123_456);
    }
}
