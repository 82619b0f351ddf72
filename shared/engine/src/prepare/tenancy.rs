//! Tenancy: a target belongs to one component of one environment of one application.

use super::Ports;
use super::component::Draft;
use super::scene::Scene;
use crate::ports::{Answered, Write};
use crate::store::{self, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

/// Who a target belongs to; the ledger item at [`store::target`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
}

/// What came of the check.
#[derive(Default)]
pub struct Tenancy {
    /// Targets that are not ours.
    pub findings: Vec<Finding>,
    /// What makes targets ours that were nobody's, by component; each is conditional.
    pub claims: BTreeMap<ComponentName, Write>,
}

const REMEDY: &str = "Give each component of each environment a target of its own.";

/// Looks up who owns each target.
pub async fn check<P: Ports>(ports: &P, scene: &Scene, drafts: &[Draft<'_>]) -> Answered<Tenancy> {
    let mut tenancy = Tenancy::default();
    let mut seen: BTreeMap<&str, &ComponentName> = BTreeMap::new();
    let known = drafts.iter().filter(|d| !d.prepared.identity.is_empty());
    for draft in known {
        let (name, identity) = (draft.name, draft.prepared.identity.as_str());
        if let Some(other) = seen.insert(identity, name) {
            tenancy.findings.push(twice(name, other, identity));
            continue;
        }
        match claim(ports, scene, name, identity).await? {
            Ok(None) => {}
            Ok(Some(write)) => {
                tenancy.claims.insert(name.clone(), write);
            }
            Err(finding) => tenancy.findings.push(finding),
        }
    }
    Ok(tenancy)
}

async fn claim<P: Ports>(
    ports: &P,
    scene: &Scene,
    component: &ComponentName,
    identity: &str,
) -> Answered<Result<Option<Write>, Finding>> {
    let record = &scene.loaded.record;
    let us = Owner {
        app: record.app.clone(),
        environment: record.environment.clone(),
        component: component.clone(),
    };
    let key = store::target(identity);
    let known: Option<Stored<Owner>> = store::load(ports, &key).await?;
    Ok(match known {
        None => Ok(Some(Stored::new(key, us).put()?)),
        Some(known) if known.value == us => Ok(None),
        Some(known) if given_up(scene, &known.value) => {
            Ok(Some(Stored { value: us, ..known }.put()?))
        }
        Some(known) => Err(not_ours(component, identity, &known.value)),
    })
}

/// A component that was renamed or removed in this environment owns nothing any more.
fn given_up(scene: &Scene, owner: &Owner) -> bool {
    let resolved = &scene.loaded.resolved;
    owner.app == resolved.app
        && owner.environment == resolved.environment
        && !resolved.components.contains_key(&owner.component)
}

fn not_ours(component: &ComponentName, identity: &str, owner: &Owner) -> Finding {
    Finding::new(
        FindingName::TargetNotOurs,
        format!("components.{component}"),
        format!(
            "{identity} belongs to the component {} of {}/{}.",
            owner.component, owner.app, owner.environment
        ),
        REMEDY,
    )
}

fn twice(component: &ComponentName, other: &ComponentName, identity: &str) -> Finding {
    Finding::new(
        FindingName::Duplicate,
        format!("components.{component}"),
        format!("{identity} is also the target of the component {other}."),
        REMEDY,
    )
}
