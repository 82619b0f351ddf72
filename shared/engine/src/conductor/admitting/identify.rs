//! Finds out which deployment a request is: by its key, or for an arrival by what it brings.

use crate::ledger::{self, Stored};
use crate::pin::Pinned;
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::Checked;
use windlass_domain::access::{Caller, Rules};
use windlass_domain::deployment::{Deployment, Keyed};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId, Order};
use windlass_domain::release::request::{Request, Requester, Route};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::EnvironmentName;

/// The number of those who ask as well and whom the files do not know that a record has at most. A job of CI has
/// another session each time that it asks.
const MOST_UNKNOWN: usize = 20;

/// The identity of a request.
#[derive(Debug, Clone)]
pub struct Identified {
    /// The deployment's id.
    pub id: DeploymentId,
    /// The attempt; 1 unless it is an arrival that came before.
    pub attempt: u32,
    /// The place of the first attempt in the order. A release that arrives once more is no newer for that.
    pub first: Option<Order>,
    /// The record, if the deployment was accepted before.
    pub existing: Option<Stored<Deployment>>,
}

/// Finds the deployment of a request.
///
/// A request with a key is a request of its own: the same key is the same request. A request without a key is an
/// arrival. While an equal arrival waits or runs, it is that deployment, whichever way it came. After that one has
/// ended it is a new attempt, whose ending says how things are now. An event that only comes twice is no new attempt.
///
/// Answers a finding where the key was used with another content.
pub async fn identify(ports: &impl DynamoDbApi, request: &Request, pinned: &Pinned) -> Checked<Identified> {
    match &request.idempotency_key {
        Some(key) => by_key(ports, request, &pinned.resolved.environment, key).await,
        None => Ok(arrival(ports, request, pinned).await?),
    }
}

/// Returns the deployment that a request with a key is already, before its release is pinned: the same key is the same
/// request, whatever its tags mean by now. `None` also where the request leaves its environment to a rule.
pub async fn repeated(ports: &impl DynamoDbApi, request: &Request) -> Checked<Option<Stored<Deployment>>> {
    match (&request.idempotency_key, &request.environment) {
        (Some(key), Some(env)) => Ok(by_key(ports, request, env, key).await?.existing),
        _ => Ok(None),
    }
}

/// Returns whether somebody else asks for a deployment that has not ended, while rules are in force. Whoever has asked
/// for it does not approve it, also where a file wants that only later, or its plan is asked for anew. One whom the
/// files do not know counts by the identity of the call. What Windlass promotes by itself others have asked for.
pub fn asks_too(rules: &Rules, record: &Deployment, by: &Requester) -> bool {
    let actor = |by: &Requester| by.claims.as_ref().map(|it| (it.issuer, it.actor_id().map(str::to_owned)));
    let is_same = |one: &Requester| match (rules.person(Caller::of(one)), rules.person(Caller::of(by))) {
        (None, None) => one.route == by.route && one.principal == by.principal && actor(one) == actor(by),
        (one, by) => one == by,
    };
    let is_somebody = rules.are_in_force() && by.route != Route::Windlass;
    let is_new = || !record.also_asked.iter().chain([&record.requester]).any(is_same);
    is_somebody && record.ending.is_none() && is_new() && !is_one_too_many(rules, &record.also_asked, by)
}

/// Returns whether somebody whom the files do not know needs no note any more, because so many others have one: each of
/// them keeps it from approval as well.
fn is_one_too_many(rules: &Rules, noted: &[Requester], by: &Requester) -> bool {
    let is_unknown = |one: &&Requester| rules.person(Caller::of(one)).is_none();
    is_unknown(&by) && noted.iter().filter(is_unknown).count() >= MOST_UNKNOWN
}

async fn by_key(ports: &impl DynamoDbApi, request: &Request, env: &EnvironmentName, key: &str) -> Checked<Identified> {
    let id = DeploymentId::keyed(EnvironmentId::new(&request.app, env), request.action, key);
    let existing = ledger::load(ports, &ledger::deployment(&id)).await?;
    let asked = existing.as_ref().and_then(|one| one.value.keyed.as_ref());
    if let Some(asked) = asked
        && let Some(finding) = reused(request, asked, &id)
    {
        return Err(finding.into());
    }
    Ok(Identified { id, attempt: 1, first: None, existing })
}

/// Returns the finding that a key stands for another content already; `None` if the content is the same.
pub fn reused(request: &Request, asked: &Keyed, id: &DeploymentId) -> Option<Finding> {
    (asked.content != request.content()).then(|| key_reused(&format!("deployment {id}")))
}

/// Returns the finding that a key was used before, for `what`.
pub fn key_reused(what: &str) -> Finding {
    Finding::new(
        FindingName::KeyReused,
        "idempotency_key",
        format!("the key was used before, with another content, for {what}."),
        "Send a new key with a new request; the same key only repeats the same request.",
    )
}

async fn arrival(ports: &impl DynamoDbApi, request: &Request, pinned: &Pinned) -> Result<Identified> {
    let attempts = Attempts { ports, request, pinned };
    let Some(first) = attempts.load(1).await? else {
        return Ok(Identified { id: attempts.id(1), attempt: 1, first: None, existing: None });
    };
    let order = first.value.order.clone();
    let last = attempts.last(first).await?;
    let attempt = last.value.attempt;
    let is_over = last.value.ending.is_some();
    if !is_over || is_repeated(request, &last.value) {
        return Ok(Identified { id: last.value.id.clone(), attempt, first: Some(order), existing: Some(last) });
    }
    Ok(Identified { id: attempts.id(attempt + 1), attempt: attempt + 1, first: Some(order), existing: None })
}

/// Returns whether an arrival is no new attempt: the same event comes once more, or an event comes that had arrived
/// before the last deployment was recorded. The latter counts as that deployment, as if it had come in time.
fn is_repeated(request: &Request, last: &Deployment) -> bool {
    request.arrived.is_some_and(|arrived| {
        let same = request.upload().is_some() && request.upload() == last.upload.as_ref();
        same || arrived <= last.accepted
    })
}

/// The attempts at an arrival. Each but the first is recorded after the one before, so there is no gap between them.
struct Attempts<'a, P> {
    ports: &'a P,
    request: &'a Request,
    pinned: &'a Pinned,
}

impl<P: DynamoDbApi> Attempts<'_, P> {
    fn id(&self, attempt: u32) -> DeploymentId {
        let release = self.pinned.release.digest();
        let env = &self.pinned.resolved.environment;
        DeploymentId::of(EnvironmentId::new(&self.request.app, env), ActionName::Deploy, &release, attempt)
    }

    async fn load(&self, attempt: u32) -> Result<Option<Stored<Deployment>>> {
        ledger::load(self.ports, &ledger::deployment(&self.id(attempt))).await
    }

    /// Finds the last attempt with few reads, however many there are: by doubling, and then by halves.
    async fn last(&self, first: Stored<Deployment>) -> Result<Stored<Deployment>> {
        let (mut last, mut step) = (first, 1);
        while let Some(next) = self.load(last.value.attempt + step).await? {
            (last, step) = (next, step * 2);
        }
        while step > 1 {
            step /= 2;
            if let Some(next) = self.load(last.value.attempt + step).await? {
                last = next;
            }
        }
        Ok(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_those_whom_no_file_knows_so_many_are_noted() {
        let stranger = |number: usize| Requester::new(Route::Api, Some(format!("session {number}")));
        for (noted, is_over) in [(0, false), (MOST_UNKNOWN - 1, false), (MOST_UNKNOWN, true)] {
            let all: Vec<Requester> = (0..noted).map(stranger).collect();
            assert_eq!(is_one_too_many(&Rules::default(), &all, &stranger(noted)), is_over, "{noted}");
        }
    }
}
