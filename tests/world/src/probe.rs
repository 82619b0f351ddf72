//! HTTP probes in memory: a table of addresses.

use crate::World;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_engine::ports::{Answered, Probe, ProbeAnswer, Probed};

/// What addresses answer.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The answers by address; any other does not answer.
    pub answers: BTreeMap<String, Probed>,
}

impl World {
    /// Lets an address answer with a status and a body after some milliseconds.
    pub fn serve(&self, url: &str, status: u16, body: &str, ms: u64) {
        let answer = ProbeAnswer {
            status,
            content_type: Some("text/plain; charset=utf-8".to_owned()),
            body: Bytes::copy_from_slice(body.as_bytes()),
            ms,
        };
        self.probe()
            .answers
            .insert(url.to_owned(), Probed::Answer(answer));
    }
}

impl Probe for World {
    async fn probe(&self, url: &str, timeout_ms: u64, limit: u64) -> Answered<Probed> {
        let call = self.call("probe.probe").await?;
        let found = World::probe(self).answers.get(url).cloned();
        let probed = match found {
            Some(Probed::Answer(answer)) if answer.ms > timeout_ms => {
                Probed::NoAnswer(format!("no complete answer within {timeout_ms} ms"))
            }
            Some(Probed::Answer(mut answer)) => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                answer.body.truncate(limit);
                Probed::Answer(answer)
            }
            Some(other) => other,
            None => Probed::NoAnswer("the name does not resolve".to_owned()),
        };
        call.answer(probed).await
    }
}
