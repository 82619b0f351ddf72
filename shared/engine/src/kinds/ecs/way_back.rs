//! Plans the way back of a service: to the recorded task definition, if it and its bytes still exist.

use super::images::OwnImage;
use super::messages;
use super::state::{Goal, PinnedBase};
use super::wanted::Wanted;
use crate::kinds::PrepareInput;
use crate::ports::{EcrApi, EcsApi, Result, TaskDefinition};
use crate::trouble::Checked;
use std::collections::BTreeSet;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::FindingName;
use windlass_domain::image::{is_same_repository, split_image};
use windlass_domain::kinds::ecs::Ecs as Spec;

/// A rollback: to exactly the task definition that is recorded, if it and its bytes still exist.
pub(super) async fn way_back(
    ports: &impl EcsApi,
    home: &impl EcrApi,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
    mut goal: Goal,
) -> Checked<Wanted> {
    let Some(arn) = goal.task_definition.clone() else {
        return Err(Fault::internal("a recorded state names no task definition").into());
    };
    let gone = |what: &str| {
        Err(messages::finding(
            FindingName::ArtifactMissing,
            input.path("service"),
            what,
            "roll back to another snapshot, or deploy the older release with `allow_older` and a reason",
        )
        .into())
    };
    let short = messages::short(&arn);
    match ports.task_definition(&arn).await {
        Ok(found) if found.document["status"] == "INACTIVE" => {
            return gone(&format!("the task definition {short} that ran then is deregistered"));
        }
        Ok(_) => {}
        Err(fault) if fault.name == FaultName::NotFound => {
            return gone(&format!("the task definition {short} that ran then does not exist any more"));
        }
        Err(fault) => return Err(fault.into()),
    }
    for (container, OwnImage { image, .. }) in &goal.images {
        let (repository, reference) = split_image(image);
        if is_ours(spec, container, repository) && home.image(repository, reference).await?.is_none() {
            return gone(&format!("the image {image} that ran then is no longer in its repository"));
        }
    }
    widen(home, spec, &mut goal).await?;
    goal.completed.clear();
    let unchanged =
        (current.arn == arn).then(|| format!("service {} is set to {} already", spec.service, messages::short(&arn)));
    Ok(Wanted {
        goal,
        family: current.family.clone(),
        base: PinnedBase::Registered(current.arn.clone()),
        kept: BTreeSet::new(),
        artifact: None,
        unchanged,
    })
}

/// Tasks that start later may show another digest of the same image: the index's or a platform's.
/// Nothing is added where no task told a digest, or where the image is named by tag.
pub(super) async fn widen(home: &impl EcrApi, spec: &Spec, goal: &mut Goal) -> Result<()> {
    for (container, own) in &mut goal.images {
        let (repository, reference) = split_image(&own.image);
        let is_pinned = reference.starts_with("sha256:") && is_ours(spec, container, repository);
        if own.digests.is_empty() || !is_pinned {
            continue;
        }
        if let Some(found) = home.image(repository, reference).await? {
            own.digests.extend(found.digests());
        }
    }
    Ok(())
}

/// Returns whether an image in a container is of the repository that is declared for it.
pub(super) fn is_ours(spec: &Spec, container: &str, repository: &str) -> bool {
    let declared = spec.containers.get(container);
    declared.is_some_and(|declared| is_same_repository(repository, declared))
}
