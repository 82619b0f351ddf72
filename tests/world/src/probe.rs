//! HTTP probes in memory: a table of addresses, and the distributions, which serve their bucket.

use crate::World;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{Conversation, ConversationOutcome, Get, ProbeAnswer, ProbeApi, Probed, Result};

/// The addresses and their answers.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The answers by address, before those of the distributions; any other does not answer.
    pub answers: BTreeMap<String, Probed>,
    /// The answer of the WebSocket at an address to any message, or to none; any other address has no open one.
    pub sockets: BTreeMap<String, String>,
    /// The header, with its value, that a listener's rule requires for an address; without it the answer is 404.
    pub rules: BTreeMap<String, (String, String)>,
    /// The times at which an address behind such a rule has answered with success, oldest first.
    pub passed: Vec<(Time, String)>,
    /// The addresses that were probed, oldest first.
    pub asked: Vec<String>,
}

/// An edge of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// An edge that has a new configuration at once.
    Quick,
    /// An edge that has it when the distribution is `Deployed`.
    Slow,
}

fn host_and_path(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    Some((host, path.split(['?', '#']).next().unwrap_or_default()))
}

impl World {
    /// Lets an address answer with a status and a body after some milliseconds.
    pub fn serve(&self, url: &str, status: u16, body: &str, ms: u64) {
        let answer = ProbeAnswer {
            status,
            content_type: Some("text/plain; charset=utf-8".to_owned()),
            cache_control: None,
            body: Bytes::copy_from_slice(body.as_bytes()),
            ms,
        };
        self.probe().answers.insert(url.to_owned(), Probed::Answer(answer));
    }

    /// Returns the answer that a visitor gets at an address: from the table, or through a distribution whose edges all
    /// have its configuration as late as the last one.
    pub fn visit(&self, url: &str) -> Option<Probed> {
        self.visit_at(Edge::Slow, url)
    }

    /// Returns the answer that a visitor gets at an address through an edge.
    pub fn visit_at(&self, edge: Edge, url: &str) -> Option<Probed> {
        let listed = self.probe().answers.get(url).cloned();
        listed.or_else(|| {
            let (host, path) = host_and_path(url)?;
            self.through_distribution(edge, host, path).map(Probed::Answer)
        })
    }

    /// Returns the answer of the distribution with this domain. The first origin serves everything.
    fn through_distribution(&self, edge: Edge, host: &str, path: &str) -> Option<ProbeAnswer> {
        let now = self.true_time();
        let cdn = self.cloudfront();
        let found = cdn.distributions.values().find(|it| it.domain == host)?;
        let bucket = found.origins.first()?.domain.split('.').next()?.to_owned();
        let served = match edge {
            Edge::Quick => found.origins.first()?.path.as_str(),
            Edge::Slow => found.served_path(now),
        };
        let folder = served.trim_start_matches('/').to_owned();
        let pages = found.error_pages.clone();
        let root = found.root.clone();
        drop(cdn);
        let path = if path.is_empty() { root.as_str() } else { path };
        if let Some(answer) = self.stored(&bucket, &folder, path, 200) {
            return Some(answer);
        }
        // S3 answers 403 for a key that does not exist where the reader may not list the bucket.
        let page = pages.iter().find(|page| page.status == 403);
        let answered = page.and_then(|page| {
            let path = page.path.as_deref()?.trim_start_matches('/');
            self.stored(&bucket, &folder, path, page.answered.unwrap_or(403))
        });
        Some(answered.unwrap_or(ProbeAnswer {
            status: 403,
            content_type: Some("application/xml".into()),
            cache_control: None,
            body: Bytes::from_static(b"<Error><Code>AccessDenied</Code></Error>"),
            ms: 20,
        }))
    }

    fn stored(&self, bucket: &str, folder: &str, path: &str, status: u16) -> Option<ProbeAnswer> {
        let key = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
        let objects = self.s3();
        let version = objects.buckets.get(bucket)?.current(&key)?;
        Some(ProbeAnswer {
            status,
            content_type: version.content_type.clone(),
            cache_control: version.cache_control.clone(),
            body: version.bytes.clone(),
            ms: 20,
        })
    }
}

impl World {
    /// Opens a WebSocket with this answer at an address.
    pub fn listen(&self, url: &str, answer: &str) {
        let sockets = &mut self.probe().sockets;
        sockets.insert(url.to_owned(), answer.to_owned());
    }

    /// Returns the answer where the request fits the listener's rule for the address; otherwise the listener's default,
    /// 404.
    fn by_rule(&self, get: &Get<'_>, found: Probed) -> Probed {
        let state = self.probe();
        let rule = state.rules.get(get.url);
        let fits = rule.is_none_or(|(name, value)| get.headers.get(name) == Some(value));
        match found {
            Probed::Answer(answer) if !fits => {
                Probed::Answer(ProbeAnswer { status: 404, body: Bytes::new(), ..answer })
            }
            found => found,
        }
    }

    fn note_passed(&self, url: &str) {
        let now = self.true_time();
        let mut state = self.probe();
        if state.rules.contains_key(url) {
            state.passed.push((now, url.to_owned()));
        }
    }

    fn hear(&self, about: &Conversation<'_>) -> ConversationOutcome {
        let state = self.probe();
        match (state.sockets.get(about.url), about.expect) {
            (None, _) => ConversationOutcome::Closed("the name does not resolve".to_owned()),
            (Some(answer), Some(expected)) if !answer.contains(expected) => {
                ConversationOutcome::Not(format!("1 other message, and none with it, within {} ms", about.timeout_ms))
            }
            (Some(_), _) => ConversationOutcome::Expected(7),
        }
    }
}

impl ProbeApi for World {
    async fn converse(&self, about: &Conversation<'_>) -> Result<ConversationOutcome> {
        let call = self.call("probe.converse").await?;
        World::probe(self).asked.push(about.url.to_owned());
        call.answer(self.hear(about)).await
    }

    async fn probe(&self, get: &Get<'_>) -> Result<Probed> {
        let call = self.call("probe.probe").await?;
        let Get { url, timeout_ms, limit, .. } = *get;
        World::probe(self).asked.push(url.to_owned());
        let probed = match self.visit(url).map(|found| self.by_rule(get, found)) {
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
        if matches!(&probed, Probed::Answer(answer) if answer.is_success()) {
            self.note_passed(url);
        }
        call.answer(probed).await
    }
}
