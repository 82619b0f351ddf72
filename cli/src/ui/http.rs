//! The little of HTTP/1.1 that a page on loopback needs: one request per connection, without chunks.

use crate::ground::output::printed;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::form_urlencoded::parse;

/// The largest head, and the largest body, in bytes, that is read.
const LARGEST_HEAD: usize = 16 * 1024;
const LARGEST_BODY: usize = 64 * 1024;

/// The time within which a request must have arrived.
const PATIENCE: Duration = Duration::from_secs(10);

/// The members of a query or of a form.
pub type Fields = BTreeMap<String, String>;

/// A request.
#[derive(Debug, Clone, Default)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The query.
    pub query: Fields,
    /// The headers, by names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The form that was sent.
    pub form: Fields,
}

impl HttpRequest {
    /// Returns whether a program asks that reads JSON. A browser accepts pages.
    pub fn is_of_program(&self) -> bool {
        self.header("accept").is_some_and(|accepted| accepted.eq_ignore_ascii_case("application/json"))
    }

    /// Returns a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// Its status.
    pub status: u16,
    /// Its type.
    pub kind: &'static str,
    /// Its text.
    pub body: String,
    /// The address of the page that is to be looked at instead.
    pub location: Option<String>,
}

impl HttpAnswer {
    /// Makes an answer of a page.
    pub fn page(status: u16, body: String) -> Self {
        Self { status, kind: "text/html; charset=utf-8", body, location: None }
    }

    /// Makes an answer of a document.
    pub fn document(status: u16, document: &impl Serialize) -> Self {
        Self { kind: "application/json", ..Self::page(status, printed(document)) }
    }

    /// Makes an answer of a file that belongs to the pages.
    pub fn file(kind: &'static str, body: &str) -> Self {
        Self { kind, ..Self::page(200, body.to_owned()) }
    }

    /// Makes an answer of one line.
    pub fn line(status: u16, text: &str) -> Self {
        Self { kind: "text/plain; charset=utf-8", ..Self::page(status, format!("{text}\n")) }
    }

    /// Makes an answer that sends the browser to another page.
    pub fn see(location: String) -> Self {
        Self { location: Some(location), ..Self::line(303, "see there") }
    }

    /// Returns it as the bytes that are sent. Nothing is kept by a browser, framed, or loaded from anywhere else.
    fn bytes(&self) -> String {
        let location = self.location.as_ref();
        let location = location.map_or_else(String::new, |to| format!("location: {to}\r\n"));
        format!(
            "HTTP/1.1 {} -\r\ncontent-type: {}\r\ncontent-length: {}\r\n{location}{HEADERS}\r\n{}",
            self.status,
            self.kind,
            self.body.len(),
            self.body
        )
    }
}

/// The headers of each answer. The referrer policy is `same-origin` and not `no-referrer`: with that a browser would
/// send no origin with a form.
const HEADERS: &str = "connection: close\r\n\
cache-control: no-store\r\n\
content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n\
cross-origin-opener-policy: same-origin\r\n\
cross-origin-resource-policy: same-origin\r\n\
referrer-policy: same-origin\r\n\
x-content-type-options: nosniff\r\n\
x-frame-options: DENY\r\n";

/// Reads the one request of a connection.
///
/// # Errors
/// The answer that says what is wrong with the request.
pub async fn read(stream: &mut TcpStream) -> Result<HttpRequest, HttpAnswer> {
    tokio::time::timeout(PATIENCE, read_all(stream))
        .await
        .unwrap_or_else(|_| Err(HttpAnswer::line(408, "the request did not come in time")))
}

async fn read_all(stream: &mut TcpStream) -> Result<HttpRequest, HttpAnswer> {
    let mut bytes = Vec::new();
    let (mut request, head) = loop {
        more(stream, &mut bytes).await?;
        if let Some(read) = head(&bytes)? {
            break read;
        }
        if bytes.len() > LARGEST_HEAD {
            return Err(HttpAnswer::line(431, "the head of the request is too large"));
        }
    };
    if request.headers.contains_key("transfer-encoding") {
        return Err(HttpAnswer::line(501, "chunks are not read"));
    }
    let length = request.header("content-length").unwrap_or("0");
    let length: usize = length
        .parse()
        .ok()
        .filter(|length| *length <= LARGEST_BODY)
        .ok_or_else(|| HttpAnswer::line(413, "the form is too large"))?;
    while bytes.len() < head + length {
        more(stream, &mut bytes).await?;
    }
    request.form = fields(&bytes[head..head + length]);
    Ok(request)
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<(), HttpAnswer> {
    match stream.read_buf(bytes).await {
        Ok(0) | Err(_) => Err(HttpAnswer::line(400, "the request is cut")),
        Ok(_) => Ok(()),
    }
}

/// Reads the head of a request and its length; `None` where more of it is to come.
fn head(bytes: &[u8]) -> Result<Option<(HttpRequest, usize)>, HttpAnswer> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut read = httparse::Request::new(&mut headers);
    let bad = |_| HttpAnswer::line(400, "this is no request");
    let httparse::Status::Complete(length) = read.parse(bytes).map_err(bad)? else { return Ok(None) };
    let target = read.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = HttpRequest {
        method: read.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: fields(query.as_bytes()),
        ..HttpRequest::default()
    };
    for header in read.headers {
        let value = String::from_utf8_lossy(header.value).into_owned();
        // Nobody could know which of two headers of one name counts.
        if request.headers.insert(header.name.to_ascii_lowercase(), value).is_some() {
            return Err(HttpAnswer::line(400, "a header is there twice"));
        }
    }
    Ok(Some((request, length)))
}

fn fields(text: &[u8]) -> Fields {
    parse(text)
        .map(|(name, value)| (name.into_owned(), value.trim().to_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// Sends an answer. A browser that has gone away is no error of ours.
pub async fn send(stream: &mut TcpStream, answer: &HttpAnswer) {
    let _ = stream.write_all(answer.bytes().as_bytes()).await;
    let _ = stream.shutdown().await;
}
