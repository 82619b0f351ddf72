//! Tells who asked for what is listed, and why, from the records of the deployments that brought it.

use crate::ledger::{self};
use crate::ports::{DynamoDbApi, Result};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::deployment::Deployment;
use windlass_domain::ending::Resolved;
use windlass_domain::git::Git;
use windlass_domain::identity::DeploymentId;
use windlass_domain::part::Part;
use windlass_domain::request::{ActionName, Requester};
use windlass_domain::time::Time;

/// The number of records that are read at a time.
const RECORDS_AT_A_TIME: usize = 16;

/// A deployment in short, beside what it brought.
#[derive(Debug, Clone, Serialize)]
pub struct Provenance {
    action: ActionName,
    version: String,
    /// The snapshot that it goes to, if it goes to one and that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    git: Option<Git>,
    components: Vec<Part>,
    requester: Requester,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    accepted: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Time>,
    /// The person who accepted what it had left, if it could not be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<Resolved>,
}

impl From<Deployment> for Provenance {
    fn from(record: Deployment) -> Self {
        let mut components = record.parts();
        components.sort();
        Self {
            action: record.action,
            version: record.release.version,
            snapshot: record.snapshot,
            git: record.release.git,
            components,
            requester: record.requester,
            reason: record.reason,
            accepted: record.accepted,
            started: record.started,
            ended: record.ending.as_ref().map(|ended| ended.at),
            resolved: record.ending.and_then(|ended| ended.resolved),
        }
    }
}

/// The deployments of these ids, each once. One without a record is left out.
pub async fn provenance(
    ports: &impl DynamoDbApi,
    ids: impl IntoIterator<Item = DeploymentId>,
) -> Result<BTreeMap<String, Provenance>> {
    let ids: BTreeSet<String> = ids.into_iter().map(|id| id.0).collect();
    let read = |id: String| async move {
        let key = ledger::deployment(&DeploymentId(id.clone()));
        let record = ledger::load(ports, &key).await?;
        Ok(record.map(|record| (id, Provenance::from(record.value))))
    };
    let known: Vec<Option<(String, Provenance)>> =
        stream::iter(ids).map(read).buffered(RECORDS_AT_A_TIME).try_collect().await?;
    Ok(known.into_iter().flatten().collect())
}
