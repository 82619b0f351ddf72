//! The sites of a bucket: one of another environment may be beside ours, and neither in the folder of
//! the other nor behind an origin whose path one of them switches.

use super::Ports;
use super::scene::Scene;
use super::tenancy::{Claim, Owner};
use crate::kinds::{Clash, Folder};
use crate::ports::{Answered, Write};
use crate::store::{self, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::ComponentName;

/// A site of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Who owns it.
    pub owner: Owner,
    /// Where it is.
    pub folder: Folder,
}

/// Which sites are in a bucket; the ledger item at [`store::bucket`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sites {
    /// In the order in which they came.
    pub sites: Vec<Site>,
}

/// The buckets of our sites as they were read, and what is new in them.
#[derive(Default)]
pub struct Buckets {
    read: BTreeMap<String, Stored<Sites>>,
    new: Vec<Site>,
}

const REMEDY: &str = "Give each component of each environment a target of its own: a folder that is in no other one's, and an origin of its own where `mode: prefix` switches it.";

impl Buckets {
    /// Claims the folder of a site, unless it is claimed already. One that is held by a claim of before
    /// folders were compared is not compared: nobody is refused what is theirs already.
    pub async fn claim<P: Ports>(
        &mut self,
        ports: &P,
        site: Site,
        is_held: bool,
    ) -> Answered<Option<Finding>> {
        let bucket = &site.folder.bucket;
        if !self.read.contains_key(bucket) {
            let stored = store::load_or_default(ports, &store::bucket(bucket)).await?;
            self.read.insert(bucket.clone(), stored);
        }
        let known = self.read.get(bucket).map(|known| &known.value);
        let known = known.map_or(&[][..], |known| &known.sites);
        if known.contains(&site) {
            return Ok(None);
        }
        if !is_held {
            let clashing = known.iter().find_map(|other| clash(&site, other));
            if clashing.is_some() {
                return Ok(clashing);
            }
            if let Some(finding) = claimed_before(ports, &site).await? {
                return Ok(Some(finding));
            }
        }
        self.new.push(site);
        Ok(None)
    }

    /// What claims the folders of these components: a bucket's sites as a whole.
    pub fn writes(
        mut self,
        scene: &Scene,
        is_changed: impl Fn(&ComponentName) -> bool,
    ) -> Answered<Vec<Write>> {
        let mut changed = BTreeMap::new();
        let new = self.new.into_iter();
        for site in new.filter(|site| is_changed(&site.owner.component)) {
            let bucket = site.folder.bucket.clone();
            if let Some(stored) = self.read.remove(&bucket) {
                changed.insert(bucket.clone(), stored);
            }
            if let Some(stored) = changed.get_mut(&bucket) {
                stored.value.take(site, scene);
            }
        }
        changed.values().map(Stored::put).collect()
    }
}

impl Sites {
    /// Takes in a site, in place of what its component had in this bucket and of what a component had
    /// there that is gone.
    fn take(&mut self, site: Site, scene: &Scene) {
        self.sites.retain(|other| {
            let is_left = other.owner.is_given_up(scene)
                && other.folder.clash(&site.folder) == Some(Clash::Folder);
            other.owner != site.owner && !is_left
        });
        self.sites.push(site);
    }
}

/// A claim of before folders were compared, on a folder that the site is in.
async fn claimed_before<P: Ports>(ports: &P, site: &Site) -> Answered<Option<Finding>> {
    for address in site.folder.within() {
        let known: Option<Stored<Claim>> = store::load(ports, &store::target(&address)).await?;
        let earlier = known.map(|known| known.value);
        let earlier =
            earlier.filter(|claim| !claim.compared && !claim.owner.is_neighbour(&site.owner));
        if let Some(earlier) = earlier {
            return Ok(Some(within(site, &address, &earlier.owner)));
        }
    }
    Ok(None)
}

/// What is wrong with a site beside another one. Within an environment the declaration tells it.
fn clash(site: &Site, other: &Site) -> Option<Finding> {
    if site.owner.is_neighbour(&other.owner) {
        return None;
    }
    let theirs = other.folder.address();
    Some(match site.folder.clash(&other.folder)? {
        Clash::Folder => within(site, &theirs, &other.owner),
        Clash::Origin => not_ours(
            site,
            format!(
                "{} and {theirs}, which belongs to {}, are served by the same origin of {}, whose path one of them switches.",
                site.folder.address(),
                other.owner,
                site.folder.distribution.as_deref().unwrap_or_default(),
            ),
        ),
    })
}

fn within(site: &Site, theirs: &str, owner: &Owner) -> Finding {
    let ours = site.folder.address();
    let reason = match ours.len().cmp(&theirs.len()) {
        std::cmp::Ordering::Less => format!("{theirs}, which belongs to {owner}, is in {ours}."),
        std::cmp::Ordering::Equal => format!("{ours} belongs to {owner}."),
        std::cmp::Ordering::Greater => format!("{ours} is in {theirs}, which belongs to {owner}."),
    };
    not_ours(site, reason)
}

fn not_ours(site: &Site, reason: String) -> Finding {
    let path = format!("components.{}", site.owner.component);
    Finding::new(FindingName::TargetNotOurs, path, reason, REMEDY)
}
