//! Conversations over a WebSocket: the connection opens, a message is sent, and the expected one is heard in time.

use super::measure::{Checking, Measure, Measuring, Problem};
use super::probe::LONGEST_MS;
use crate::measurements::measure::{problem, unmeasured, unreadable};
use crate::ports::{Clock, Conversation, ConversationOutcome, Probe, Result};
use futures::future::join_all;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{DeclaredGate, ResolvedGates, WebsocketGate};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::time::Time;

/// The remedy if an address cannot be asked.
const REACHABLE: &str = "Write an address that Windlass can reach.";

/// Conversations, made from here, wherever the targets are.
pub(super) struct Websockets;

impl<P: Probe + Clock> Measure<P> for Websockets {
    type Gate = WebsocketGate;

    fn declared(gates: &ResolvedGates) -> &[DeclaredGate<WebsocketGate>] {
        &gates.websockets
    }

    async fn check(ports: &P, _place: &Place, gates: &[Checking<'_, WebsocketGate>]) -> Vec<Result<Vec<Problem>>> {
        let each = gates.iter().map(async |one| {
            let seen = talked(ports, one.gate).await?;
            Ok(problem(one, &seen, REACHABLE).into_iter().collect())
        });
        join_all(each).await
    }

    async fn measure(ports: &P, _place: &Place, gates: &[Measuring<'_, WebsocketGate>]) -> Vec<Measurement> {
        let each = gates.iter().map(async |one| {
            talked(ports, one.gate).await.unwrap_or_else(|fault| unreadable(blank(one.gate, ports.now()), &fault))
        });
        join_all(each).await
    }
}

fn blank(gate: &WebsocketGate, at: Time) -> Measurement {
    let look_at = format!("{} and the logs behind it", gate.url);
    unmeasured(gate, look_at, at)
}

/// Holds a conversation. A connection that was not made is tried once more, as by a probe; a wrong answer is not.
async fn talked(ports: &(impl Probe + Clock), gate: &WebsocketGate) -> Result<Measurement> {
    let about = Conversation {
        url: &gate.url,
        send: gate.send.as_deref(),
        expect: gate.expect.as_deref(),
        timeout_ms: gate.within.as_ms().min(LONGEST_MS),
    };
    let blank = blank(gate, ports.now());
    let first = ports.converse(&about).await?;
    let heard = match first {
        ConversationOutcome::Closed(_) => ports.converse(&about).await?,
        heard => heard,
    };
    let (verdict, measured) = match heard {
        ConversationOutcome::Expected(ms) if gate.expect.is_some() => (Verdict::Pass, format!("heard after {ms} ms")),
        ConversationOutcome::Expected(ms) => (Verdict::Pass, format!("open after {ms} ms")),
        ConversationOutcome::Not(what) => (Verdict::Fail, format!("not heard: {what}")),
        ConversationOutcome::Closed(what) => (Verdict::Fail, format!("no connection, twice: {what}")),
        ConversationOutcome::Forbidden(why) => (Verdict::Unknown, format!("not measured: {why}")),
    };
    Ok(Measurement { verdict, measured, ..blank })
}
