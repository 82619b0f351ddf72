//! Holds the images of a release to the ledger's owners of their repositories.

use crate::ledger::{self, RepositoryOwner, Stored};
use crate::ports::{DynamoDbApi, Result};
use std::collections::BTreeMap;
use windlass_domain::declaration::Declaration;
use windlass_domain::release::artifact::{Artifact, repository_name};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName};

/// Returns a finding for each image whose repository the ledger does not have as this application's. A declaration with
/// `formerly` names repositories of another application, whose images are that one's until the rename.
pub async fn not_owned(
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
                findings.push(finding(component, repository, owner, app));
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

fn finding(component: &ComponentName, repository: &str, owner: Option<&AppName>, app: &AppName) -> Finding {
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
