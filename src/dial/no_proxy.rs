//! `NO_PROXY`: which hosts are reached without the proxy of the environment. There is no standard for it, so it is read
//! as curl reads it, and a test compares the two.

use std::net::IpAddr;

use crate::url::Url;

/// Whether the target is reached directly. `exceptions` is `*` alone, for all hosts; or a list, with commas or blanks
/// between its entries: names, which stand for their subdomains too, addresses, and ranges of addresses (`10.0.0.0/8`,
/// `fd00::/8`).
///
/// An entry that has no meaning here, such as `*.example.com` or one with a port, is no exception: the proxy is used.
pub(super) fn is_excepted(target: &Url, exceptions: &[u8]) -> bool {
    if exceptions == b"*" {
        return true;
    }
    // An entry that is not UTF-8 is no address, and no name that a URL may have here.
    let texts = exceptions.split(|byte| b", \t".contains(byte)).filter_map(|text| std::str::from_utf8(text).ok());
    match target.host.parse() {
        Ok(address) => texts.into_iter().any(|range| is_within(address, range)),
        Err(_) => texts.into_iter().any(|domain| is_or_is_below(target.name(), domain)),
    }
}

/// Whether the name is this domain or one of its subdomains. A dot before the domain and one behind it have no meaning:
/// `.example.com` is `example.com`.
fn is_or_is_below(name: &str, domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let domain = domain.strip_prefix('.').unwrap_or(domain).to_ascii_lowercase();
    let rest = name.strip_suffix(&domain).filter(|_| !domain.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether the address is the one that `range` writes, or lies in it.
fn is_within(address: IpAddr, range: &str) -> bool {
    let (network, prefix) = match range.split_once('/') {
        Some((network, prefix)) => (network, Some(prefix)),
        None => (range, None),
    };
    // curl's manual writes addresses without brackets. In brackets an entry can mean nothing else.
    let network = network.strip_prefix('[').and_then(|network| network.strip_suffix(']')).unwrap_or(network);
    let Ok(network) = network.parse::<IpAddr>() else { return false };
    match prefix {
        None => address == network.to_canonical(),
        Some(prefix) => is_number(prefix) && prefix.parse().is_ok_and(|bits| share_bits(address, network, bits)),
    }
}

/// `parse` would take a sign, too.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the first `bits` bits of both are the same. As in curl, 0 stands for all bits, so that `0.0.0.0/0` is not
/// `*`.
fn share_bits(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let (differing, width): (u128, u32) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => (u128::from(address.to_bits() ^ network.to_bits()), 32),
        (IpAddr::V6(address), IpAddr::V6(network)) => (address.to_bits() ^ network.to_bits(), 128),
        _ => return false,
    };
    match bits {
        0 => differing == 0,
        // `rest` is less than the width, since `bits` is not 0: a shift by the whole width would overflow.
        _ => width.checked_sub(bits).is_some_and(|rest| differing >> rest == 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excepted(target: &str, exceptions: &[u8]) -> bool {
        is_excepted(&Url::parse(target.as_bytes()).expect("a URL"), exceptions)
    }

    // What curl makes of many more is asked of curl itself, in `tests/network/like_curl.rs`.

    #[test]
    fn a_name_stands_for_its_subdomains_whatever_its_dots_and_case() {
        for target in
            ["https://enterprise.personr.co", "https://enterprise.personr.co.", "https://ENTERPRISE.personr.co"]
        {
            for exceptions in ["*", "personr.co", ".Personr.CO.", "a.example,\tenterprise.personr.co", "a personr.co"] {
                assert!(excepted(target, exceptions.as_bytes()), "{target} {exceptions}");
            }
            for exceptions in
                ["", ",, ,", ".", "*,x", " *", "*.personr.co", "..personr.co", "sonr.co", "personr.co:443"]
            {
                assert!(!excepted(target, exceptions.as_bytes()), "{target} {exceptions}");
            }
        }
        assert!(!excepted("https://enterprise.personr.co", b"\xffpersonr.co"));
        assert!(excepted("https://enterprise.personr.co", b"\xff,personr.co"));
    }

    #[test]
    fn addresses_and_ranges_are_compared_by_value() {
        for (target, within, without) in [
            (
                "https://10.0.0.7",
                "10.0.0.7 10.0.0.0/8 10.9.9.9/8 10.0.0.6/31 10.0.0.7/32 10.0.0.7/0 128.0.0.0/0,10.0.0.7 ::ffff:10.0.0.7",
                "10.0.0.8/31 0.0.0.0/0 10.0.0.7/33 10.0.0.0/ 10.0.0.0/+8 10.0.0.0/8x .10.0.0.7 0.0.7 10.0.0.7:443 ::/8",
            ),
            (
                "https://[fd00:0:0::7]",
                "fd00::7 [FD00::0007] fd00:0:0:0:0:0:0:7 fd00::/8 [fd00::]/8 fc00::/7 fd00::6/127 fd00::7/128",
                "fd00::8 fe00::/7 ::/0 fd00::8/127 fd00::7/129 [fd00::7 [fd00::7]:443 fd00::7%lo 253.0.0.0/8",
            ),
            ("https://[::ffff:10.0.0.7]", "10.0.0.0/8 10.0.0.7 ::ffff:a00:7", "::ffff:10.0.0.8"),
        ] {
            for (exceptions, expected) in [(within, true), (without, false)] {
                for exception in exceptions.split(' ') {
                    assert_eq!(excepted(target, exception.as_bytes()), expected, "{target} {exception}");
                }
            }
        }
    }
}
