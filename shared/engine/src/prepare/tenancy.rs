//! Tenancy: a target belongs to one component of one environment of one application.

use super::Ports;
use super::buckets::Buckets;
use super::component::Draft;
use super::scene::Scene;
use super::sites::Site;
use crate::kinds::{Folder, Prepared};
use crate::ports::{Answered, Write};
use crate::store::{self, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

/// Who a target belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
}

/// That a target belongs to somebody; the ledger item at [`store::target`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// To whom.
    #[serde(flatten)]
    pub owner: Owner,
    /// Whether it is a site's whose folder was compared with those of others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compared: bool,
}

/// What came of the check.
#[derive(Default)]
pub struct Tenancy {
    /// Targets that are not ours.
    pub findings: Vec<Finding>,
    /// What makes those ours that were nobody's.
    pub claims: Claims,
}

/// What makes targets ours that were nobody's. Each write is conditional.
#[derive(Default)]
pub struct Claims {
    targets: BTreeMap<ComponentName, Write>,
    buckets: Buckets,
}

const REMEDY: &str = "Give each component of each environment a target of its own.";

/// Looks up who owns each target.
pub async fn check<P: Ports>(ports: &P, scene: &Scene, drafts: &[Draft<'_>]) -> Answered<Tenancy> {
    let mut tenancy = Tenancy::default();
    let mut seen: BTreeMap<&str, &ComponentName> = BTreeMap::new();
    let known = drafts.iter().filter(|d| !d.prepared.identity.is_empty());
    for draft in known {
        let (name, identity) = (draft.name, draft.prepared.identity.as_str());
        let finding = match seen.insert(identity, name) {
            Some(other) => Some(twice(name, other, identity)),
            None => tenancy.claims.claim(ports, scene, draft).await?,
        };
        tenancy.findings.extend(finding);
    }
    Ok(tenancy)
}

impl Claims {
    /// The writes that claim the targets of these components.
    pub fn writes(
        self,
        scene: &Scene,
        is_changed: impl Fn(&ComponentName) -> bool,
    ) -> Answered<Vec<Write>> {
        let targets = self.targets.into_iter();
        let targets = targets.filter(|(component, _)| is_changed(component));
        let mut writes = self.buckets.writes(scene, &is_changed)?;
        writes.extend(targets.map(|(_, write)| write));
        Ok(writes)
    }

    async fn claim<P: Ports>(
        &mut self,
        ports: &P,
        scene: &Scene,
        draft: &Draft<'_>,
    ) -> Answered<Option<Finding>> {
        let (name, prepared) = (draft.name, &draft.prepared);
        let owner = Owner::of(scene, name);
        let key = store::target(&prepared.identity);
        let known: Option<Stored<Claim>> = store::load(ports, &key).await?;
        let earlier = known.as_ref().map(|known| &known.value);
        let others = earlier.filter(|it| it.owner != owner && !it.owner.is_given_up(scene));
        if let Some(other) = others
            && !self.is_left(ports, prepared, other).await?
        {
            return Ok(Some(not_ours(name, &prepared.identity, &other.owner)));
        }
        let finding = self.place(ports, scene, &owner, prepared, earlier).await?;
        if finding.is_some() {
            return Ok(finding);
        }
        let ours = Claim {
            owner,
            compared: prepared.folder.is_some(),
        };
        let rev = known.as_ref().map_or(0, |known| known.rev);
        if known.is_none_or(|known| known.value != ours) {
            let value = ours;
            let write = Stored { key, rev, value }.put()?;
            self.targets.insert(name.clone(), write);
        }
        Ok(None)
    }

    /// Whether a target is a site's that has moved within its bucket since.
    async fn is_left<P: Ports>(
        &mut self,
        ports: &P,
        prepared: &Prepared,
        claim: &Claim,
    ) -> Answered<bool> {
        match &prepared.folder {
            Some(folder) if claim.compared => {
                self.buckets.has_moved(ports, folder, &claim.owner).await
            }
            _ => Ok(false),
        }
    }

    /// Claims the folder of a site, and where a rollback of it goes back to.
    async fn place<P: Ports>(
        &mut self,
        ports: &P,
        scene: &Scene,
        owner: &Owner,
        prepared: &Prepared,
        earlier: Option<&Claim>,
    ) -> Answered<Option<Finding>> {
        let site = |folder: &Folder| Site {
            owner: owner.clone(),
            folder: folder.clone(),
            by: Some(scene.loaded.record.id.clone()),
        };
        // Before the folder that is declared, which the next release goes to.
        if let Some(back) = &prepared.back {
            let finding = self.buckets.claim_back(ports, site(back)).await?;
            if finding.is_some() {
                return Ok(finding);
            }
        }
        let Some(folder) = &prepared.folder else {
            return Ok(None);
        };
        let earlier = earlier.filter(|claim| !claim.compared && prepared.in_folder);
        let holder = earlier.map(|claim| &claim.owner);
        self.buckets.claim(ports, scene, site(folder), holder).await
    }
}

impl Owner {
    fn of(scene: &Scene, component: &ComponentName) -> Self {
        let record = &scene.loaded.record;
        Self {
            app: record.app.clone(),
            environment: record.environment.clone(),
            component: component.clone(),
        }
    }

    /// Whether it is a component that was renamed or removed in this environment: it owns nothing any
    /// more.
    pub fn is_given_up(&self, scene: &Scene) -> bool {
        let resolved = &scene.loaded.resolved;
        self.app == resolved.app
            && self.environment == resolved.environment
            && !resolved.components.contains_key(&self.component)
    }

    /// Whether both are of one environment.
    pub fn is_neighbour(&self, other: &Self) -> bool {
        self.app == other.app && self.environment == other.environment
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (app, environment) = (&self.app, &self.environment);
        write!(f, "the component {} of {app}/{environment}", self.component)
    }
}

fn not_ours(component: &ComponentName, identity: &str, owner: &Owner) -> Finding {
    Finding::new(
        FindingName::TargetNotOurs,
        format!("components.{component}"),
        format!("{identity} belongs to {owner}."),
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
