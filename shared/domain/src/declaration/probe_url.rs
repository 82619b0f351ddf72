//! The addresses that may be probed, as far as the text tells. The probe itself checks again after
//! name resolution and redirects.

use std::net::{IpAddr, Ipv6Addr};
use url::{Host, Url};

/// What is wrong with an address, in a sentence; `allowed_origin` is the one exception, the
/// endpoint of a local cloud.
pub(super) fn objection(text: &str, allowed_origin: Option<&str>) -> Option<String> {
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return Some(format!("is not an address: {error}")),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Some(format!("has the scheme `{}`", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("carries a user name or a password".to_owned());
    }
    let is_allowed = allowed_origin
        .and_then(|origin| Url::parse(origin).ok())
        .is_some_and(|origin| origin.origin() == url.origin());
    if is_allowed {
        return None;
    }
    forbidden_host(&url)
}

fn forbidden_host(url: &Url) -> Option<String> {
    let address = match url.host() {
        None => return Some("has no host".to_owned()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let local = name == "localhost" || name.ends_with(".localhost");
            return local.then(|| "names the probing function itself (loopback)".to_owned());
        }
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => embedded(address),
    };
    let word = match address {
        _ if address.is_loopback() => "loopback",
        _ if address.is_unspecified() => "unspecified",
        _ if address.is_multicast() => "multicast",
        IpAddr::V4(v4) if v4.is_link_local() => "link-local",
        IpAddr::V6(v6) if (v6.segments()[0] & 0xffc0) == 0xfe80 => "link-local",
        // fd00:ec2::/32 holds the instance metadata and task metadata services.
        IpAddr::V6(v6) if v6.segments()[..2] == [0xfd00, 0x0ec2] => "metadata",
        _ => return None,
    };
    Some(format!("names the {word} address {address}"))
}

/// The IPv4 address within an IPv6 one, where there is one.
fn embedded(address: Ipv6Addr) -> IpAddr {
    address
        .to_ipv4_mapped()
        .map_or(IpAddr::V6(address), IpAddr::V4)
}
