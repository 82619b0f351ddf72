//! Pins the components of a release that are in its environment, and holds their images to the ledger's owners of their
//! repositories.

use super::artifact::{self, MOST_HASHED};
use super::place::Placed;
use super::source::{Ports, UnpinnedRelease};
use crate::ledger::{self, RepositoryOwner, Stored};
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::collected;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::release::Release;
use windlass_domain::release::artifact::{Artifact, is_same_repository, repository_name};
use windlass_domain::release::manifest::ArtifactRef;
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName};

/// Pins the components of a release that can be pinned, and adds what is wrong with the others to the findings.
pub async fn pin(
    ports: &impl Ports,
    request: &Request,
    source: UnpinnedRelease,
    placed: &mut Placed,
) -> Result<Release> {
    let Placed { declaration, resolved, .. } = &*placed;
    let mut findings = Vec::new();
    let mut left = MOST_HASHED;
    let mut components = source.pinned;
    components.retain(|name, _| resolved.components.contains_key(name));
    let shared: BTreeSet<&ComponentName> = declaration.shared_artifacts().map(|(name, _)| name).collect();
    for (name, artifact) in source.handed_over {
        // What takes another one's artifact gets it below.
        if !shared.contains(&name) {
            let reference = ArtifactRef::from(&artifact);
            findings.extend(declaration.misfit_here(&name, &reference, resolved, request.plan));
            components.insert(name, artifact);
        }
    }
    for (name, reference) in source.named {
        let Some(reference) = here(request, resolved, &name, reference) else { continue };
        let misfits = declaration.misfit_here(&name, &reference, resolved, request.plan);
        if !misfits.is_empty() {
            findings.extend(misfits);
            continue;
        }
        let artifact = artifact::pin(ports, &name, &reference, &resolved.repositories(&name), &mut left).await;
        if let Some(artifact) = collected(artifact, &mut findings)? {
            components.insert(name, artifact);
        }
    }
    for (name, artifact) in &mut components {
        if let Some(containers) = resolved.containers(name) {
            *artifact = artifact.clone().fitted(containers);
        }
    }
    for (name, of) in declaration.shared_artifacts() {
        let is_here = resolved.components.contains_key(name) && !components.contains_key(name);
        if let Some(artifact) = components.get(of).filter(|_| is_here) {
            components.insert(name.clone(), artifact.clone());
        }
    }
    findings.extend(resolved.misplaced_losses(&request.may_lose, |name| components.contains_key(name)));
    findings.extend(not_owned(ports, &request.app, declaration, &components).await?);
    if components.is_empty() && findings.is_empty() {
        findings.push(no_component());
    }
    placed.findings.extend(findings);
    let UnpinnedRelease { version, git, sequence, image_push, .. } = source;
    Ok(Release { app: request.app.clone(), version, git, sequence, components, image_push })
}

/// Returns an artifact as a component takes it here. If the component has several containers, a pushed image is the
/// image of each one whose repository this is. `None` if this is the repository of none: elsewhere it may be.
fn here(
    request: &Request,
    resolved: &ResolvedEnvironment,
    name: &ComponentName,
    named: ArtifactRef,
) -> Option<ArtifactRef> {
    let Some(push) = &request.image_push else { return Some(named) };
    let declared = resolved.repositories(name);
    let is_one = declared.len() == 1;
    let own = declared.into_iter().filter(|(_, declared)| is_same_repository(declared, &push.repository));
    let own: Vec<&str> = own.map(|(container, _)| container).collect();
    if own.is_empty() || is_one {
        return (!own.is_empty()).then_some(named);
    }
    let image = named.image?;
    let images = own.into_iter().map(|container| (container.to_owned(), image.clone()));
    Some(ArtifactRef { images: Some(images.collect()), ..ArtifactRef::default() })
}

fn no_component() -> Finding {
    Finding::missing_field(
        "components",
        "the release names no component of this environment.",
        "Name at least one component with its artifact.",
    )
}

/// Returns a finding for each image whose repository the ledger does not have as this application's. A declaration with
/// `formerly` names repositories of another application, whose images are that one's until the rename.
async fn not_owned(
    ports: &impl DynamoDbApi,
    app: &AppName,
    declaration: &Declaration,
    components: &BTreeMap<ComponentName, Artifact>,
) -> Result<Vec<Finding>> {
    let mut known: BTreeMap<&str, Option<AppName>> = BTreeMap::new();
    let mut findings = Vec::new();
    for (component, artifact) in components {
        for repository in repositories(artifact) {
            if !known.contains_key(repository) {
                known.insert(repository, owner(ports, repository).await?);
            }
            let owner = known.get(repository).and_then(Option::as_ref);
            let is_ours = owner.map_or(declaration.formerly().is_none(), |owner| owner == app);
            if !is_ours {
                findings.push(not_ours(component, repository, owner, app));
            }
        }
    }
    Ok(findings)
}

fn repositories(artifact: &Artifact) -> Vec<&str> {
    match artifact {
        Artifact::Image { repository, .. } => vec![repository_name(repository)],
        Artifact::Images { containers } => {
            let images = containers.values();
            images.map(|image| repository_name(&image.repository)).collect()
        }
        Artifact::Object { .. } => Vec::new(),
    }
}

async fn owner(ports: &impl DynamoDbApi, repository: &str) -> Result<Option<AppName>> {
    let owner: Option<Stored<RepositoryOwner>> = ledger::load(ports, &ledger::repository(repository)).await?;
    Ok(owner.map(|owner| owner.value.app))
}

fn not_ours(component: &ComponentName, repository: &str, owner: Option<&AppName>, app: &AppName) -> Finding {
    let (seen, remedy) = match owner {
        Some(owner) => (
            format!("the repository `{repository}` belongs to application `{owner}`."),
            format!("Use a repository of `{app}`, or rename `{owner}` first."),
        ),
        None => (
            format!("the repository `{repository}` belongs to no application."),
            format!("Upload the declaration of `{app}` once more, with a higher version, without `formerly`."),
        ),
    };
    Finding::new(FindingName::TargetNotOurs, format!("components.{component}"), seen, remedy)
}
