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
use std::collections::btree_map::Entry;
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
    left: Vec<Left>,
}

/// A claim of before folders were compared, whose owner has another folder of the bucket since.
struct Left {
    /// Whose site comes into what was left.
    by: ComponentName,
    claim: Stored<Claim>,
}

const REMEDY: &str = "Give each component of each environment a target of its own: a folder that is in no other one's, and an origin of its own where `mode: prefix` switches it.";

impl Buckets {
    /// Claims the folder of a site, unless it is claimed already. One that is held by a claim of before
    /// folders were compared is not compared, nor is a folder again that its environment has already:
    /// nobody is refused what is theirs. The holder is the owner by such a claim; of a folder that it has
    /// left it holds nothing.
    pub async fn claim<P: Ports>(
        &mut self,
        ports: &P,
        site: Site,
        holder: Option<&Owner>,
    ) -> Answered<Option<Finding>> {
        let bucket = &site.folder.bucket;
        let read = match self.read.entry(bucket.clone()) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(new) => {
                new.insert(store::load_or_default(ports, &store::bucket(bucket)).await?)
            }
        };
        let known = &read.value;
        if known.sites.contains(&site) {
            return Ok(None);
        }
        if holder.is_none_or(|holder| known.has(holder)) {
            let stays = known.is_in_place(&site);
            let clashing = known.sites.iter().find_map(|it| clash(&site, it, stays));
            if clashing.is_some() {
                return Ok(clashing);
            }
            if !stays {
                match claimed_before(ports, &site, known).await? {
                    Ok(left) => self.left.extend(left),
                    Err(finding) => return Ok(Some(finding)),
                }
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
        let left = self.left.into_iter().filter(|left| is_changed(&left.by));
        let left = left.map(|left| (left.claim.key.pk.clone(), left.claim));
        // Several sites may come into the same folder; a transaction writes an item once.
        let left: BTreeMap<String, Stored<Claim>> = left.collect();
        let sites = changed.values().map(Stored::put);
        // First, as there may be several transactions: what was left is so whether or not somebody came.
        left.values().map(Stored::put).chain(sites).collect()
    }
}

impl Sites {
    fn has(&self, owner: &Owner) -> bool {
        self.sites.iter().any(|site| site.owner == *owner)
    }

    /// Whether the folder of a site is its environment's already: whoever came since was compared with
    /// it.
    fn is_in_place(&self, site: &Site) -> bool {
        let same = |it: &&Site| it.folder.address() == site.folder.address();
        let mut same = self.sites.iter().filter(same);
        same.any(|it| it.owner.is_neighbour(&site.owner))
    }

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

/// Looks for claims of before folders were compared, on a folder that the site is in: refuses one that
/// holds, and else tells those that were left, with the mark that nobody holds them again.
async fn claimed_before<P: Ports>(
    ports: &P,
    site: &Site,
    known: &Sites,
) -> Answered<Result<Vec<Left>, Finding>> {
    let mut left = Vec::new();
    for address in site.folder.within() {
        let claim: Option<Stored<Claim>> = store::load(ports, &store::target(&address)).await?;
        let earlier =
            claim.filter(|it| !it.value.compared && !it.value.owner.is_neighbour(&site.owner));
        let Some(mut claim) = earlier else { continue };
        if !known.has(&claim.value.owner) {
            return Ok(Err(within(site, &address, &claim.value.owner)));
        }
        claim.value.compared = true;
        let by = site.owner.component.clone();
        left.push(Left { by, claim });
    }
    Ok(Ok(left))
}

/// What is wrong with a site beside another one, of its folder only if it comes to it. Within an
/// environment the declaration tells it.
fn clash(site: &Site, other: &Site, stays: bool) -> Option<Finding> {
    if site.owner.is_neighbour(&other.owner) {
        return None;
    }
    let found = if stays {
        site.folder.clash_of_origins(&other.folder)
    } else {
        site.folder.clash(&other.folder)
    };
    let theirs = other.folder.address();
    Some(match found? {
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
