//! `GET /apps/{app}/environments/{environment}`: what runs now, declared or not any more, and what is going on. `GET
//! /apps/{app}/environments`: which there are, and the one that a Git ref or an image tag chooses.

use super::access::Reader;
use super::apps::situation;
use crate::conductor::{Sought, newest_other};
use crate::config::Configured;
use crate::observe::compare;
use crate::overview::environment_items;
use crate::ports::{DynamoDbApi, Key, Result};
use crate::routes::api::call::{Answered, ApiCall, OrRefused, Ports, Served, answers, refused};
use crate::trouble::{Checked, found};
use crate::{ledger, pin};
use std::collections::BTreeMap;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::hourly_look::LookResult;
use windlass_domain::deployment::steering::{SteeringRecord, pause_in_force};
use windlass_domain::environment::drift::Compared;
use windlass_domain::environment::irreversible::crossed;
use windlass_domain::environment::{EnvironmentState, HeldState, Lock, LockHolder, Running};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Request;
use windlass_domain::shown::api::environments::{Environment, Environments, RunningNames, Undeclared, UndeclaredSince};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// Answers what runs of each component and since when, the snapshot, the lock, the hold, and the deployments that wait;
/// the irreversible runs that a rollback would go back across (`crosses`); and what the last hourly look at the targets
/// found (`drift`). With `?observe=true` it also says whether the targets are as recorded.
pub async fn get(ports: &impl Ports, of: EnvironmentId<'_>, call: &ApiCall) -> Served<answers::Environment> {
    known(ports, of).await.or_refused(404)?;
    let mut here = environment_items(ports, of).await?;
    let crosses = if here.state.irreversible.is_empty() {
        None
    } else {
        let sought = Sought { state: &here.state, component: None };
        let goal = newest_other(ports, here.state.snapshot, of, &sought).await?;
        Some(goal.map(|goal| crossed(&goal.with_found(&here.state), &here.state)).unwrap_or_default())
    };
    let no_longer_declared = take(ports, of.app(), &mut here.state.running).await?;
    let in_force = found(pin::declaration_in_force(ports, of.app()).await)?;
    let schedule = in_force.as_ref().and_then(|it| it.declaration.drills(of.environment()));
    let situation = situation(ports, of, &here, schedule).await?;
    let observed = match call.query.get("observe").map(String::as_str) {
        Some("true") => Some(observed(ports, &here.state, &here.lock, situation.drift.as_ref()).await),
        _ => None,
    };
    Ok(Answered::One(Environment {
        app: of.app().clone(),
        name: of.environment().clone(),
        paused: paused(ports, &here.lock).await?,
        running: here.state.running,
        no_longer_declared,
        situation,
        crosses,
        observed,
    }))
}

/// Checks that the application declares the environment, or did. An environment that has left the declaration is known
/// as long as something is recorded of it, because somebody has to care for what still runs or is stuck in it.
pub async fn known(ports: &impl Ports, of: EnvironmentId<'_>) -> Checked<()> {
    let mut request = Request::new(ActionName::Hold, of.app().clone());
    request.environment = Some(of.environment().clone());
    let findings = match pin::named_environment(ports, &request).await {
        Ok(_) => return Ok(()),
        Err(trouble) => trouble.findings()?,
    };
    let lock: Key = ledger::lock(of).into();
    let state: Key = ledger::state(of).into();
    for key in [lock, state] {
        if DynamoDbApi::get(ports, &key).await?.is_some() {
            return Ok(());
        }
    }
    Err(findings.into())
}

/// The pause that is in force of the deployment that holds the lock: until when, by whom, and why.
async fn paused(ports: &impl Ports, lock: &Lock) -> Result<Option<SteeringRecord>> {
    let running = |held: &&LockHolder| held.state == HeldState::Running;
    let Some(held) = lock.held.as_ref().filter(running) else { return Ok(None) };
    let record = ledger::load(ports, &ledger::deployment(&held.deployment)).await?;
    let now = ports.now();
    Ok(record.and_then(|record| pause_in_force(&record.value, now).cloned()))
}

/// The targets beside their records. While a deployment is under way they differ by design. Where a look would run code
/// of the user's, the last one is shown with its age.
async fn observed(
    ports: &impl Ports,
    state: &EnvironmentState,
    lock: &Lock,
    last: Option<&LookResult>,
) -> BTreeMap<ComponentName, Compared> {
    let under_way = lock.held.as_ref().filter(|held| held.state != HeldState::NeedsOperator);
    let Some(held) = under_way else {
        let looks = compare(ports, &state.running).await.into_iter();
        let last = |name: &ComponentName| LookResult::last(last, name);
        return looks.map(|(name, now)| (name.clone(), now.unwrap_or_else(|| last(&name)))).collect();
    };
    let unknown = Compared::unknown(format!("deployment {} is under way", held.deployment));
    state.running.keys().map(|name| (name.clone(), unknown.clone())).collect()
}

/// Returns the names of the declared environments; with `?ref=` or `?image_tag=` also `chosen`, where a release of it
/// goes. 403 where the caller may not read that, 404 where no environment's rule matches, 400 where those of several
/// do: so whoever asks before a release hears of it before it is sent.
pub async fn choice(
    ports: &impl Ports,
    reader: &mut Reader,
    app: &AppName,
    call: &ApiCall,
) -> Served<answers::Environments> {
    let declared = pin::declaration_in_force(ports, app).await.or_refused(404)?;
    let declaration = &declared.declaration;
    let chosen = chosen(declaration, call).map_err(|finding| {
        let status = if finding.name == FindingName::NoEnvironment { 404 } else { 400 };
        refused(status, &[finding])
    })?;
    if let Some(chosen) = &chosen {
        reader.sees(ports, EnvironmentId::new(app, chosen)).await?;
    }
    let environments = declaration.environments().cloned().collect();
    let environments = reader.readable(ports, app, environments).await?.unwrap_or_default();
    Ok(Answered::One(Environments { app: app.clone(), declaration: declared.version.clone(), environments, chosen }))
}

fn chosen(declaration: &Declaration, call: &ApiCall) -> Result<Option<EnvironmentName>, Finding> {
    let (path, text, chosen) = match (call.query.get("ref"), call.query.get("image_tag")) {
        (Some(_), Some(_)) => {
            return Err(Finding::bad_value(
                "?image_tag",
                "both `ref` and `image_tag` are given, and each chooses by itself.",
                "Give one of them.",
            ));
        }
        (Some(reference), None) => ("?ref", reference, declaration.environment_for(reference)?),
        (None, Some(tag)) => ("?image_tag", tag, declaration.environment_for_image_tag(tag)?),
        (None, None) => return Ok(None),
    };
    let chosen = chosen.ok_or_else(|| declaration.no_rule(path, text))?;
    Ok(Some(chosen))
}

/// Takes out of what runs what the declaration in force does not have.
pub async fn take(
    ports: &(impl DynamoDbApi + Configured),
    app: &AppName,
    running: &mut BTreeMap<ComponentName, Running>,
) -> Result<BTreeMap<ComponentName, Undeclared>> {
    let Some(in_force) = found(pin::declaration_in_force(ports, app).await)? else { return Ok(BTreeMap::new()) };
    let declared = |name: &ComponentName| in_force.declaration.components().any(|it| it == name);
    let gone = running.extract_if(.., |name, _| !declared(name));
    let gone: BTreeMap<ComponentName, Running> = gone.collect();
    if gone.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut versions: Vec<Declared> = all_versions(ports, app).await?;
    versions.retain(|declared| declared.version <= in_force.version);
    versions.sort_by(|a, b| b.version.cmp(&a.version));
    let described = gone.into_iter().map(|(name, running)| {
        let left = left(&versions, &name);
        (name, Undeclared { running: RunningNames::from(running), left })
    });
    Ok(described.collect())
}

async fn all_versions(ports: &impl DynamoDbApi, app: &AppName) -> Result<Vec<Declared>> {
    Ok(ledger::load_all(ports, &ledger::declarations(app)).await?.into_iter().map(|version| version.value).collect())
}

/// Finds the version with which a component left the declaration: the oldest version without it that is newer than all
/// with it. `versions` has the newest first.
fn left(versions: &[Declared], name: &ComponentName) -> Option<UndeclaredSince> {
    let lacks = |declared: &&Declared| {
        ledger::read_declaration(declared).is_ok_and(|declaration| declaration.components().all(|it| it != name))
    };
    let lacking = versions.iter().take_while(lacks).count();
    // The version that still had it must be known as well.
    let first = versions.get(..lacking).and_then(<[Declared]>::last).filter(|_| lacking < versions.len())?;
    Some(UndeclaredSince { declaration: first.version.clone(), at: first.accepted })
}
