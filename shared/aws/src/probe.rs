//! Probes: HTTP requests, and conversations over a WebSocket, with the TLS library and root certificates that the SDK
//! brings along.

use crate::Aws;
use crate::web::{self, Fetched};
use futures::{SinkExt as _, StreamExt as _};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::Url;
use windlass_domain::text::address::forbidden;
use windlass_domain::text::count::count;
use windlass_engine::config::Config;
use windlass_engine::ports::{Conversation, ConversationOutcome, Get, ProbeAnswer, ProbeApi, Probed, Result};

const REDIRECTS: usize = 5;

/// The schemes of addresses that are fetched by GET.
const HTTP: [&str; 2] = ["https", "http"];

impl ProbeApi for Aws {
    async fn converse(&self, about: &Conversation<'_>) -> Result<ConversationOutcome> {
        Ok(converse(&AddressRule::of(&self.settings().config), about).await)
    }

    async fn probe(&self, get: &Get<'_>) -> Result<Probed> {
        let Get { url, timeout_ms, .. } = *get;
        let rule = AddressRule::of(&self.settings().config);
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
pub(crate) struct AddressRule {
    in_vpc: bool,
    /// The one exception: a local cloud, at whose host and port the targets are.
    endpoint: Option<Url>,
}

/// Fetches and follows redirects by hand, so that each hop's address is checked before anything is
/// sent to it. Headers go to the first one's host.
async fn follow(rule: &AddressRule, get: &Get<'_>) -> Result<Fetched, Probed> {
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

impl AddressRule {
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
        let Some(endpoint) = &self.endpoint else { return vec![] };
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

const SCHEMES: [&str; 2] = ["wss", "ws"];

/// The largest message that is read, in bytes: API Gateway's are of at most 128 KiB (Amazon API Gateway Developer
/// Guide, "Quotas for configuring and running a WebSocket API").
const LARGEST: usize = 128 * 1024;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a connection to an address that may be reached, says and hears.
pub(crate) async fn converse(rule: &AddressRule, about: &Conversation<'_>) -> ConversationOutcome {
    let started = Instant::now();
    let deadline = Duration::from_millis(about.timeout_ms);
    let late = |what: &str| format!("{what} within {} ms", about.timeout_ms);
    let Ok(opened) = tokio::time::timeout(deadline, open(rule, about.url)).await else {
        return ConversationOutcome::Closed(late("not open"));
    };
    let mut socket = match opened {
        Err(heard) => return heard,
        Ok(socket) => socket,
    };
    let mut others = 0;
    let left = deadline.saturating_sub(started.elapsed());
    let talked = tokio::time::timeout(left, talk(&mut socket, about, &mut others)).await;
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    // A server that closes late keeps nobody waiting.
    drop(tokio::time::timeout(Duration::from_millis(200), socket.close(None)).await);
    match talked {
        Ok(Ok(())) => ConversationOutcome::Expected(ms),
        Ok(Err(why)) => ConversationOutcome::Not(why),
        Err(_) => ConversationOutcome::Not(late(&format!("{}, and none with it,", count(others, "other message")))),
    }
}

/// Opens a connection to one of the checked addresses, whatever the name resolves to by now.
async fn open(rule: &AddressRule, text: &str) -> Result<Socket, ConversationOutcome> {
    let url =
        Url::parse(text).map_err(|error| ConversationOutcome::Forbidden(format!("`{text}` is no address: {error}")))?;
    let addresses = rule.allowed(&url, SCHEMES).await.map_err(|probed| match probed {
        Probed::Forbidden(why) => ConversationOutcome::Forbidden(why),
        Probed::NoAnswer(why) => ConversationOutcome::Closed(why),
        Probed::Answer(_) => ConversationOutcome::Closed(String::new()),
    })?;
    let stream = connected(&addresses, url.port_or_known_default().unwrap_or(443)).await?;
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    let (socket, _) = client_async_tls_with_config(url.as_str(), stream, Some(config), None)
        .await
        .map_err(|error| ConversationOutcome::Closed(words(&error)))?;
    Ok(socket)
}

async fn connected(addresses: &[IpAddr], port: u16) -> Result<TcpStream, ConversationOutcome> {
    let mut why = String::new();
    for address in addresses {
        match TcpStream::connect((*address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => why = format!("{address} port {port}: {error}"),
        }
    }
    Err(ConversationOutcome::Closed(why))
}

/// Sends the messages, and reads until the expected answer comes.
async fn talk(socket: &mut Socket, about: &Conversation<'_>, others: &mut u32) -> Result<(), String> {
    if let Some(text) = about.send {
        socket.send(Message::text(text)).await.map_err(|error| words(&error))?;
    }
    let Some(expected) = about.expect else { return Ok(()) };
    while let Some(message) = socket.next().await {
        match message.map_err(|error| words(&error))? {
            Message::Text(text) if text.contains(expected) => return Ok(()),
            Message::Binary(bytes) if String::from_utf8_lossy(&bytes).contains(expected) => return Ok(()),
            Message::Text(_) | Message::Binary(_) => *others += 1,
            Message::Close(_) => break,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
    Err(format!("closed after {}", count(*others, "other message")))
}

/// Returns the error, without anything that was received.
fn words(error: &Error) -> String {
    match error {
        Error::Http(answer) => format!("refused with status {}", answer.status().as_u16()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn allowed(in_vpc: bool, url: &str) -> Result<Vec<IpAddr>, Probed> {
        let rule = AddressRule { in_vpc, endpoint: None };
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
