//! Decides which network addresses a probe may reach.
//!
//! A declaration names the addresses that Windlass fetches, and Windlass runs with a role of its
//! own inside AWS: without a rule a probe could read what only the machine itself may see, such as
//! the metadata service (OWASP, "Server-Side Request Forgery Prevention Cheat Sheet").

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A kind of address, by who can reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressKind {
    /// A public address. Probes may reach it.
    Public,
    /// An address of a private network. Probes may reach it only if Windlass is installed into a VPC.
    Private,
    /// An address that is never probed: the machine itself, its link, a group of machines, or nothing. The text says
    /// which.
    Never(&'static str),
}

/// Returns the kind of an address. An IPv6 address that carries an IPv4 address has the kind of that one.
pub fn kind_of(address: IpAddr) -> AddressKind {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => match carried(address) {
            Some(carried) => kind_of_v4(carried),
            None => kind_of_v6(address),
        },
    }
}

/// Says why a probe may not reach an address; `None` if it may.
pub fn forbidden(address: IpAddr, in_vpc: bool) -> Option<String> {
    match kind_of(address) {
        AddressKind::Public => None,
        AddressKind::Private if in_vpc => None,
        AddressKind::Private => {
            Some(format!("{address} is a private address, and Windlass is not installed into a VPC"))
        }
        AddressKind::Never(what) => Some(format!("{address} is {what}, which is never probed")),
    }
}

fn kind_of_v4(address: Ipv4Addr) -> AddressKind {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        (127, ..) => AddressKind::Never("a loopback address"),
        (169, 254, _) => AddressKind::Never("a link-local address"),
        (0, ..) => AddressKind::Never("an unspecified address"),
        (224..=239, ..) => AddressKind::Never("a multicast address"),
        (240..=255, ..) => AddressKind::Never("a reserved address"),
        // RFC 1918; 100.64/10 is shared address space (RFC 6598), which VPCs use as well; 192.0.0/24
        // and 198.18/15 are for networks' own protocols and tests (RFC 6890).
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) | (192, 0, 0) | (198, 18 | 19, _) => {
            AddressKind::Private
        }
        _ => AddressKind::Public,
    }
}

/// AWS's metadata and name services over IPv6 (`fd00:ec2::254` and its neighbours; Amazon EC2 User
/// Guide, "Access instance metadata"), which are private by their form.
const EC2_SERVICES: [u16; 2] = [0xfd00, 0x0ec2];

fn kind_of_v6(address: Ipv6Addr) -> AddressKind {
    let parts = address.segments();
    if address.is_loopback() {
        return AddressKind::Never("a loopback address");
    }
    if address.is_unspecified() {
        return AddressKind::Never("an unspecified address");
    }
    if address.is_multicast() {
        return AddressKind::Never("a multicast address");
    }
    if parts[0] & 0xffc0 == 0xfe80 {
        return AddressKind::Never("a link-local address");
    }
    if parts[..2] == EC2_SERVICES {
        return AddressKind::Never("an address of AWS's metadata services");
    }
    // Unique local addresses (RFC 4193) and the older site-local ones (RFC 3879).
    if parts[0] & 0xfe00 == 0xfc00 || parts[0] & 0xffc0 == 0xfec0 {
        return AddressKind::Private;
    }
    AddressKind::Public
}

/// Returns the IPv4 address that an IPv6 address carries: mapped (`::ffff:0:0/96`), compatible (`::/96`),
/// translated (`64:ff9b::/96`, and `64:ff9b:1::/48` for networks of one's own; RFC 6052, RFC 8215)
/// or 6to4 (`2002::/16`, RFC 3056).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match parts {
        // Not IPv4: the unspecified and the loopback address.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(address: &str, in_vpc: bool) -> Option<String> {
        forbidden(address.parse().expect("an address"), in_vpc)
    }

    #[test]
    fn never_even_in_a_vpc() {
        for address in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.170.2",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd00:ec2::253",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::127.0.0.1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
        ] {
            assert!(why(address, true).is_some(), "{address} must never be probed");
            assert!(why(address, false).is_some(), "{address} must never be probed");
        }
    }

    #[test]
    fn private_ones_only_in_a_vpc() {
        for address in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "198.19.255.255",
            "fc00::1",
            "fd12:3456::1",
            "fec0::1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
        ] {
            assert_eq!(why(address, true), None, "{address}");
            assert!(why(address, false).is_some(), "{address}");
        }
    }

    #[test]
    fn everybodys() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.167.255.255",
            "192.169.0.1",
            "198.17.255.255",
            "198.20.0.1",
            "223.255.255.255",
            "2600:9000::1",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::1",
        ] {
            assert_eq!(why(address, false), None, "{address}");
        }
    }

    #[test]
    fn the_reason_names_the_address() {
        let own = why("::1", true).expect("forbidden");
        assert!(own.contains("::1 is a loopback address"), "{own}");
        let reason = why("::ffff:169.254.169.254", true).expect("forbidden");
        assert!(reason.contains("169.254.169.254 is a link-local address"), "{reason}");
    }
}
