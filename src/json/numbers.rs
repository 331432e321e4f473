//! Numbers: whole ones exactly to 64 bits, others to the nearest double.

/// The value of a number of a text, if it is whole and fits. `1.0` and `1e3` are whole.
///
/// It never goes through a double, which has 53 bits: an id of 17 digits would become another one.
pub(super) fn integer(text: &str) -> Option<i64> {
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    // The number is all these digits times a power of ten.
    let digits = || whole.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0');
    let significant = digits().count();
    if significant == 0 {
        return Some(0);
    }
    let zeroes = if fraction.is_empty() { whole.len() - whole.trim_end_matches('0').len() } else { 0 };
    let power = exponent_of(exponent).saturating_sub(i64::try_from(fraction.len()).ok()?);
    // Digits that stay before the point. Of 20 the least number is out of range.
    let length = power.saturating_add(i64::try_from(significant).ok()?);
    if power.saturating_add(i64::try_from(zeroes).ok()?) < 0 || length > 19 {
        return None;
    }
    let length = usize::try_from(length).ok()?;
    let digits = digits().chain(std::iter::repeat(b'0')).take(length);
    let value = digits.fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
    i64::try_from(if is_negative { -value } else { value }).ok()
}

/// An exponent that no `i64` holds is so far out of range that it matters no more by how much.
fn exponent_of(text: &str) -> i64 {
    let is_negative = text.starts_with('-');
    let digits = text.trim_start_matches(['+', '-']).bytes();
    let value = digits.fold(0_i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if is_negative { -value } else { value }
}

/// The double that is nearest to a number of a text; `None` if all are too small.
pub(super) fn double(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact_to_64_bits() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("0.0", 0),
            ("0e999999999999999999999", 0),
            ("-0.000e-5", 0),
            ("7", 7),
            ("-7", -7),
            ("1.0", 1),
            ("1.50e1", 15),
            ("1e3", 1000),
            ("1E+3", 1000),
            ("1000e-3", 1),
            ("120.0e-1", 12),
            ("0.001e3", 1),
            ("9007199254740993", 9_007_199_254_740_993),
            ("1670035114445631333", 1_670_035_114_445_631_333),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("9223372036854775807.000", i64::MAX),
            ("9.223372036854775807e18", i64::MAX),
            ("0.0000000000000000000000000001e28", 1),
        ] {
            assert_eq!(integer(text), Some(value), "{text}");
        }
        let long = [format!("1{}e-5000", "0".repeat(5000)), format!("0.{}1e5001", "0".repeat(5000))];
        assert!(long.iter().all(|text| integer(text) == Some(1)));
    }

    #[test]
    fn what_is_not_whole_or_does_not_fit_is_none() {
        for text in [
            "1.5",
            "-1.5",
            "1e-1",
            "15e-1",
            "0.1",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "99999999999999999999",
            "1e19",
            "1e999",
            "1e9999999999999999999999",
            "1e-9999999999999999999999",
            "10e-2",
        ] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    /// Texts whose nearest double is hard to tell: halfway between two, the least and the greatest, many digits.
    #[test]
    fn doubles_are_the_nearest() {
        for (text, bits) in [
            ("0.1", 0x3fb9_9999_9999_999a_u64),
            ("9007199254740993", 0x4340_0000_0000_0000),
            ("9007199254740993.00000000000000000000000000000001", 0x4340_0000_0000_0001),
            ("2.2250738585072011e-308", 0x000f_ffff_ffff_ffff),
            ("2.2250738585072014e-308", 0x0010_0000_0000_0000),
            ("4.9406564584124654e-324", 1),
            ("2.4703282292062327208e-324", 0),
            ("2.4703282292062327209e-324", 1),
            ("1.7976931348623157e308", 0x7fef_ffff_ffff_ffff),
            ("1.7976931348623158079e308", 0x7fef_ffff_ffff_ffff),
            ("-0", 0x8000_0000_0000_0000),
            ("-0.0", 0x8000_0000_0000_0000),
            ("1e-999", 0),
            ("1e23", 0x44b5_2d02_c7e1_4af6),
        ] {
            assert_eq!(double(text).map(f64::to_bits), Some(bits), "{text}");
        }
        for text in ["1e999", "-1e999", "1.7976931348623159e308"] {
            assert_eq!(double(text), None, "{text}");
        }
    }
}
