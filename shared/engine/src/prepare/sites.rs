//! What the ledger keeps of the sites of a bucket: one of another environment may be beside ours, and
//! neither in the folder of the other nor behind an origin whose path one of them switches. Pure.

use super::scene::Scene;
use super::tenancy::Owner;
use crate::kinds::site::is_in;
use crate::kinds::{Clash, Folder};
use serde::{Deserialize, Serialize};
use windlass_domain::environment::Running;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::DeploymentId;

/// A site of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Who owns it.
    pub owner: Owner,
    /// Where it is.
    pub folder: Folder,
    /// The deployment that claimed it last; absent where that was before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<DeploymentId>,
}

/// Which sites are in a bucket; the ledger item at [`store::bucket`]. A component has several of them
/// between a `Prepare` that moves it and a later one that knows that the move held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sites {
    /// In the order in which they were claimed last.
    pub sites: Vec<Site>,
}

/// What of a site is compared with others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// One that comes.
    All,
    /// One whose folder is its environment's already: what serves it.
    Origins,
    /// One that a rollback goes back to, which writes nothing there: whether it is in another one's folder.
    Within,
}

const REMEDY: &str = "Give each component of each environment a target of its own: a folder that is in no other one's, and an origin of its own where `mode: prefix` switches it.";

impl Site {
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.owner == other.owner && self.folder == other.folder
    }

    /// Whether it is where its component runs: the deployment that claimed it last is the one that held.
    fn runs(&self, held: &Running) -> bool {
        self.by.as_ref() == Some(&held.deployment) && is_in(&held.state, &self.folder)
    }

    /// Whether a move of another site of its environment may have left it: its component's, or one's that
    /// stands in the place of a component that is gone.
    fn may_be_left_for(&self, other: &Self, scene: &Scene) -> bool {
        let takes_over = self.owner.is_given_up(scene)
            && self.folder.clash(&other.folder) == Some(Clash::Folder);
        !self.is_same(other) && (self.owner == other.owner || takes_over)
    }
}

impl Sites {
    /// Whether a component's site is known here, and nothing that it may have left.
    pub(super) fn is_settled(&self, site: &Site, scene: &Scene) -> bool {
        let mut sites = self.sites.iter();
        let known = sites.any(|it| it.is_same(site) && it.by.is_some());
        let mut sites = self.sites.iter();
        known && !sites.any(|it| it.may_be_left_for(site, scene))
    }

    /// Whether the folder of a site is its environment's already: whoever came since was compared with
    /// it.
    pub(super) fn is_in_place(&self, site: &Site) -> bool {
        let same = |it: &&Site| it.folder.address() == site.folder.address();
        let mut same = self.sites.iter().filter(same);
        same.any(|it| it.owner.is_neighbour(&site.owner))
    }

    /// The first that a site cannot be beside, and why.
    pub(super) fn clash(&self, site: &Site, how: Compared) -> Option<(usize, Finding)> {
        let mut sites = self.sites.iter().enumerate();
        sites.find_map(|(at, other)| Some((at, clash(site, other, how)?)))
    }

    /// Whether the component of a site runs where it came to later.
    pub(super) fn is_left(&self, at: usize, held: &Running) -> bool {
        let (owner, later) = (&self.sites[at].owner, &self.sites[at + 1..]);
        later.iter().any(|it| it.owner == *owner && it.runs(held))
    }

    /// Whether a component runs elsewhere than at this target. One that is on its way back there has it
    /// among its sites.
    pub(super) fn has_moved(&self, target: &str, owner: &Owner, held: &Running) -> bool {
        let mut theirs = self.sites.iter().filter(|it| it.owner == *owner);
        theirs.any(|it| it.folder.identity() != target && it.runs(held))
    }

    /// Takes in a site as the last one. What it may have left stays until the move held: an undo goes back
    /// there.
    pub(super) fn take(&mut self, site: Site, held: Option<&Running>, scene: &Scene) {
        let runs = |it: &Site| held.is_some_and(|held| it.runs(held));
        let is_live = |it: &Site| it.owner == site.owner && runs(it);
        if let Some(at) = self.sites.iter().rposition(is_live) {
            let since = self.sites.split_off(at);
            let is_left = |it: &Site| it.may_be_left_for(&since[0], scene);
            self.sites.retain(|it| !is_left(it));
            self.sites.extend(since);
        }
        self.sites.retain(|it| !it.is_same(&site));
        self.sites.push(site);
    }
}

/// What is wrong with a site beside another one. Within an environment the declaration tells it.
fn clash(site: &Site, other: &Site, how: Compared) -> Option<Finding> {
    if site.owner.is_neighbour(&other.owner) {
        return None;
    }
    let (ours, theirs) = (&site.folder, &other.folder);
    let found = match how {
        Compared::All => ours.clash(theirs),
        Compared::Origins => ours.clash_of_origins(theirs),
        Compared::Within => ours.is_in(theirs).then_some(Clash::Folder),
    };
    match found? {
        Clash::Folder => Some(within(site, &theirs.address(), &other.owner)),
        Clash::Origin => Some(same_origin(site, other)),
    }
}

fn same_origin(site: &Site, other: &Site) -> Finding {
    let (ours, theirs) = (&site.folder, &other.folder);
    let unnamed = [ours, theirs].into_iter().find(|it| it.origin.is_none());
    let (are, unnamed) = match unnamed {
        Some(unnamed) => (
            "may be",
            format!(
                "; {} names no `origin`, which would tell",
                unnamed.address()
            ),
        ),
        None => ("are", String::new()),
    };
    let reason = format!(
        "{} and {}, which belongs to {}, {are} served by the same origin of {}, whose path one of them switches{unnamed}.",
        ours.address(),
        theirs.address(),
        other.owner,
        ours.distribution.as_deref().unwrap_or_default(),
    );
    not_ours(site, reason)
}

pub fn within(site: &Site, theirs: &str, owner: &Owner) -> Finding {
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
