//! Claims folders of buckets: looks at the sites that are there, and writes them with ours.

use super::Ports;
use super::scene::Scene;
use super::sites::{Compared, Site, Sites, within};
use super::tenancy::{Claim, Owner};
use crate::kinds::Folder;
use crate::ports::{Answered, Write};
use crate::store::{self, Stored};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use windlass_domain::deployment::Deployment;
use windlass_domain::ending::Ending;
use windlass_domain::environment::{EnvironmentState, Running};
use windlass_domain::finding::Finding;
use windlass_domain::name::ComponentName;

/// The buckets of our sites as they were read, and what is new in them.
#[derive(Default)]
pub struct Buckets {
    read: BTreeMap<String, Stored<Sites>>,
    new: Vec<(Site, Option<Running>)>,
    left: Vec<Left>,
}

/// A claim of before folders were compared, whose owner has another folder of the bucket since.
struct Left {
    /// Whose site comes into what was left.
    by: ComponentName,
    claim: Stored<Claim>,
}

impl Buckets {
    /// Claims the folder of a site. One that is held by a claim of before folders were compared is not
    /// compared, nor is a folder again that its environment has already: nobody is refused what is theirs.
    /// The holder is the owner by such a claim; of a folder that it has left it holds nothing.
    pub async fn claim<P: Ports>(
        &mut self,
        ports: &P,
        scene: &Scene,
        site: Site,
        holder: Option<&Owner>,
    ) -> Answered<Option<Finding>> {
        let goes_back = self.new.iter().any(|(it, _)| it.owner == site.owner);
        let known = &self.read(ports, &site.folder.bucket).await?.value;
        // After where a rollback goes back to, so that it is not taken for left.
        if known.is_settled(&site, scene) && !goes_back {
            return Ok(None);
        }
        let how = if known.is_in_place(&site) {
            Compared::Origins
        } else {
            Compared::All
        };
        let is_known = known.sites.iter().any(|it| it.is_same(&site));
        let is_held = match holder {
            Some(holder) => !self.has_moved(ports, &site.folder, holder).await?,
            None => false,
        };
        if !is_known && !is_held {
            let finding = self.compare(ports, &site, how).await?;
            if finding.is_some() {
                return Ok(finding);
            }
        }
        self.take(ports, site).await?;
        Ok(None)
    }

    /// Claims where a rollback goes back to, which is not in the folder of its site.
    pub async fn claim_back<P: Ports>(
        &mut self,
        ports: &P,
        site: Site,
    ) -> Answered<Option<Finding>> {
        let finding = self.compare(ports, &site, Compared::Within).await?;
        if finding.is_none() {
            self.take(ports, site).await?;
        }
        Ok(finding)
    }

    async fn take<P: Ports>(&mut self, ports: &P, site: Site) -> Answered<()> {
        let held = held(ports, &site.owner).await?;
        self.new.push((site, held));
        Ok(())
    }

    /// Whether the owner of a target has left it, by a move within the bucket that held.
    pub async fn has_moved<P: Ports>(
        &mut self,
        ports: &P,
        target: &Folder,
        owner: &Owner,
    ) -> Answered<bool> {
        let known = &self.read(ports, &target.bucket).await?.value;
        has_moved(ports, known, &target.identity(), owner).await
    }

    /// What is wrong with a site beside the others. Those that were left are taken out.
    async fn compare<P: Ports>(
        &mut self,
        ports: &P,
        site: &Site,
        how: Compared,
    ) -> Answered<Option<Finding>> {
        let known = &mut self.read(ports, &site.folder.bucket).await?.value;
        while let Some((at, finding)) = known.clash(site, how) {
            let held = held(ports, &known.sites[at].owner).await?;
            if !held.is_some_and(|held| known.is_left(at, &held)) {
                return Ok(Some(finding));
            }
            known.sites.remove(at);
        }
        if how != Compared::Origins {
            match claimed_before(ports, site, known).await? {
                Ok(left) => self.left.extend(left),
                Err(finding) => return Ok(Some(finding)),
            }
        }
        Ok(None)
    }

    async fn read<P: Ports>(&mut self, ports: &P, bucket: &str) -> Answered<&mut Stored<Sites>> {
        match self.read.entry(bucket.to_owned()) {
            Entry::Occupied(read) => Ok(read.into_mut()),
            Entry::Vacant(new) => {
                Ok(new.insert(store::load_or_default(ports, &store::bucket(bucket)).await?))
            }
        }
    }

    /// What claims the folders of these components: a bucket's sites as a whole.
    pub fn writes(
        mut self,
        scene: &Scene,
        is_changed: impl Fn(&ComponentName) -> bool,
    ) -> Answered<Vec<Write>> {
        let mut changed = BTreeMap::new();
        let new = self.new.into_iter();
        for (site, held) in new.filter(|(site, _)| is_changed(&site.owner.component)) {
            let bucket = site.folder.bucket.clone();
            if let Some(stored) = self.read.remove(&bucket) {
                changed.insert(bucket.clone(), stored);
            }
            if let Some(stored) = changed.get_mut(&bucket) {
                stored.value.take(site, held.as_ref(), scene);
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

/// Without a read where the owner has nothing else in the bucket.
async fn has_moved<P: Ports>(
    ports: &P,
    known: &Sites,
    target: &str,
    owner: &Owner,
) -> Answered<bool> {
    if !known.sites.iter().any(|it| it.owner == *owner) {
        return Ok(false);
    }
    let held = held(ports, owner).await?;
    Ok(held.is_some_and(|held| known.has_moved(target, owner, &held)))
}

/// What a component runs where the deployment that brought it held. What an operator accepted may be in part
/// where it was before.
async fn held<P: Ports>(ports: &P, owner: &Owner) -> Answered<Option<Running>> {
    let key = store::state(&owner.app, &owner.environment);
    let mut state: Stored<EnvironmentState> = store::load_or_default(ports, &key).await?;
    let Some(running) = state.value.running.remove(&owner.component) else {
        return Ok(None);
    };
    let key = store::deployment(&running.deployment);
    let record: Option<Stored<Deployment>> = store::load(ports, &key).await?;
    let ended = record.and_then(|record| record.value.ending);
    let held = ended.is_some_and(|ended| ended.ending == Ending::Succeeded);
    Ok(Some(running).filter(|_| held))
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
        let owner = &claim.value.owner;
        if !has_moved(ports, known, &address, owner).await? {
            return Ok(Err(within(site, &address, owner)));
        }
        claim.value.compared = true;
        let by = site.owner.component.clone();
        left.push(Left { by, claim });
    }
    Ok(Ok(left))
}
