use crate::Aws;
use crate::web::{self, Fetched};
use crate::websocket;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use url::Url;
use windlass_domain::address::forbidden;
use windlass_engine::config::Config;
use windlass_engine::ports::{Conversation, ConversationOutcome, Get, Probe, ProbeAnswer, Probed, Result};

const REDIRECTS: usize = 5;

/// The schemes of addresses that are fetched by GET.
const HTTP: [&str; 2] = ["https", "http"];

impl Probe for Aws {
    async fn converse(&self, about: &Conversation<'_>) -> Result<ConversationOutcome> {
        Ok(websocket::converse(&Rule::of(&self.settings().config), about).await)
    }

    async fn probe(&self, get: &Get<'_>) -> Result<Probed> {
        let Get { url, timeout_ms, .. } = *get;
        let rule = Rule::of(&self.settings().config);
        let started = Instant::now();
        let probing = follow(&rule, get);
        let outcome = tokio::time::timeout(Duration::from_millis(timeout_ms), probing).await;
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(match outcome {
            Err(_) => Probed::NoAnswer(format!("{url}: no answer within {timeout_ms} ms")),
            Ok(Err(probed)) => probed,
            Ok(Ok(fetched)) => Probed::Answer(ProbeAnswer {
                status: fetched.status,
                content_type: fetched.content_type,
                cache_control: fetched.cache_control,
                body: fetched.body,
                ms,
            }),
        })
    }
}

/// The rule for the addresses that may be reached.
pub(crate) struct Rule {
    in_vpc: bool,
    /// The one exception: a local cloud, at whose host and port the targets are.
    endpoint: Option<Url>,
}

/// Fetches and follows redirects by hand, so that each hop's address is checked before anything is
/// sent to it. Headers go to the first one's host.
async fn follow(rule: &Rule, get: &Get<'_>) -> Result<Fetched, Probed> {
    let mut url =
        Url::parse(get.url).map_err(|error| Probed::Forbidden(format!("`{}` is no address: {error}", get.url)))?;
    let own = url.host_str().map(str::to_owned);
    for _ in 0..=REDIRECTS {
        let addresses = rule.allowed(&url, HTTP).await?;
        let is_own = url.host_str() == own.as_deref();
        let headers = get.headers.iter().filter(|_| is_own);
        let fetched = web::fetch(url.as_str(), headers, addresses, get.limit)
            .await
            .map_err(|why| Probed::NoAnswer(format!("{url}: {why}")))?;
        match redirected(&url, &fetched)? {
            Some(next) => url = next,
            None => return Ok(fetched),
        }
    }
    Err(Probed::NoAnswer(format!("more than {REDIRECTS} redirects, the last to {url}")))
}

/// Returns the address to which an answer redirects; `None` if it does not.
fn redirected(url: &Url, fetched: &Fetched) -> Result<Option<Url>, Probed> {
    match (fetched.status, &fetched.location) {
        (301 | 302 | 303 | 307 | 308, Some(location)) => url
            .join(location)
            .map(Some)
            .map_err(|error| Probed::NoAnswer(format!("{url}: redirected to no address: {error}"))),
        _ => Ok(None),
    }
}

impl Rule {
    pub(crate) fn of(config: &Config) -> Self {
        let endpoint = config.local_endpoint.as_deref();
        Self { in_vpc: config.in_vpc, endpoint: endpoint.and_then(|text| Url::parse(text).ok()) }
    }

    /// Returns the addresses of a URL's host that may be reached. The connection is made to one of exactly these, so
    /// that a name cannot resolve to something else in between.
    pub(crate) async fn allowed(&self, url: &Url, schemes: [&str; 2]) -> Result<Vec<IpAddr>, Probed> {
        let scheme = url.scheme();
        if !schemes.contains(&scheme) {
            let [safe, plain] = schemes;
            return Err(Probed::Forbidden(format!("{url}: `{scheme}` is not {plain} or {safe}")));
        }
        let found = web::addresses(url).await.map_err(|why| Probed::NoAnswer(format!("{url}: {why}")))?;
        let excepted = self.excepted(url, &found).await;
        let refused = found.iter().find_map(|address| forbidden(*address, self.in_vpc));
        let may = |address: &IpAddr| forbidden(*address, self.in_vpc).is_none() || excepted.contains(address);
        let allowed: Vec<IpAddr> = found.iter().copied().filter(may).collect();
        match (allowed.is_empty(), refused) {
            (false, _) => Ok(allowed),
            (true, Some(why)) => Err(Probed::Forbidden(format!("{url}: {why}"))),
            (true, None) => Err(Probed::NoAnswer(format!("{url}: the name has no address"))),
        }
    }

    /// Returns those of the addresses that are the local cloud's own, at its port.
    async fn excepted(&self, url: &Url, found: &[IpAddr]) -> Vec<IpAddr> {
        let Some(endpoint) = &self.endpoint else {
            return vec![];
        };
        if endpoint.port_or_known_default() != url.port_or_known_default() {
            return vec![];
        }
        if endpoint.host() == url.host() {
            return found.to_vec();
        }
        let own = web::addresses(endpoint).await.unwrap_or_default();
        found.iter().copied().filter(|address| own.contains(address)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn allowed(in_vpc: bool, url: &str) -> Result<Vec<IpAddr>, Probed> {
        let rule = Rule { in_vpc, endpoint: None };
        rule.allowed(&Url::parse(url).expect("an address"), HTTP).await
    }

    #[tokio::test]
    async fn private_addresses_are_for_an_installation_in_a_vpc() {
        for (url, address) in [
            ("http://10.0.0.7/", "10.0.0.7"),
            ("https://172.31.255.1:8443/x", "172.31.255.1"),
            ("http://192.168.0.1/", "192.168.0.1"),
            ("http://[fd00::7]/", "fd00::7"),
        ] {
            let refused = allowed(false, url).await;
            assert!(matches!(refused, Err(Probed::Forbidden(_))), "{url}");
            let expected: IpAddr = address.parse().expect("an address");
            assert_eq!(allowed(true, url).await, Ok(vec![expected]));
        }
    }

    #[tokio::test]
    async fn a_vpc_opens_neither_the_machine_nor_its_link() {
        for url in [
            "http://127.0.0.1/",
            "http://localhost/",
            "http://169.254.169.254/latest/meta-data/",
            "http://169.254.170.2/",
            "http://[fe80::1]/",
            "http://[::ffff:169.254.169.254]/",
        ] {
            let refused = allowed(true, url).await;
            assert!(matches!(refused, Err(Probed::Forbidden(_))), "{url}");
        }
    }

    #[tokio::test]
    async fn a_public_address_is_allowed() {
        let expected: IpAddr = "93.184.215.14".parse().expect("an address");
        let found = allowed(false, "http://93.184.215.14/").await;
        assert_eq!(found, Ok(vec![expected]));
    }
}
