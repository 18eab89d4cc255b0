//! Addresses and ranges of both families (IAM User Guide, IP address condition operators). An address
//! is a range of one; a range of one family holds nothing of the other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{RangeSize, Reading};
use crate::value::Truth;

/// A range of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    address: IpAddr,
    /// Leading bits that all of its addresses share.
    prefix: u32,
}

/// Reads `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`.
pub(super) fn read(text: &str) -> Reading<Range> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(address) = address.parse::<IpAddr>() else {
        return if may_be(address) { Reading::Unclear } else { Reading::Not };
    };
    let most = bits(address);
    match prefix.map(read_prefix) {
        None => Reading::Is(Range { address, prefix: most }),
        Some(Reading::Is(prefix)) if prefix <= most => Reading::Is(Range { address, prefix }),
        Some(Reading::Unclear) => Reading::Unclear,
        Some(_) => Reading::Not,
    }
}

/// A decimal number; zeros before it and masks are not described.
fn read_prefix(text: &str) -> Reading<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(prefix) if is_number && (text == "0" || !text.starts_with('0')) => Reading::Is(prefix),
        Ok(_) => Reading::Unclear,
        Err(_) if text.parse::<IpAddr>().is_ok() => Reading::Unclear,
        Err(_) => Reading::Not,
    }
}

/// Whether other programs would take it for an address: zeros before a number, blanks around it, a zone.
fn may_be(text: &str) -> bool {
    let text = text.trim();
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    let numbers = || text.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.parse::<IpAddr>().is_ok() || (numbers().count() == 4 && numbers().all(is_number))
}

fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl Range {
    /// Whether it is of the old family, IPv4.
    pub(super) fn is_old(&self) -> bool {
        self.address.is_ipv4()
    }

    /// Its first address as a number.
    pub(super) fn first(&self) -> u128 {
        let free = bits(self.address) - self.prefix;
        number(self.address).checked_shr(free).map_or(0, |shared| shared << free)
    }

    /// The address behind its last one, if the family has one.
    pub(super) fn behind(&self) -> Option<u128> {
        let size = 1u128.checked_shl(bits(self.address) - self.prefix)?;
        let behind = self.first().checked_add(size)?;
        (!self.is_old() || behind <= u128::from(u32::MAX)).then_some(behind)
    }

    /// Whether the range holds an address. A request carries an address; that a range lies within another
    /// is not described, and whether the addresses of the old family that IPv6 embeds count as such
    /// neither.
    pub(super) fn holds(&self, other: &Self) -> Truth {
        let (own, theirs) = (number(self.address), number(other.address));
        let most = bits(self.address);
        if most != bits(other.address) {
            let embedded = |address: IpAddr| matches!(address, IpAddr::V6(six) if six.to_ipv4_mapped().is_some());
            let may = embedded(self.address) || embedded(other.address);
            return if may { Truth::Unknown } else { Truth::False };
        }
        let shared = self.prefix.min(other.prefix);
        // No bit is shared below a prefix of 0, where the shift would be as long as the number.
        let differ = (own ^ theirs).checked_shr(most - shared).unwrap_or(0) != 0;
        match () {
            () if differ => Truth::False,
            () if other.prefix == most => Truth::True,
            () => Truth::Unknown,
        }
    }
}

/// The size of a range of addresses; nothing for what is none.
pub(super) fn size(text: &str) -> Option<RangeSize> {
    match read(text) {
        Reading::Is(range) => Some(RangeSize { is_old: range.is_old(), free: bits(range.address) - range.prefix }),
        _ => None,
    }
}

/// The text of the address with a number.
pub(super) fn written(number: u128, is_old: bool) -> String {
    match u32::try_from(number) {
        Ok(number) if is_old => Ipv4Addr::from_bits(number).to_string(),
        _ => Ipv6Addr::from_bits(number).to_string(),
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => four.to_bits().into(),
        IpAddr::V6(six) => six.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        match read(text) {
            Reading::Is(range) => range,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn ranges_and_addresses() {
        for (of, address, expected) in [
            ("203.0.113.0/24", "203.0.113.255", Truth::True),
            ("203.0.113.0/24", "203.0.114.0", Truth::False),
            ("203.0.113.0/29", "203.0.113.7", Truth::True),
            ("203.0.113.0/29", "203.0.113.8", Truth::False),
            ("203.0.113.9/24", "203.0.113.7", Truth::True),
            ("203.0.113.7", "203.0.113.7", Truth::True),
            ("203.0.113.7/32", "203.0.113.6", Truth::False),
            ("128.0.0.0/1", "255.255.255.255", Truth::True),
            ("128.0.0.0/1", "127.255.255.255", Truth::False),
            ("0.0.0.0/0", "192.0.2.1", Truth::True),
            ("0.0.0.0/0", "2001:db8::1", Truth::False),
            ("::/0", "2001:db8::1", Truth::True),
            ("::/0", "192.0.2.1", Truth::False),
            ("2001:DB8:1234:5678::/64", "2001:db8:1234:5678:ffff::9", Truth::True),
            ("2001:DB8:1234:5678::/64", "2001:db8:1234:5679::", Truth::False),
            ("2001:db8::1", "2001:0DB8:0:0:0:0:0:1", Truth::True),
            ("2001:db8::1", "2001:db8::2", Truth::False),
            ("::/1", "8000::", Truth::False),
            ("203.0.113.0/24", "203.0.113.0/25", Truth::Unknown),
            ("203.0.113.0/24", "203.0.113.7/32", Truth::True),
            ("203.0.113.0/24", "10.0.0.0/8", Truth::False),
            ("203.0.113.0/24", "0.0.0.0/0", Truth::Unknown),
            ("10.0.0.0/8", "::ffff:10.0.0.1", Truth::Unknown),
            ("::ffff:0:0/96", "10.0.0.1", Truth::Unknown),
            ("::ffff:0:0/96", "::ffff:10.0.0.1", Truth::True),
        ] {
            assert_eq!(range(of).holds(&range(address)), expected, "{of} {address}");
        }
    }

    #[test]
    fn what_is_no_address_and_what_may_be_one() {
        for text in ["", "*", "10.0.0.0/33", "::/129", "10.0.0", "10.0.0.0/", "10.0.0.0/-1", "10.0.*", "::1::", "a/8"] {
            assert_eq!(read(text), Reading::Not, "{text}");
        }
        for text in ["010.0.0.1", " 10.0.0.1", "10.0.0.0/255.0.0.0", "10.0.0.0/08", "fe80::1%eth0", "999.0.0.1"] {
            assert_eq!(read(text), Reading::Unclear, "{text}");
        }
    }
}
