//! Checks the addresses that may be probed, as far as the text shows. The probe itself checks again after name
//! resolution and redirects.

use super::aws_name;
use super::scope::{Scope, Text};
use crate::declaration::output::outputs_in;
use crate::document::shape::join;
use crate::text::address::{AddressKind, kind_of};
use crate::text::finding::{Finding, repeated};
use crate::text::time::Span;
use std::net::IpAddr;
use url::{Host, Url};

/// The protocols of an address, the one without TLS last, and an example.
pub(crate) struct Protocol {
    schemes: [&'static str; 2],
    example: &'static str,
}

/// The protocol of an address that is fetched.
pub(crate) const HTTP: Protocol = Protocol { schemes: ["https", "http"], example: "https://shop.example/health" };

/// The protocol of an address for a conversation.
pub(crate) const WEBSOCKET: Protocol = Protocol { schemes: ["wss", "ws"], example: "wss://shop.example/socket" };

/// The longest time that a probe or a conversation may take: it runs within one call of the judge.
const LONGEST: Span = Span::seconds(20);

/// Notes a time that is none for a probe. `such_as` is an example of one.
pub(crate) fn check_within(scope: &mut Scope<'_>, path: &str, within: Span, such_as: &str) {
    if within == Span::ZERO || within > LONGEST {
        let reason = format!("`{within}` is not between 1ms and {LONGEST}.");
        let remedy = format!("Write a time such as `{such_as}`, at most `{LONGEST}`.");
        scope.bad_value(&join(path, "within"), reason, remedy);
    }
}

/// Fills in an address, and notes one that may not be probed.
pub(crate) fn text(scope: &mut Scope<'_>, path: &str, text: &Text, protocol: &Protocol) -> String {
    let before = scope.findings.len();
    let url = scope.text_taking(path, text, &aws_name::ANY);
    if before == scope.findings.len() && outputs_in(&url).is_empty() {
        let allowed = scope.exceptions.probe_origin.as_deref();
        scope.findings.extend(finding(path, &url, protocol, allowed));
    }
    url
}

/// Returns the finding on an address that may not be probed. `allowed_origin` is the endpoint of a local cloud.
pub(crate) fn finding(path: &str, url: &str, protocol: &Protocol, allowed_origin: Option<&str>) -> Option<Finding> {
    let objection = objection(url, protocol, allowed_origin)?;
    let [safe, plain] = protocol.schemes;
    let reason = format!("`{}` {objection}.", repeated(&without_user(url)));
    let remedy = format!("Write a public {plain} or {safe} address without user name, such as `{}`.", protocol.example);
    Some(Finding::bad_value(path, reason, remedy))
}

/// Returns the address without the part before `@`, which may be a password.
fn without_user(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}{}", &url[..scheme + 3], &url[at + 1..]),
        _ => url.to_owned(),
    }
}

/// Says in a sentence what is wrong with an address. `allowed_origin` is the one exception, the endpoint of a local
/// cloud.
fn objection(text: &str, protocol: &Protocol, allowed_origin: Option<&str>) -> Option<String> {
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return Some(format!("is not an address: {error}")),
    };
    if !protocol.schemes.contains(&url.scheme()) {
        return Some(format!("has the scheme `{}`", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("carries a user name or a password".to_owned());
    }
    let is_allowed =
        allowed_origin.and_then(|origin| Url::parse(origin).ok()).is_some_and(|origin| is_same_place(&origin, &url));
    if is_allowed {
        return None;
    }
    forbidden_host(&url)
}

/// Returns whether both are at one host and port, with TLS or without.
fn is_same_place(one: &Url, other: &Url) -> bool {
    let place = |url: &Url| {
        let is_safe = matches!(url.scheme(), "https" | "wss");
        let host = url.host_str().map(str::to_owned);
        (is_safe, host, url.port_or_known_default())
    };
    place(one) == place(other)
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
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
    };
    match kind_of(address) {
        AddressKind::Never(what) => Some(format!("names {address}, {what}")),
        // A private address may be reached if Windlass is installed into a VPC. The probe knows whether it is.
        AddressKind::Private | AddressKind::Public => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_probed() {
        for url in [
            "https://shop.example/health",
            "http://shop.example:8080/?a=b",
            "https://localhost.example/",
            "https://notlocalhost/",
            "https://1.1.1.1/",
            "https://10.0.0.1/",
            "https://[2600:9000::1]/",
        ] {
            assert_eq!(objection(url, &HTTP, None), None, "{url}");
        }
        for (url, why) in [
            ("shop.example", "is not an address: "),
            ("http://", "is not an address: "),
            ("ftp://shop.example/", "has the scheme `ftp`"),
            ("https://me@shop.example/", "carries a user name"),
            ("https://:pass@shop.example/", "carries a user name"),
            ("https://localhost/", "names the probing function itself"),
            ("https://localhost./", "names the probing function itself"),
            ("https://a.localhost/", "names the probing function itself"),
            ("https://2130706433/", "names 127.0.0.1, a loopback address"),
            ("https://0.0.0.0/", "names 0.0.0.0, an unspecified address"),
            ("https://[::]/", "names ::, an unspecified address"),
            ("https://[ff02::1]/", "names ff02::1, a multicast address"),
            ("https://[fe80::1]/", "names fe80::1, a link-local address"),
            ("https://[fd00:ec2::254]/", "names fd00:ec2::254, an address of AWS's"),
            ("https://[::ffff:127.0.0.1]/", "names ::ffff:127.0.0.1, a loopback"),
            ("https://[64:ff9b::a9fe:a9fe]/", "names 64:ff9b::a9fe:a9fe, a link-local"),
        ] {
            let found = objection(url, &HTTP, None).unwrap_or_default();
            assert!(found.starts_with(why), "{url}: {found}");
        }
    }

    #[test]
    fn the_local_clouds_own_origin_may_be_probed_and_no_other() {
        let origin = Some("http://localhost:4566");
        let table = [
            ("http://localhost:4566/health", origin, true),
            ("http://localhost:4567/health", origin, false),
            ("https://localhost:4566/health", origin, false),
            ("http://127.0.0.1:4566/health", origin, false),
            ("http://me@localhost:4566/health", origin, false),
            ("http://localhost:4566/health", Some("localhost"), false),
            ("http://localhost:4566/health", None, false),
        ];
        for (url, origin, may) in table {
            assert_eq!(objection(url, &HTTP, origin).is_none(), may, "{url} {origin:?}");
        }
    }

    #[test]
    fn a_websocket_has_schemes_of_its_own() {
        let local = Some("http://localhost:4566");
        for (url, origin, why) in [
            ("wss://shop.example/socket", None, None),
            ("ws://shop.example/socket", None, None),
            ("ws://localhost:4566/socket", local, None),
            ("https://shop.example/", None, Some("has the scheme `https`")),
            ("wss://localhost:4566/socket", local, Some("names the probing function itself")),
            ("wss://10.0.0.1@127.0.0.1/", None, Some("carries a user name or a password")),
            ("ws://127.0.0.1/", None, Some("names 127.0.0.1, a loopback address")),
        ] {
            let found = objection(url, &WEBSOCKET, origin).unwrap_or_default();
            assert!(found.starts_with(why.unwrap_or_default()), "{url}: {found}");
            assert_eq!(found.is_empty(), why.is_none(), "{url}: {found}");
        }
    }

    #[test]
    fn what_stands_before_an_at_sign_is_not_repeated() {
        for (url, wanted) in [
            ("https://me:hunter2@shop.example/", "https://shop.example/"),
            ("ftp://a@b@shop.example", "ftp://shop.example"),
            ("https://shop.example/", "https://shop.example/"),
            ("me@shop.example://", "me@shop.example://"),
            ("me@shop.example", "me@shop.example"),
        ] {
            assert_eq!(without_user(url), wanted);
        }
    }
}
