//! Conversations over a WebSocket: the connection opens, a message is sent, and the expected one is heard in time.

// A sort of its own, because it shares nothing with a probe but address and time. Several messages in turn are a
// test, which belongs to the release. What was heard is never shown: it may hold anything.

use super::measure::{Checking, GateProblem, Measure, Measuring};
use super::probe::LONGEST_MS;
use crate::measurements::measure::{problem, unmeasured, unreadable};
use crate::ports::{Clock, Conversation, ConversationOutcome, ProbeApi, Result};
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::WebsocketGate;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::time::Time;

/// The remedy if an address cannot be asked.
const REACHABLE: &str = "Write an address that Windlass can reach.";

/// Conversations, made from here, wherever the targets are.
pub(super) struct Websockets;

impl<P: ProbeApi + Clock> Measure<P> for Websockets {
    type Gate = WebsocketGate;

    async fn check_one(ports: &P, _: &Place, one: &Checking<'_, WebsocketGate>) -> Result<Vec<GateProblem>> {
        let seen = talked(ports, one.gate).await?;
        Ok(problem(one, &seen, REACHABLE).into_iter().collect())
    }

    async fn measure_one(ports: &P, _: &Place, one: &Measuring<'_, WebsocketGate>) -> Measurement {
        talked(ports, one.gate).await.unwrap_or_else(|fault| unreadable(blank(one.gate, ports.now()), &fault))
    }
}

fn blank(gate: &WebsocketGate, at: Time) -> Measurement {
    let look_at = format!("{} and the logs behind it", gate.url);
    unmeasured(gate, look_at, at)
}

/// Holds a conversation. A connection that was not made is tried once more, as by a probe; a wrong answer is not.
async fn talked(ports: &(impl ProbeApi + Clock), gate: &WebsocketGate) -> Result<Measurement> {
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
