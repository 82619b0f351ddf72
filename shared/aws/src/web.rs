//! Plain HTTP with the client that the SDK brings along, so that a function carries one HTTP
//! client, one TLS library and one set of root certificates.

// Probes and downloads use the SDK's HTTP client, because a second client would bring its own pool, redirects and
// root certificates into each function. A name is resolved here and every address is checked, so it cannot resolve
// to something else in between.

use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use url::Url;
use windlass_domain::text::fault::{Fact, Fault, FaultName};
use windlass_engine::ports::Result;

/// The largest zip that is put into a function inline is 50 MB, one from a bucket 250 MB unpacked
/// (AWS Lambda Developer Guide, "Lambda quotas").
const DOWNLOAD_LIMIT: u64 = 256 * 1024 * 1024;
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(50);

/// The time that an object's bytes may take in the command line, which no timeout of a function ends.
const UPLOAD_TIMEOUT: Duration = Duration::from_hours(1);
const LARGEST_REFUSAL: u64 = 64 * 1024;

/// A server's answer; redirects are not followed.
pub(crate) struct Fetched {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) body: Bytes,
    /// True if the body was longer than the limit.
    pub(crate) cut: bool,
}

/// Returns the TLS that the SDK uses as well.
pub(crate) fn tls_provider() -> tls::Provider {
    tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc)
}

/// Reads the address of an HTTP server; `None` where the text is none.
pub(crate) fn http_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// Fetches an address with GET and these headers from one of `addresses`, whatever its name resolves to by now. Returns
/// what went wrong if nothing was answered.
pub(crate) async fn fetch<'h>(
    url: &str,
    headers: impl IntoIterator<Item = (&'h String, &'h String)>,
    addresses: Vec<IpAddr>,
    limit: u64,
) -> Result<Fetched, String> {
    let mut request = HttpRequest::get(url).map_err(|error| error.to_string())?;
    for (name, value) in headers {
        request.headers_mut().try_insert(name.clone(), value.clone()).map_err(|error| error.to_string())?;
    }
    send(request, addresses, limit).await
}

/// Sends a request to one of `addresses`, whatever its host's name resolves to by now. Returns what went wrong if
/// nothing was answered. A body that is longer than `limit` is cut.
pub(crate) async fn send(mut request: HttpRequest, addresses: Vec<IpAddr>, limit: u64) -> Result<Fetched, String> {
    let connector = Connector::builder().tls_provider(tls_provider()).build_with_resolver(Pinned(addresses));
    let agent = concat!("windlass/", env!("CARGO_PKG_VERSION"));
    request.headers_mut().insert("user-agent", agent);
    let answer = connector.call(request).await.map_err(|error| causes(&error))?;
    let header = |name: &str| answer.headers().get(name).map(str::to_owned);
    let (content_type, location) = (header("content-type"), header("location"));
    let cache_control = header("cache-control");
    let status = answer.status().as_u16();
    let (body, cut) = read(ByteStream::new(answer.into_body()), limit).await?;
    Ok(Fetched { status, content_type, cache_control, location, body, cut })
}

/// Sends a request to the host of its address, and waits so long for the answer, of which so many bytes are read.
///
/// # Errors
/// `Unavailable` if nothing was answered. `what` says what was being done.
pub(crate) async fn answer(
    request: HttpRequest,
    url: &Url,
    what: &str,
    (within, limit): (Duration, u64),
) -> Result<Fetched> {
    let nothing = |why: String| Fault::new(FaultName::Unavailable, format!("{what}: {why}"));
    let sending = async {
        let addresses = addresses(url).await.map_err(|why| nothing(why).with_fact(Fact::NotTaken))?;
        send(request, addresses, limit).await.map_err(|why| {
            // The word of the HTTP client for a connection that was not made; its type is none of the SDK's.
            let is_unconnected = why.contains("(Connect)");
            nothing(why).with_fact(is_unconnected.then(|| Fact::Unconnected(url.to_string())))
        })
    };
    tokio::time::timeout(within, sending).await.unwrap_or_else(|_| Err(nothing("no answer in time".to_owned())))
}

/// Downloads the bytes at an address that AWS gave out.
pub(crate) async fn download(url: &str) -> Result<Bytes> {
    let what = "downloading a function's code";
    let fault = |name, why: String| Fault::new(name, format!("{what}: {why}"));
    let parsed =
        url::Url::parse(url).map_err(|error| fault(FaultName::Refused, format!("its address is no URL: {error}")))?;
    let request = HttpRequest::get(url).map_err(|error| fault(FaultName::Unavailable, error.to_string()))?;
    let fetched = answer(request, &parsed, what, (DOWNLOAD_TIMEOUT, DOWNLOAD_LIMIT)).await?;
    match fetched.status {
        200 if fetched.cut => Err(fault(FaultName::Refused, "it is larger than 256 MiB".to_owned())),
        200 => Ok(fetched.body),
        status => Err(fault(crate::error::name_of(None, Some(status)), format!("HTTP status {status}"))),
    }
}

/// Uploads bytes by a PUT that somebody else has signed with these headers.
///
/// # Errors
/// `Unavailable` without an answer, else by the status. No text has the address: whoever has it may upload these bytes.
pub async fn put_signed(url: &str, headers: &BTreeMap<String, String>, bytes: Bytes) -> Result<()> {
    let what = "uploading to an address that Windlass has signed";
    let bad = || Fault::new(FaultName::Refused, format!("{what}: it is no address of an upload"));
    let parsed = http_address(url).ok_or_else(bad)?;
    let mut request = HttpRequest::new(SdkBody::from(bytes));
    request.set_method("PUT").map_err(|_| bad())?;
    request.set_uri(url).map_err(|_| bad())?;
    for (name, value) in headers {
        request.headers_mut().try_insert(name.clone(), value.clone()).map_err(|_| bad())?;
    }
    let fetched = answer(request, &parsed, what, (UPLOAD_TIMEOUT, LARGEST_REFUSAL)).await?;
    let status = fetched.status;
    if (200..=299).contains(&status) {
        return Ok(());
    }
    let name = crate::error::name_of(None, Some(status));
    Err(Fault::new(name, format!("{what}: S3 answered HTTP status {status}")))
}

/// Returns the addresses of a URL's host. `localhost` and the names below it are this machine, whatever a name server
/// says (RFC 6761, section 6.3).
pub(crate) async fn addresses(url: &url::Url) -> Result<Vec<IpAddr>, String> {
    let port = url.port_or_known_default().unwrap_or(443);
    match url.host() {
        None => Err("the address has no host".to_owned()),
        Some(url::Host::Ipv4(ip)) => Ok(vec![ip.into()]),
        Some(url::Host::Ipv6(ip)) => Ok(vec![ip.into()]),
        Some(url::Host::Domain(name)) if is_localhost(name) => {
            Ok(vec![[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()])
        }
        Some(url::Host::Domain(name)) => match tokio::net::lookup_host((name, port)).await {
            Ok(found) => Ok(found.map(|address| address.ip()).collect()),
            Err(error) => Err(format!("the name {name} cannot be resolved: {error}")),
        },
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

async fn read(mut body: ByteStream, limit: u64) -> Result<(Bytes, bool), String> {
    let mut bytes = BytesMut::new();
    while let Some(part) = body.next().await {
        bytes.extend_from_slice(&part.map_err(|error| causes(&error))?);
        if bytes.len() as u64 > limit {
            bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            return Ok((bytes.freeze(), true));
        }
    }
    Ok((bytes.freeze(), false))
}

/// Returns the text of an error with its causes, which say what the outermost does not.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let all: Vec<String> =
        std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect();
    all.join(": ")
}

/// Resolves every name to addresses that were checked before.
#[derive(Debug, Clone)]
struct Pinned(Vec<IpAddr>);

impl ResolveDns for Pinned {
    fn resolve_dns<'a>(&'a self, _name: &'a str) -> DnsFuture<'a> {
        DnsFuture::ready(Ok(self.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_connection_goes_to_the_checked_address_and_not_to_what_the_name_says_now() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serving = async {
            let (mut connection, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            let length = connection.read(&mut request).await.expect("a request");
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            connection.write_all(answer).await.expect("answered");
            String::from_utf8_lossy(&request[..length]).into_owned()
        };
        // No name server knows a name below `invalid` (RFC 2606).
        let url = format!("http://shop.invalid:{port}/");
        let fetching = fetch(&url, [], vec![[127, 0, 0, 1].into()], 10);
        let (request, fetched) = tokio::join!(serving, fetching);
        assert_eq!(fetched.map(|fetched| fetched.status), Ok(204));
        assert!(request.contains(&format!("host: shop.invalid:{port}")), "{request}");
    }

    #[tokio::test]
    async fn a_request_that_nobody_got_is_known_by_a_fact_and_a_lost_answer_has_none() {
        let closing = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let lost = format!("http://{}/", closing.local_addr().expect("an address"));
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = closing.accept().await {
                assert!(connection.read(&mut [0; 1024]).await.is_ok());
            }
        });
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let unconnected = format!("http://{}/", free.local_addr().expect("an address"));
        drop(free);
        // No name server is asked for a name with so long a part (RFC 1035, section 2.3.4).
        let unknown = format!("http://{}.invalid/", "a".repeat(64));
        let table = [
            (&lost, None),
            (&unconnected, Some(Fact::Unconnected(unconnected.clone()))),
            (&unknown, Some(Fact::NotTaken)),
        ];
        for (address, fact) in table {
            let url = Url::parse(address).expect("an address");
            let request = HttpRequest::get(address.as_str()).expect("a request");
            let fault = answer(request, &url, "asking", (Duration::from_secs(10), 10)).await.err().expect("no answer");
            assert_eq!((fault.name, &fault.fact), (FaultName::Unavailable, &fact), "{fault}");
            assert!(fault.message.starts_with("asking: "), "{fault}");
        }
    }
}
