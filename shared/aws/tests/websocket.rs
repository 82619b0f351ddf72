//! Conversations over a WebSocket: the messages that are sent and received, and the addresses that are never reached.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use aws_config::SdkConfig;
use futures::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use windlass_aws::{Aws, Settings};
use windlass_engine::config::Config;
use windlass_engine::ports::{Conversation, ConversationOutcome, ProbeApi as _};

/// Starts a server on this machine that greets, and then repeats each message, as so many messages.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let place = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let mut socket = accept_async(connection).await.expect("a handshake");
            socket.send(Message::text("welcome")).await.expect("greeted");
            while let Some(Ok(message)) = socket.next().await {
                match message {
                    Message::Text(text) if text == "bytes" => {
                        let bytes = Message::binary(b"pong in bytes".to_vec());
                        socket.send(bytes).await.expect("answered");
                    }
                    Message::Text(text) if text == "bye" => break,
                    Message::Text(text) => {
                        let answer = format!("pong to {text}");
                        socket.send(Message::text(answer)).await.expect("answered");
                    }
                    _ => {}
                }
            }
            drop(socket.close(None).await);
        }
    });
    place
}

/// Starts a server that answers every request with a status.
async fn refusing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let place = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = connection.read(&mut request).await.expect("a request");
            let answer = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
            connection.write_all(answer).await.expect("answered");
        }
    });
    place
}

async fn heard(place: &str, endpoint: &str, send: Option<&str>, expect: Option<&str>) -> ConversationOutcome {
    let config = Config { local_endpoint: Some(format!("http://{endpoint}")), ..Config::default() };
    let settings = Settings { config, ..Settings::default() };
    let aws = Aws::new(SdkConfig::builder().build(), settings);
    let url = format!("ws://{place}/socket?a=1");
    let about = Conversation { url: &url, send, expect, timeout_ms: 1_000 };
    aws.converse(&about).await.expect("an answer")
}

#[tokio::test]
async fn what_is_expected_is_heard_and_what_else_is_said_is_not_shown() {
    let place = echo().await;
    let said = async |send, expect| heard(&place, &place, send, expect).await;
    for (send, expect) in [
        (None, None),
        (Some("ping"), None),
        (None, Some("welcome")),
        (Some("ping"), Some("pong to ping")),
        (Some("bytes"), Some("in bytes")),
    ] {
        let heard = said(send, expect).await;
        assert!(matches!(heard, ConversationOutcome::Expected(_)), "{send:?} {expect:?}: {heard:?}");
    }
    for (send, expect, why) in [
        (Some("ping"), "nothing", "2 other messages, and none with it, within 1000 ms"),
        (Some("bye"), "nothing", "closed after 1 other message"),
    ] {
        assert_eq!(said(send, Some(expect)).await, ConversationOutcome::Not(why.to_owned()));
    }
}

#[tokio::test]
async fn a_connection_that_is_not_made_says_why() {
    let place = refusing().await;
    let refused = heard(&place, &place, None, None).await;
    assert_eq!(refused, ConversationOutcome::Closed("refused with status 403".to_owned()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent = listener.local_addr().expect("an address").to_string();
    let late = heard(&silent, &silent, None, None).await;
    assert_eq!(late, ConversationOutcome::Closed("not open within 1000 ms".to_owned()));
    drop(listener);
    let gone = heard(&silent, &silent, None, None).await;
    assert!(matches!(&gone, ConversationOutcome::Closed(why) if why.contains("refused")), "{gone:?}");
}

#[tokio::test]
async fn this_machine_is_never_talked_to() {
    let place = echo().await;
    let port = place.rsplit(':').next().expect("a port");
    for host in ["127.0.0.1", "localhost", "2130706433", "[::1]"] {
        let heard = heard(&format!("{host}:{port}"), "10.0.0.1:4566", None, None).await;
        assert!(
            matches!(&heard, ConversationOutcome::Forbidden(why) if why.contains("never probed")),
            "{host}: {heard:?}"
        );
    }
}
