//! Conversations over a WebSocket, with the TLS library and root certificates that the SDK brings along.

use crate::probe::Rule;
use futures::{SinkExt as _, StreamExt as _};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::Url;
use windlass_domain::count::count;
use windlass_engine::ports::{Conversation, ConversationOutcome, Probed};

const SCHEMES: [&str; 2] = ["wss", "ws"];

/// The largest message that is read, in bytes: API Gateway's are of at most 128 KiB (Amazon API Gateway Developer Guide,
/// "Quotas for configuring and running a WebSocket API").
const LARGEST: usize = 128 * 1024;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a connection to an address that may be reached, says and hears.
pub(crate) async fn converse(rule: &Rule, about: &Conversation<'_>) -> ConversationOutcome {
    let started = Instant::now();
    let deadline = Duration::from_millis(about.timeout_ms);
    let late = |what: &str| format!("{what} within {} ms", about.timeout_ms);
    let opening = tokio::time::timeout(deadline, open(rule, about.url));
    let Ok(opened) = opening.await else {
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
async fn open(rule: &Rule, text: &str) -> Result<Socket, ConversationOutcome> {
    let url =
        Url::parse(text).map_err(|error| ConversationOutcome::Forbidden(format!("`{text}` is no address: {error}")))?;
    let addresses = rule.allowed(&url, SCHEMES).await.map_err(|probed| match probed {
        Probed::Forbidden(why) => ConversationOutcome::Forbidden(why),
        Probed::NoAnswer(why) => ConversationOutcome::Closed(why),
        Probed::Answer(_) => ConversationOutcome::Closed(String::new()),
    })?;
    let stream = connected(&addresses, url.port_or_known_default().unwrap_or(443)).await?;
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    let opened = client_async_tls_with_config(url.as_str(), stream, Some(config), None).await;
    let (socket, _) = opened.map_err(|error| ConversationOutcome::Closed(words(&error)))?;
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
        let sent = socket.send(Message::text(text)).await;
        sent.map_err(|error| words(&error))?;
    }
    let Some(expected) = about.expect else {
        return Ok(());
    };
    while let Some(message) = socket.next().await {
        match message.map_err(|error| words(&error))? {
            Message::Text(text) if text.contains(expected) => return Ok(()),
            Message::Binary(bytes) if String::from_utf8_lossy(&bytes).contains(expected) => {
                return Ok(());
            }
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
