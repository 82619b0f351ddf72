//! What a service must run, and what the new task definition is made from.

use super::brought::{no_container, of_another, unreadable_document};
use super::check::platform;
use super::register::{BASE_TAG, read_document};
use super::state::{Goal, PinnedBase, Until};
use super::{document, foreign, tell};
use crate::config::Configured;
use crate::kinds::{PrepareInput, from_value};
use crate::ports::{Answered, Image, Objects, Registry, Services, TaskDefinition};
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::artifact::Artifact;
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::image::{is_same_repository, split_image};
use windlass_domain::kinds::ecs::{Base as BaseRule, Ecs as Spec};

/// What a service must run, and how that is made.
pub(super) struct Wanted {
    pub goal: Goal,
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
) -> Found<Wanted>
where
    P: Services,
    H: Registry + Objects + Configured,
{
    if let Some(recorded) = input.goal_state {
        let recorded = from_value("recorded state", recorded)?;
        return back(ports, home, input, spec, current, recorded).await;
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
) -> Found<Wanted> {
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
    if let Some(finding) = foreign::newest(input, &base, current) {
        return Ok(Err(vec![finding]));
    }
    // What the running one lacks is told already.
    let other = base.arn != current.arn;
    if other && document::image(&base.document, &spec.container).is_none() {
        return Ok(Err(vec![no_container(
            input.path("container"),
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
    Ok(Ok(Wanted {
        goal: forward(pinned(&found), digests),
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
) -> Found<Wanted> {
    let base = match read_document(home, key, version_id, sha256).await {
        Ok(base) => base,
        Err(fault) => return unreadable(input, fault),
    };
    let mut wrong = foreign::of_document(input, key, &base.document, current);
    let found = match image_of(home, input, spec, key, &base.document).await? {
        Ok(found) if wrong.is_empty() => found,
        Ok(_) => return Ok(Err(wrong)),
        Err(finding) => {
            wrong.push(finding);
            return Ok(Err(wrong));
        }
    };
    if let Some(finding) = platform(input, &base.document, &found) {
        return Ok(Err(vec![finding]));
    }
    let digests = found.digests();
    let same_base = current.tags.get(BASE_TAG).map(String::as_str) == Some(sha256.as_str());
    let unchanged = same_base
        .then(|| runs_already(spec, current, &digests))
        .flatten();
    Ok(Ok(Wanted {
        goal: forward(pinned(&found), digests),
        family: current.family.clone(),
        base: PinnedBase::Document {
            key: key.to_owned(),
            version_id: version_id.to_owned(),
            sha256: sha256.clone(),
        },
        unchanged,
    }))
}

/// The image that a document brings in the owned container.
async fn image_of<H: Registry>(
    home: &H,
    input: &PrepareInput<'_>,
    spec: &Spec,
    key: &str,
    document: &Value,
) -> Answered<Result<Image, Finding>> {
    let Some(image) = document::image(document, &spec.container) else {
        return Ok(Err(no_container(
            input.path("container"),
            spec,
            key,
            document,
        )));
    };
    let (repository, reference) = split_image(image);
    let other = |than: &str| {
        let path = input.path("base");
        Ok(Err(of_another(path, spec, key, image, than)))
    };
    if !is_same_repository(repository, &spec.repository) {
        return other(&format!("declared repository `{}`", spec.repository));
    }
    match home.image(repository, reference).await? {
        None => Ok(Err(no_image(input, repository, reference))),
        Some(found) if !is_same_repository(repository, &found.repository_uri) => {
            other(&format!("repository `{}`", found.repository_uri))
        }
        Some(found) => Ok(Ok(found)),
    }
}

/// By digest, and of the repository as its registry tells it.
fn pinned(image: &Image) -> String {
    format!("{}@sha256:{}", image.repository_uri, image.digest)
}

/// A rollback: to exactly the task definition that is recorded, if it and its bytes still exist.
async fn back<P: Services, H: Registry>(
    ports: &P,
    home: &H,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
    mut goal: Goal,
) -> Found<Wanted> {
    let Some(arn) = goal.task_definition.clone() else {
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
    let (repository, reference) = split_image(&goal.image);
    let is_ours = is_same_repository(repository, &spec.repository);
    if is_ours && home.image(repository, reference).await?.is_none() {
        return gone(&format!(
            "the image {} that ran then is no longer in its repository",
            goal.image
        ));
    }
    widen(home, spec, &mut goal).await?;
    goal.completed.clear();
    let unchanged = (current.arn == arn).then(|| {
        format!(
            "service {} is set to {} already",
            spec.service,
            tell::short(&arn)
        )
    });
    Ok(Ok(Wanted {
        goal,
        family: current.family.clone(),
        base: PinnedBase::Registered(current.arn.clone()),
        unchanged,
    }))
}

/// Tasks that start later may show another digest of the same image: the index's or a platform's.
/// Nothing is added where no task told a digest, or where the image is named by tag.
pub(super) async fn widen<H: Registry>(home: &H, spec: &Spec, goal: &mut Goal) -> Answered<()> {
    let (repository, reference) = split_image(&goal.image);
    let pinned =
        reference.starts_with("sha256:") && is_same_repository(repository, &spec.repository);
    if goal.digests.is_empty() || !pinned {
        return Ok(());
    }
    if let Some(found) = home.image(repository, reference).await? {
        goal.digests.extend(found.digests());
    }
    Ok(())
}

fn forward(image: String, digests: BTreeSet<String>) -> Goal {
    Goal {
        task_definition: None,
        image,
        digests,
        completed: BTreeSet::new(),
        until: Until::default(),
    }
}

/// The service is set to these bytes already, pinned by digest.
fn runs_already(
    spec: &Spec,
    current: &TaskDefinition,
    wanted: &BTreeSet<String>,
) -> Option<String> {
    let image = document::image(&current.document, &spec.container)?;
    let (_, reference) = split_image(image);
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

fn unreadable<T>(input: &PrepareInput<'_>, fault: Fault) -> Found<T> {
    let name = match fault.name {
        FaultName::NotFound => FindingName::ArtifactMissing,
        FaultName::Refused => FindingName::BadValue,
        _ => return Err(fault),
    };
    Ok(Err(vec![unreadable_document(
        name,
        input.path("base"),
        &fault.message,
    )]))
}
