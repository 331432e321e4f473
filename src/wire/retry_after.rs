//! How long the service asks its clients to wait (`Retry-After`: RFC 9110, section 10.2.3).

use std::iter;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use httpdate::parse_http_date;

use crate::http::Response;

/// A longer wait counts as this. A mistake of the service must not keep its users out for longer.
const LONGEST: Duration = Duration::from_secs(86_400);

/// The wait that the headers ask for, a day at most. Of several headers the one with the longest wait counts, since a
/// proxy on the way may have added one. A date that has passed asks for no wait: zero.
pub(crate) fn retry_after(response: &Response, unix_now: Duration) -> Option<Duration> {
    let said = response.headers.iter().filter(|(name, _)| name == "retry-after").map(|(_, value)| value.trim());
    said.filter_map(|value| until_date(value, response, unix_now).or_else(|| longest(value))).max()
}

/// The time until a date, by the service's own clock if the answer tells it (`Date`), else by ours.
fn until_date(value: &str, response: &Response, unix_now: Duration) -> Option<Duration> {
    let at = parse_http_date(value).ok()?;
    let now = response.header("date").and_then(|date| parse_http_date(date.trim()).ok());
    let now = now.unwrap_or_else(|| UNIX_EPOCH.checked_add(unix_now).unwrap_or(SystemTime::UNIX_EPOCH));
    Some(at.duration_since(now).unwrap_or_default().min(LONGEST))
}

/// The longest of a list of waits in seconds: a proxy may have joined several headers into one.
fn longest(value: &str) -> Option<Duration> {
    value.split(',').map(|part| seconds(part.trim())).collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// Seconds in digits, maybe with a fraction, which the standard does not have and some servers send. The fraction
/// counts to the millisecond.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let digits = fraction.bytes().chain(iter::repeat(b'0')).take(3);
    let milliseconds = digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    // A number that does not fit into 64 bits is beyond any limit.
    let whole = whole.parse().map_or(LONGEST, Duration::from_secs);
    Some(whole.saturating_add(Duration::from_millis(milliseconds)).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tue, 14 Nov 2023 22:13:20 GMT.
    const UNIX_NOW: Duration = Duration::from_secs(1_700_000_000);

    fn seconds(headers: &[(&str, &str)]) -> Option<f64> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let response = Response { status: 429, headers, body: Vec::new().into() };
        retry_after(&response, UNIX_NOW).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn the_header_is_seconds_or_a_date() {
        for (value, expected) in [
            ("120", Some(120.0)),
            (" 0\t", Some(0.0)),
            ("007", Some(7.0)),
            ("1.5", Some(1.5)),
            ("0.0001", Some(0.0)),
            ("2.0409", Some(2.04)),
            ("86399.9999", Some(86_399.999)),
            ("120, 60", Some(120.0)),
            ("60,120", Some(120.0)),
            // Beyond a day nothing is told apart.
            ("86401", Some(86_400.0)),
            ("4294967296", Some(86_400.0)),
            ("18446744073709551615", Some(86_400.0)),
            ("99999999999999999999999999", Some(86_400.0)),
            ("Tue, 14 Nov 2023 22:14:20 GMT", Some(60.0)),
            ("Tuesday, 14-Nov-23 22:14:20 GMT", Some(60.0)),
            ("Tue Nov 14 22:14:20 2023", Some(60.0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(86_400.0)),
            ("Tue, 14 Nov 2023 22:12:20 GMT", Some(0.0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0.0)),
            ("", None),
            ("-5", None),
            ("+5", None),
            ("1e3", None),
            ("0x10", None),
            ("inf", None),
            ("NaN", None),
            ("5s", None),
            ("1 2", None),
            (".", None),
            ("1.2.3", None),
            ("\u{665}", None),
            ("soon", None),
            ("Tue, 14 Nov 2023", None),
        ] {
            assert_eq!(seconds(&[("retry-after", value)]), expected, "{value:?}");
        }
        assert_eq!(seconds(&[]), None);
        assert_eq!(seconds(&[("retry-later", "5")]), None);
    }

    #[test]
    fn a_date_is_read_by_the_services_own_clock() {
        let later = ("retry-after", "Tue, 14 Nov 2023 23:00:30 GMT");
        for (date, expected) in [
            ("Tue, 14 Nov 2023 23:00:00 GMT", 30.0),
            ("Wed, 15 Nov 2023 00:00:00 GMT", 0.0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 86_400.0),
            ("who knows", 2830.0),
        ] {
            assert_eq!(seconds(&[later, ("date", date)]), Some(expected), "{date}");
        }
    }

    #[test]
    fn the_longest_readable_header_counts() {
        let all = |values: &[&'static str]| seconds(&values.iter().map(|it| ("retry-after", *it)).collect::<Vec<_>>());
        assert_eq!(all(&["0", "60", "5"]), Some(60.0));
        assert_eq!(all(&["soon", "7"]), Some(7.0));
        assert_eq!(all(&["-1", "Tue, 14 Nov 2023 22:14:20 GMT", "1"]), Some(60.0));
        assert_eq!(all(&["soon", "-1"]), None);
    }
}
