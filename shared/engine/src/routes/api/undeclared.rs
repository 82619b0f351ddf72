//! Tells what runs of an environment and is no longer declared apart from what is declared.

use crate::config::Configured;
use crate::ledger::{self};
use crate::pin;
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::found;
use serde::Serialize;
use std::collections::BTreeMap;
use windlass_domain::declaration::Declared;
use windlass_domain::environment::{Running, VersionNames};
use windlass_domain::name::{AppName, ComponentName};
use windlass_domain::time::Time;

/// A component that Windlass has brought and does not deploy any more.
#[derive(Debug, Serialize)]
pub struct Undeclared {
    /// Its names, and since when it is there, as far as Windlass knows.
    #[serde(flatten)]
    names: VersionNames,
    /// The names of each of several images, by container.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    containers: BTreeMap<String, VersionNames>,
    /// The first version of the declaration without it, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<UndeclaredSince>,
}

/// A version of the declaration.
#[derive(Debug, Clone, Serialize)]
struct UndeclaredSince {
    /// The version.
    declaration: semver::Version,
    /// The time at which it was accepted.
    at: Time,
}

/// Takes out of what runs what the declaration in force does not have.
pub async fn take(
    ports: &(impl DynamoDbApi + Configured),
    app: &AppName,
    running: &mut BTreeMap<ComponentName, Running>,
) -> Result<BTreeMap<ComponentName, Undeclared>> {
    let Some(in_force) = found(pin::declaration_in_force(ports, app).await)? else {
        return Ok(BTreeMap::new());
    };
    let declared = |name: &ComponentName| in_force.declaration.components().any(|it| it == name);
    let gone = running.extract_if(.., |name, _| !declared(name));
    let gone: BTreeMap<ComponentName, Running> = gone.collect();
    if gone.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut versions: Vec<Declared> = all_versions(ports, app).await?;
    versions.retain(|declared| declared.version <= in_force.version);
    versions.sort_by(|a, b| b.version.cmp(&a.version));
    let told = gone.into_iter().map(|(name, running)| {
        let left = left(&versions, &name);
        let undeclared = Undeclared { names: running.names, containers: running.containers, left };
        (name, undeclared)
    });
    Ok(told.collect())
}

async fn all_versions(ports: &impl DynamoDbApi, app: &AppName) -> Result<Vec<Declared>> {
    let versions = ledger::load_all(ports, &ledger::declarations(app)).await?;
    Ok(versions.into_iter().map(|version| version.value).collect())
}

/// Finds the version with which a component left the declaration: the oldest version without it that is newer than all
/// with it. `versions` has the newest first.
fn left(versions: &[Declared], name: &ComponentName) -> Option<UndeclaredSince> {
    let lacks = |declared: &&Declared| {
        let read = ledger::read_declaration(declared);
        read.is_ok_and(|declaration| declaration.components().all(|it| it != name))
    };
    let lacking = versions.iter().take_while(lacks).count();
    // The version that still had it must be known as well.
    let first = versions.get(..lacking).and_then(<[Declared]>::last);
    let first = first.filter(|_| lacking < versions.len())?;
    Some(UndeclaredSince { declaration: first.version.clone(), at: first.accepted })
}
