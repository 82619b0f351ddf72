//! `apps/<app>/app.yaml`: a declaration arrives. The topics and the repositories that it names must be the
//! application's own.

use super::arrival::{self, ArrivalOutcome, Created};
use crate::config::Configured;
use crate::kinds::APP_TAG;
use crate::ledger::{self, RepositoryOwner, Stored, commit, retry};
use crate::ports::{DynamoDbApi, Result, SnsApi, Write};
use crate::routes::intake::arrival::Ports;
use crate::trouble::Unread;
use crate::{log, upload_findings};
use std::collections::BTreeSet;
use windlass_domain::declaration::installation::{by_name, by_tags};
use windlass_domain::declaration::topic::{account_of, not_ours};
use windlass_domain::declaration::{Declaration, DeclarationUpload, Declared, Exceptions, LARGEST};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName, limited};
use windlass_domain::text::name::{AppName, ComponentName};

/// Puts a declaration in force, or reports everything that is wrong with it: beside the upload, in
/// the ledger, and by a notification; no execution is started. One that is refused leaves the former in force.
pub async fn handle(ports: &impl Ports, app: &AppName, created: Created) -> Result<ArrivalOutcome> {
    log::name_app(app);
    let findings = match read(ports, &created).await {
        Ok((text, declaration)) => put_in_force(ports, app, &created, &text, &declaration).await?,
        Err(unread) => {
            let part = unread.partial()?;
            let found = match part.rest() {
                Some(rest) => against_it(ports, app, rest).await?,
                None => Vec::new(),
            };
            part.and(found).findings()
        }
    };
    let findings = limited(findings);
    if !findings.is_empty() {
        arrival::record(ports, app, &created, &findings).await?;
    }
    upload_findings::write(ports, &created.object, &findings).await?;
    Ok(ArrivalOutcome::Served)
}

async fn read(ports: &impl Ports, created: &Created) -> Result<(String, Declaration), Unread<Declaration>> {
    let text = arrival::text(ports, created, "the declaration", LARGEST).await?;
    let exceptions = Exceptions { probe_origin: ports.config().local_endpoint.clone() };
    let declaration = Declaration::read(&text, &exceptions)?;
    Ok((text, declaration))
}

/// Returns everything that is wrong with a declaration in comparison with the one in force and with other applications.
async fn against_it(ports: &impl Ports, app: &AppName, declaration: &Declaration) -> Result<Vec<Finding>> {
    let former = ledger::load(ports, &ledger::declaration_in_force(app)).await?.map(|former| former.value);
    let uploaded = declaration.uploaded(app, former.as_ref());
    let (_, taken) = claim(ports, app, declaration, former.as_ref()).await?;
    Ok(uploaded.err().into_iter().chain(taken).collect())
}

/// Returns the writes that make what a declaration names the application's, and a finding for all that is not its own.
async fn claim(
    ports: &impl Ports,
    app: &AppName,
    declaration: &Declaration,
    former: Option<&Declared>,
) -> Result<(Vec<Write>, Vec<Finding>)> {
    let (owners, mut findings) = claim_repositories(ports, app, declaration, former).await?;
    findings.extend(foreign(ports, app, declaration).await?);
    let stack = &ports.config().stack;
    findings.extend(declaration.of_installation(&|name| by_name(stack, name).map(str::to_owned)));
    Ok((owners, findings))
}

async fn put_in_force(
    ports: &impl Ports,
    app: &AppName,
    created: &Created,
    text: &str,
    declaration: &Declaration,
) -> Result<Vec<Finding>> {
    retry(ports, "putting the declaration in force", async || {
        let key = ledger::declaration_in_force(app);
        let former = ledger::load(ports, &key).await?;
        let rev = former.as_ref().map_or(0, |former| former.rev);
        let former = former.map(|former| former.value);
        match declaration.uploaded(app, former.as_ref()) {
            Ok(DeclarationUpload::Unchanged | DeclarationUpload::Reordered) => {
                list(ports, app, rev, former).await?;
                return Ok(Some(Vec::new()));
            }
            Ok(DeclarationUpload::TakesForce) => {}
            Err(_) => return Ok(Some(against_it(ports, app, declaration).await?)),
        }
        let object = Some(created.object.clone());
        let declared = Declared::new(declaration, text, ports.now(), object);
        let (owners, findings) = claim(ports, app, declaration, former.as_ref()).await?;
        if !findings.is_empty() {
            return Ok(Some(findings));
        }
        // A version from before the application was removed is replaced.
        let key_of_version = ledger::declaration(app, &declared.version);
        let kept = ledger::load(ports, &key_of_version).await?;
        let kept = Stored {
            key: key_of_version,
            rev: kept.filter(|_| rev == 0).map_or(0, |kept| kept.rev),
            value: declared.clone(),
        };
        let mut writes =
            vec![Stored { key, rev, value: declared }.put_indexed(Some(ledger::application_index(app)))?, kept.put()?];
        writes.extend(owners);
        Ok(commit(ports, writes).await?.then(Vec::new))
    })
    .await
}

/// Gives the declaration in force its place in the list of applications, where an earlier Windlass wrote it.
async fn list(ports: &impl Ports, app: &AppName, rev: u64, in_force: Option<Declared>) -> Result<()> {
    let key = ledger::declaration_in_force(app);
    let item = DynamoDbApi::get(ports, &key).await?;
    let is_listed = item.is_none_or(|item| item.index.is_some());
    let Some(value) = in_force.filter(|_| !is_listed) else { return Ok(()) };
    let write = Stored { key, rev, value }.put_indexed(Some(ledger::application_index(app)))?;
    // If it is refused, somebody quicker has given it one.
    ports.transact(vec![write]).await.map(|_| ())
}

/// Returns a finding for each topic that is not there, is in another account than Windlass, or does not have the tag of
/// the application: whoever declares a topic writes to the people behind it. Each is looked up once, at its first
/// place.
pub async fn foreign(
    ports: &(impl SnsApi + Configured),
    app: &AppName,
    declaration: &Declaration,
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, topics) in declaration.topics() {
        for (i, notify) in topics.iter().enumerate() {
            let topic = &notify.topic;
            if !seen.insert(topic) {
                continue;
            }
            if let Some(why) = why_foreign(ports, app, topic).await? {
                findings.push(not_ours(format!("{at}[{i}].topic"), topic, app, &why));
            }
        }
    }
    Ok(findings)
}

async fn why_foreign(ports: &(impl SnsApi + Configured), app: &AppName, topic: &str) -> Result<Option<String>> {
    let own = &ports.config().account;
    if account_of(topic) != Some(own) {
        return Ok(Some(format!("is not in the account of Windlass, {own}")));
    }
    let tags = match ports.topic_tags(topic).await {
        Ok(tags) => tags,
        Err(fault) if fault.name == FaultName::NotFound => return Ok(Some("does not exist".to_owned())),
        Err(fault) if matches!(fault.name, FaultName::AccessDenied | FaultName::Refused) => {
            return Ok(Some(format!("does not show its tags: {}", fault.message)));
        }
        Err(fault) => return Err(fault),
    };
    if let Some(installation) = by_tags(&tags) {
        let why = format!("belongs to the installation `{installation}` of Windlass");
        return Ok(Some(why));
    }
    Ok(match tags.get(APP_TAG) {
        Some(marked) if marked == app.as_str() => None,
        Some(other) => Some(format!("has the tag `{APP_TAG}`: `{other}`")),
        None => Some(format!("has no tag `{APP_TAG}`")),
    })
}

/// The repositories that a new declaration names become the application's, whose tag rules their pushes
/// follow; what only the former one named is anybody's again. What belongs to another application, or
/// cannot be seen to be this one's, is reported.
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
            writes.push(owner.delete());
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
