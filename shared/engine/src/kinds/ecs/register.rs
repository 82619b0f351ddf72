//! Registers the base with the owned images replaced, and finds the task definitions that a deployment registered so.
//!
//! Each deployment has a task definition of its own, by whose ARN its rollout, tasks and failures are known. ECS has no
//! client token and forgets deployments that are over, and the id that UpdateService returns is lost with a lost
//! answer. To keep that id in the step would take a second write between call and answer, and it would be missing when
//! it matters. Whoever deploys the same task definition anew (`--force-new-deployment`) has not changed what Windlass
//! owns.

use super::document;
use super::observe::DEPLOYMENT_TAG;
use super::state::PinnedBase;
use crate::config::Configured;
use crate::kinds::ecs::change::Ecs;
use crate::kinds::ecs::state::{Target, Update};
use crate::kinds::ecs::wording;
use crate::kinds::writes::{Writes, sent_forward, text};
use crate::kinds::{APP_TAG, ENVIRONMENT_TAG, from_value, read_pinned};
use crate::ports::{Clock, EcsApi, Result, S3Api};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};

/// The tag that names what a task definition was made from: an ARN, or a document's SHA-256.
pub(super) const BASE_TAG: &str = "windlass:base";

/// The largest document that is read, in bytes. ECS takes 64 KiB (Amazon ECS Developer Guide,
/// "Amazon ECS service quotas", task definition size); the rest is white space.
pub(super) const LARGEST_DOCUMENT: u64 = 256 * 1024;

/// A task definition to make another one from.
pub(super) struct BaseDefinition {
    pub document: Value,
    pub tags: BTreeMap<String, String>,
}

impl<P: EcsApi + S3Api + Configured + Clock> Ecs<P> {
    /// Registers the task definition, unless this deployment has done so before and the answer was lost.
    pub(super) async fn register(
        &self,
        target: &Target,
        images: &BTreeMap<String, String>,
        deployment: &DeploymentId,
    ) -> Result<()> {
        let known = self.find_registered(target).await?;
        if known.is_some_and(|known| known.images == *images) {
            return Ok(());
        }
        let base = self.base(&target.base).await?;
        let document = document::with_images(&base.document, images);
        let document = document.ok_or_else(|| no_container(target))?;
        let tags = tags(base.tags, target, deployment);
        let made = self.at.register(&document, &tags).await?;
        self.known.borrow_mut().insert(made.arn.clone(), made);
        Ok(())
    }

    async fn base(&self, base: &PinnedBase) -> Result<BaseDefinition> {
        match base {
            PinnedBase::Registered(arn) => {
                let found = self.task_definition(arn).await?;
                Ok(BaseDefinition { document: found.document, tags: found.tags })
            }
            PinnedBase::Document { key, version_id, sha256 } => {
                read_document(&self.home, key, version_id, sha256).await
            }
        }
    }
}

/// Reads a task definition that comes as an artifact. The fault is `Refused` where its bytes are
/// not those that were pinned, or are no task definition.
pub(super) async fn read_document(
    home: &(impl S3Api + Configured),
    key: &str,
    version_id: &str,
    sha256: &Digest,
) -> Result<BaseDefinition> {
    let bytes = read_pinned(home, key, version_id, sha256, LARGEST_DOCUMENT).await?;
    let (document, tags) = document::parse(&bytes).map_err(|why| {
        Fault::new(FaultName::Refused, format!("the artifact {key} is no task definition in JSON: {why}"))
    })?;
    Ok(BaseDefinition { document, tags })
}

fn tags(base: BTreeMap<String, String>, target: &Target, deployment: &DeploymentId) -> BTreeMap<String, String> {
    let from = match &target.base {
        PinnedBase::Registered(arn) => arn.clone(),
        PinnedBase::Document { sha256, .. } => sha256.to_string(),
    };
    let mut tags = own_tags(base, deployment, EnvironmentId::new(&target.app, &target.environment));
    tags.insert(BASE_TAG.to_owned(), from);
    tags
}

/// Returns a base's own tags without those that AWS or a former deployment has set, and adds ours.
pub fn own_tags(
    mut tags: BTreeMap<String, String>,
    deployment: &DeploymentId,
    of: EnvironmentId<'_>,
) -> BTreeMap<String, String> {
    tags.retain(|name, _| !name.starts_with("aws:") && !name.starts_with("windlass:"));
    let own = [
        (DEPLOYMENT_TAG, deployment.as_str()),
        (APP_TAG, of.app().as_str()),
        (ENVIRONMENT_TAG, of.environment().as_str()),
    ];
    tags.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    tags
}

fn no_container(target: &Target) -> Fault {
    Fault::new(FaultName::NotFound, format!("the base does not have {}", wording::containers(target)))
}

/// Returns the tasks that write log lines; see [`crate::kinds::writes()`].
pub fn writes(step: &Step) -> Result<Writes> {
    let target: Target = from_value("target", &step.target)?;
    let brought = sent_forward(step).filter_map(|(change, _)| brought(change));
    Ok(Writes::Tasks { cluster: target.cluster, service: target.service, task_definitions: brought.collect() })
}

/// Returns the task definition that a change brings, by ARN. The service is set to it, or CodeDeploy brings it.
fn brought(change: &Value) -> Option<String> {
    let is_update = change.get("stop").is_none();
    let update = Update::deserialize(change).ok().filter(|_| is_update);
    update.map(|update| update.to).or_else(|| text(&change["begin"]["to"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_task_definition_is_brought_by_what_the_service_is_set_to() {
        let (former, new) = ("arn:task/agent:17", "arn:task/agent:18");
        let table = [
            (json!({"from": former, "to": new}), Some(new)),
            (json!({"begin": {"from": former, "to": new, "after": null}}), Some(new)),
            (json!({"stop": "d-1", "from": new, "to": former, "again": 0}), None),
            (json!({"register": {"agent": "shop/agent@sha256:a"}}), None),
            (json!({"stop": {"rollout": "arn:one", "created": 0, "of": new}}), None),
            (json!({"go": "d-1", "again": 0}), None),
        ];
        for (change, wanted) in table {
            assert_eq!(brought(&change).as_deref(), wanted, "{change}");
        }
    }
}
