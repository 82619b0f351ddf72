//! Conversations over a WebSocket: connect, say something, hear the expected answer.

use super::{At, ResolveGate, Sort};
use crate::declaration::name_text::NameText;
use crate::declaration::probe_url;
use crate::declaration::scope::{Scope, Text};
use crate::document::secret;
use crate::document::shape::join;
use crate::text::foreign::truncate;
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A WebSocket that must open. Windlass can send a message over it, and can expect an answer, for example with `{url:
/// wss://ws.shop.example/prod, send: '{"action": "ping"}', expect: pong, within: 5s}`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Websocket {
    /// The address, such as `wss://ws.{environment}.shop.example/`.
    pub url: Text,
    /// A text message that Windlass sends when the connection is open. It must not contain a secret.
    pub send: Option<String>,
    /// A text that a message from the server must contain. If absent, an open connection is healthy.
    #[schemars(length(min = 1))]
    pub expect: Option<String>,
    /// The time within which the connection must open and the expected message must arrive, such as `2s`; at most
    /// `20s`.
    #[serde(default = "Span::of_seconds::<10>")]
    pub within: Span,
}

/// A conversation over a WebSocket.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebsocketGate {
    /// The address; `wss` or `ws`.
    pub url: String,
    /// The text that is sent.
    pub send: Option<String>,
    /// A text that a message must contain.
    pub expect: Option<String>,
    /// The time within which it must have happened.
    pub within: Span,
}

impl Sort for WebsocketGate {
    fn sort(&self) -> &'static str {
        "websocket"
    }

    /// Returns a name such as `wss://ws.shop.example/ {"action": "ping"}`.
    fn name(&self) -> String {
        match &self.send {
            Some(text) => format!("{} {}", self.url, shown(text)),
            None => self.url.clone(),
        }
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        vec![NameText::address("url", &mut self.url, &probe_url::WEBSOCKET)]
    }

    fn threshold(&self) -> String {
        match &self.expect {
            Some(text) => format!("a message with `{}` within {}", shown(text), self.within),
            None => format!("open within {}", self.within),
        }
    }
}

/// Returns a declared text as a person may read it.
fn shown(text: &str) -> String {
    if secret::stands_in(text) {
        return "…".to_owned();
    }
    truncate(text, 40)
}

impl ResolveGate for WebsocketGate {
    type Written = Websocket;

    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, websocket: &Websocket) -> Self {
        let path = &at.path;
        let url = probe_url::text(scope, &join(path, "url"), &websocket.url, &probe_url::WEBSOCKET);
        probe_url::check_within(scope, path, websocket.within, "2s");
        Self { url, send: websocket.send.clone(), expect: websocket.expect.clone(), within: websocket.within }
    }
}
