//! What a service must run, and what the new task definition is made from.

use super::check::platform;
use super::register::{BASE_TAG, Base, read_document};
use super::state::{PinnedBase, State};
use super::{document, tell};
use crate::config::Configured;
use crate::kinds::{PrepareInput, is_declared};
use crate::ports::{Answered, Objects, Registry, Services, TaskDefinition};
use serde::Deserialize as _;
use std::collections::BTreeSet;
use windlass_domain::artifact::Artifact;
use windlass_domain::declaration::resolved::{Base as BaseRule, Ecs as Spec};
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};

/// What a service must run.
pub(super) struct Goal {
    pub state: State,
    pub family: String,
    pub base: PinnedBase,
    /// Why there is nothing to change.
    pub unchanged: Option<String>,
}

/// What was asked of AWS, or what is wrong with what was asked for.
type Found<T> = Answered<Result<T, Vec<Finding>>>;

pub(super) async fn find_goal<P, H>(
    ports: &P,
    home: &H,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
) -> Found<Goal>
where
    P: Services,
    H: Registry + Objects + Configured,
{
    if let Some(recorded) = input.goal_state {
        let state = State::deserialize(recorded).map_err(|error| {
            Fault::internal(format!("a recorded state cannot be read: {error}"))
        })?;
        return back(ports, home, input, spec, current, state).await;
    }
    match (&spec.base, input.artifact) {
        (
            BaseRule::Artifact,
            Some(Artifact::Object {
                key,
                version_id,
                sha256,
                ..
            }),
        ) => by_document(home, input, spec, current, (key, version_id, sha256)).await,
        (BaseRule::Artifact, _) => Ok(wrong_artifact(
            input,
            "`base: artifact` needs a task definition as artifact",
            "name it with `key` in the manifest, or choose another `base`",
        )),
        (rule, Some(Artifact::Image { repository, digest })) => {
            by_image(
                ports,
                home,
                input,
                spec,
                current,
                rule,
                (repository, digest),
            )
            .await
        }
        (_, _) => Ok(wrong_artifact(
            input,
            "an ECS service needs an image",
            "name it with `image` in the manifest, or write `base: artifact` to bring a task definition",
        )),
    }
}

fn wrong_artifact<T>(
    input: &PrepareInput<'_>,
    reason: &str,
    remedy: &str,
) -> Result<T, Vec<Finding>> {
    Err(vec![tell::finding(
        FindingName::BadValue,
        input.path("base"),
        reason,
        remedy,
    )])
}

/// The release is an image: it goes into a registered base.
async fn by_image<P: Services, H: Registry>(
    ports: &P,
    home: &H,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
    rule: &BaseRule,
    (repository, digest): (&str, &Digest),
) -> Found<Goal> {
    let reference = format!("sha256:{digest}");
    let Some(found) = home.image(repository, &reference).await? else {
        // `Prepare` itself tells of bytes that are gone.
        return Err(Fault::new(
            FaultName::NotFound,
            format!("there is no image {reference} in repository {repository}"),
        ));
    };
    let digests = found.digests();
    let base = match rule {
        BaseRule::FamilyLatest => ports.task_definition(&current.family).await?,
        _ => current.clone(),
    };
    // What the running one lacks is told already.
    let other = base.arn != current.arn;
    if other && document::image(&base.document, &spec.container).is_none() {
        return Ok(Err(vec![no_container(
            input,
            spec,
            tell::short(&base.arn),
            &base.document,
        )]));
    }
    if let Some(finding) = platform(input, &base.document, &found) {
        return Ok(Err(vec![finding]));
    }
    let same_shape = document::same_shape(&base.document, &current.document, &spec.container);
    let unchanged = same_shape
        .then(|| runs_already(spec, current, &digests))
        .flatten();
    Ok(Ok(Goal {
        state: forward(format!("{repository}@sha256:{digest}"), digests),
        family: base.family,
        base: PinnedBase::Registered(base.arn),
        unchanged,
    }))
}

/// The release is a task definition: it names the image itself.
async fn by_document<H: Registry + Objects + Configured>(
    home: &H,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
    (key, version_id, sha256): (&str, &str, &Digest),
) -> Found<Goal> {
    let base = match read_document(home, key, version_id, sha256).await {
        Ok(base) => base,
        Err(fault) => return unreadable(input, fault),
    };
    let Some(image) = document::image(&base.document, &spec.container) else {
        return Ok(Err(vec![no_container(input, spec, key, &base.document)]));
    };
    let (repository, reference) = document::split_image(image);
    if !is_declared(repository, &spec.repository) {
        return Ok(wrong_artifact(
            input,
            &format!(
                "the task definition {key} has the image `{image}` in container `{}`, which is not of the declared repository `{}`",
                spec.container, spec.repository
            ),
            "write the image as `repository:tag` or `repository@sha256:…` of the declared repository when CI renders the document",
        ));
    }
    let Some(found) = home.image(repository, reference).await? else {
        return Ok(Err(vec![no_image(input, repository, reference)]));
    };
    if let Some(finding) = platform(input, &base.document, &found) {
        return Ok(Err(vec![finding]));
    }
    let digests = found.digests();
    let pinned = format!("{repository}@sha256:{}", found.digest);
    let same_base = current.tags.get(BASE_TAG).map(String::as_str) == Some(sha256.as_str());
    let unchanged = same_base
        .then(|| runs_already(spec, current, &digests))
        .flatten();
    Ok(Ok(Goal {
        state: forward(pinned, digests),
        family: family(&base),
        base: PinnedBase::Document {
            key: key.to_owned(),
            version_id: version_id.to_owned(),
            sha256: sha256.clone(),
        },
        unchanged,
    }))
}

fn family(base: &Base) -> String {
    base.document["family"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// A rollback: to exactly the task definition that is recorded, if it and its bytes still exist.
async fn back<P: Services, H: Registry>(
    ports: &P,
    home: &H,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
    mut state: State,
) -> Found<Goal> {
    let Some(arn) = state.task_definition.clone() else {
        return Err(Fault::internal("a recorded state names no task definition"));
    };
    let gone = |what: &str| {
        Ok(Err(vec![tell::finding(
            FindingName::ArtifactMissing,
            input.path("service"),
            what,
            "roll back to another snapshot, or deploy the older release with `allow_older` and a reason",
        )]))
    };
    let short = tell::short(&arn);
    match ports.task_definition(&arn).await {
        Ok(found) if found.document["status"] == "INACTIVE" => {
            return gone(&format!(
                "the task definition {short} that ran then is deregistered"
            ));
        }
        Ok(_) => {}
        Err(fault) if fault.name == FaultName::NotFound => {
            return gone(&format!(
                "the task definition {short} that ran then does not exist any more"
            ));
        }
        Err(fault) => return Err(fault),
    }
    let (repository, reference) = document::split_image(&state.image);
    let is_ours = is_declared(repository, &spec.repository);
    if is_ours && home.image(repository, reference).await?.is_none() {
        return gone(&format!(
            "the image {} that ran then is no longer in its repository",
            state.image
        ));
    }
    widen(home, spec, &mut state).await?;
    state.seen = None;
    let unchanged = (current.arn == arn).then(|| {
        format!(
            "service {} is set to {} already",
            spec.service,
            tell::short(&arn)
        )
    });
    Ok(Ok(Goal {
        state,
        family: current.family.clone(),
        base: PinnedBase::Registered(current.arn.clone()),
        unchanged,
    }))
}

/// Tasks that start later may show another digest of the same image: the index's or a platform's.
/// Nothing is added where no task told a digest, or where the image is named by tag.
pub(super) async fn widen<H: Registry>(home: &H, spec: &Spec, state: &mut State) -> Answered<()> {
    let (repository, reference) = document::split_image(&state.image);
    let pinned = reference.starts_with("sha256:") && is_declared(repository, &spec.repository);
    if state.digests.is_empty() || !pinned {
        return Ok(());
    }
    if let Some(found) = home.image(repository, reference).await? {
        state.digests.extend(found.digests());
    }
    Ok(())
}

fn forward(image: String, digests: BTreeSet<String>) -> State {
    State {
        task_definition: None,
        image,
        digests,
        seen: None,
    }
}

/// The service is set to these bytes already, pinned by digest.
fn runs_already(
    spec: &Spec,
    current: &TaskDefinition,
    wanted: &BTreeSet<String>,
) -> Option<String> {
    let image = document::image(&current.document, &spec.container)?;
    let (_, reference) = document::split_image(image);
    wanted.contains(reference).then(|| {
        format!(
            "service {} runs {reference} already ({})",
            spec.service,
            tell::short(&current.arn)
        )
    })
}

fn no_image(input: &PrepareInput<'_>, repository: &str, reference: &str) -> Finding {
    tell::finding(
        FindingName::ArtifactMissing,
        input.path("repository"),
        format!("there is no image {reference} in repository {repository}"),
        "push the image first, and keep it as long as a rollback may need it (lifecycle policy)",
    )
}

fn no_container(
    input: &PrepareInput<'_>,
    spec: &Spec,
    base: &str,
    document: &serde_json::Value,
) -> Finding {
    tell::finding(
        FindingName::UnknownName,
        input.path("container"),
        format!(
            "the base {base} has no container `{}`, only: {}",
            spec.container,
            document::containers(document).join(", ")
        ),
        "write the name of the container whose image is to be deployed",
    )
}

fn unreadable<T>(input: &PrepareInput<'_>, fault: Fault) -> Found<T> {
    let name = match fault.name {
        FaultName::NotFound => FindingName::ArtifactMissing,
        FaultName::Refused => FindingName::BadValue,
        _ => return Err(fault),
    };
    Ok(Err(vec![tell::finding(
        name,
        input.path("base"),
        fault.message,
        "upload a task definition as `aws ecs register-task-definition --cli-input-json` takes it",
    )]))
}
