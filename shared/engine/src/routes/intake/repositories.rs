use super::arrival::Ports;
use crate::kinds::APP_TAG;
use crate::ledger::{self, RepositoryOwner, Stored};
use crate::ports::{Result, Write};
use std::collections::BTreeSet;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::{AppName, ComponentName};

/// The repositories that a new declaration names become the application's, whose tag rules their pushes
/// follow; what only the former one named is anybody's again. What belongs to another application, or
/// cannot be seen to be this one's, is told.
pub async fn claim_repositories(
    ports: &impl Ports,
    app: &AppName,
    declaration: &Declaration,
    former: Option<&Declared>,
) -> Result<(Vec<Write>, Vec<Finding>)> {
    let (mut writes, mut findings) = (Vec::new(), Vec::new());
    let named = declaration.repositories();
    for (repository, components) in &named {
        let owner = owner(ports, repository).await?;
        match owner {
            Some(owner) if owner.value.app == *app => {}
            // They belong to that application until it is renamed, and come with it.
            Some(owner) if Some(&owner.value.app) == declaration.formerly() => {}
            Some(owner) => {
                let of_another = format!("belongs to application `{}`", owner.value.app);
                findings.push(not_our_repository(
                    FindingName::Duplicate,
                    (app, declaration),
                    repository,
                    components,
                    &of_another,
                ));
            }
            None if !is_ours(ports, app, repository).await? => {
                let unmarked =
                    format!("is not tagged `{APP_TAG}`: `{app}`, and no untagged one whose name begins with `{app}/`");
                let name = FindingName::TargetNotOurs;
                findings.push(not_our_repository(name, (app, declaration), repository, components, &unmarked));
            }
            None => writes.push(taken(app, repository)?),
        }
    }
    let former = former.and_then(|former| ledger::read_declaration(former).ok());
    let left = former.map(|former| former.repositories()).unwrap_or_default();
    for repository in left.keys().filter(|name| !named.contains_key(*name)) {
        if let Some(owner) = owner(ports, repository).await?
            && owner.value.app == *app
        {
            writes.push(Write::delete(owner.key.clone(), owner.unchanged()));
        }
    }
    Ok((writes, findings))
}

async fn owner(ports: &impl Ports, repository: &str) -> Result<Option<Stored<RepositoryOwner>>> {
    ledger::load(ports, &ledger::repository(repository)).await
}

fn taken(app: &AppName, repository: &str) -> Result<Write> {
    let owner = RepositoryOwner { repository: repository.to_owned(), app: app.clone() };
    let index = ledger::repository_index(repository);
    Stored::new(ledger::repository(repository), owner).put_indexed(Some(index))
}

/// Returns whether the images are this application's: whoever declares a repository gets them deployed, so its tag says
/// whose they are. Where it has none, its name does.
async fn is_ours(ports: &impl Ports, app: &AppName, repository: &str) -> Result<bool> {
    let tags = ports.repository_tags(repository).await?;
    Ok(match tags.as_ref().and_then(|tags| tags.get(APP_TAG)) {
        Some(marked) => marked == app.as_str(),
        None => repository.split('/').next() == Some(app.as_str()),
    })
}

fn not_our_repository(
    name: FindingName,
    (app, declaration): (&AppName, &Declaration),
    repository: &str,
    components: &BTreeSet<ComponentName>,
    why: &str,
) -> Finding {
    let of = components.first();
    Finding::new(
        name,
        of.map_or_else(
            || "components".to_owned(),
            |name| format!("components.{name}.{}", declaration.repository_at(name)),
        ),
        format!("the repository `{repository}` {why}."),
        format!(
            "Use a repository of this application's own: one whose name begins with `{app}/`, or that is tagged `{APP_TAG}`: `{app}`."
        ),
    )
}
