//! Static sites: files in S3, usually behind CloudFront.
//!
//! Two modes (`docs/decisions/0050-two-ways-to-change-a-site.md`): in place, files are written
//! over the live ones, documents last; with a prefix, each release has a folder, and the
//! distribution's origin path is switched. Either way new files that are no documents are brought
//! first by `publish`, which is additive, and the switch is made by the kind.

pub mod archive;
mod calls;
pub mod files;
mod folders;
mod in_place;
mod invalidate;
mod left;
mod listing;
pub mod lists;
mod prefix;
mod prepare;
pub mod publish;
mod publishes;
mod rows;
pub mod rules;
mod state;
mod target;

use crate::config::Configured;
pub use crate::kinds::Trouble;
use crate::kinds::{Class, Facts, Kind, Next, Switched, View, Way};
use crate::ports::{Answered, Cdn, Clock, Objects, Reach};
use archive::Entry;
use calls::Pace;
use files::{File, Goal, Object, Staged};
pub use prepare::prepare;
use rules::Rules;
use serde_json::json;
pub use state::{Change, InPlace, Kept, Prefix, State, load};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
pub use target::{Archive, Target, Visited, folder_of, origin_path_of, release_of};
use windlass_domain::declaration::resolved::SiteMode;
use windlass_domain::fault::Fault;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::DeploymentId;
use windlass_domain::place::Place;
use windlass_domain::step::Step;

/// The ports that a site needs.
pub trait SitePorts: Objects + Cdn + Clock + Reach + Configured {}
impl<P: Objects + Cdn + Clock + Reach + Configured> SitePorts for P {}

/// The files that are Windlass's own, in words.
fn files_of(target: &Target) -> String {
    let site = &target.site;
    format!(
        "the files of its releases in s3://{}/{}",
        site.bucket, site.prefix
    )
}

/// A static site, with what is known of the deployment that changes it.
pub struct Site<P> {
    /// The ports at the target's place.
    at: P,
    /// The ports at the deployer's own place, where the artifacts bucket is.
    home: P,
    known: Knowledge,
    /// What is known to be at a path with an ETag.
    seen: RefCell<BTreeMap<(String, String), Object>>,
    /// The archive's directory, read once.
    directory: OnceCell<Vec<Entry>>,
    /// What was read before its change is sent.
    fetched: RefCell<Option<(Vec<in_place::plan::Op>, in_place::Contents)>>,
    /// How many calls to S3 are under way at once.
    pace: Cell<Pace>,
    /// What was seen last, with what was done since.
    looked: RefCell<Option<in_place::Looked>>,
}

/// The state before and the goal, with their lists.
#[derive(Debug, Clone)]
pub struct Knowledge {
    /// The site's rules.
    pub rules: Rules,
    /// The state before.
    pub before: (State, Goal),
    /// The deployment's goal.
    pub forward: (State, Goal),
    /// What former releases left and the deployment deletes, by path.
    pub due: BTreeSet<String>,
    /// What this deployment wrote already.
    pub written: Vec<(String, Object)>,
    /// What this deployment uploaded but for the completion, by path.
    pub staged: BTreeMap<String, (File, Staged)>,
}

impl Knowledge {
    /// Whether what the release holds in place is not known: then it is not published, or its list
    /// was lost. Every file of before would be taken for one that is not wanted any more.
    pub fn lacks_files(&self) -> bool {
        let of_release = matches!(&self.forward.1, Goal::Release(files) if files.is_empty());
        of_release && matches!(self.forward.0, State::InPlace(_))
    }
}

impl<P: SitePorts> Site<P> {
    /// A site; `at` are the ports at its place.
    pub fn new(at: P, mut known: Knowledge) -> Self {
        let home = at.at(&Place::default());
        let seen = std::mem::take(&mut known.written)
            .into_iter()
            .map(|(path, object)| ((path, object.etag.clone()), object))
            .collect();
        Self {
            at,
            home,
            known,
            seen: RefCell::new(seen),
            directory: OnceCell::new(),
            fetched: RefCell::default(),
            pace: Cell::default(),
            looked: RefCell::default(),
        }
    }

    /// Keeps the list of what is at each key.
    async fn record(&self, target: &Target, list: &Kept) -> Answered<()> {
        let lists = lists::Lists::of(&self.home, target);
        lists.keep_list(list).await?;
        // Nothing was done to the site.
        self.go_on_from(|looked| {
            if let Some(seen) = &mut looked.seen {
                seen.unrecorded = None;
            }
        });
        Ok(())
    }
}

/// The kind that a step is of, with what its lists say.
pub async fn of<P: SitePorts>(ports: &P, step: &Step) -> Answered<Site<P>> {
    let known = load(&ports.at(&Place::default()), step).await?;
    Ok(Site::new(ports.at(&step.place), known))
}

/// What one look at a site shows.
#[derive(Debug, Clone)]
pub enum Seen {
    /// Of a site that is changed in place.
    InPlace(in_place::Seen),
    /// Of a site with a folder per release.
    Prefix(prefix::Seen),
}

impl<P: SitePorts> Kind for Site<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = State;
    type Change = Change;

    /// Who only looks, looks at all files of the site, and not only at those that the deployment changes.
    async fn observe(&self, target: &Target, way: &Way<'_, State>) -> Answered<Seen> {
        if way.goal == Some(&self.known.forward.0) && self.known.lacks_files() {
            return Err(Fault::internal(
                "the list of the release's files is not there any more: a site without files is not wanted",
            ));
        }
        match self.known.forward.0 {
            State::InPlace(_) => {
                let whole = way.goal.is_none();
                let seen = self.observe_in_place(target, whole).await?;
                Ok(Seen::InPlace(seen))
            }
            State::Prefix(_) => Ok(Seen::Prefix(self.observe_prefix(target).await?)),
        }
    }

    /// In place each file has a condition of its own, and what is not as it was seen is told by file; and reads
    /// after writes, and listings, are consistent (Amazon S3 User Guide, "Amazon S3 data consistency model").
    fn view(_: &Target, seen: &Seen) -> View {
        match seen {
            Seen::InPlace(seen) => View {
                noticed: seen.state.noticed(&seen.noticed),
                waits_for: None,
                is_guarded: false,
                is_consistent: true,
            },
            Seen::Prefix(seen) => View {
                noticed: seen.state.noticed(),
                waits_for: None,
                is_guarded: true,
                is_consistent: false,
            },
        }
    }

    fn back(seen: &Seen) -> State {
        match seen {
            Seen::InPlace(seen) => State::InPlace(seen.state.clone()),
            Seen::Prefix(seen) => State::Prefix(seen.state.clone()),
        }
    }

    async fn keep(&self, target: &Target, seen: &Seen) -> Answered<()> {
        match seen {
            Seen::InPlace(in_place::Seen {
                unrecorded: Some(list),
                ..
            }) => self.record(target, list).await,
            Seen::InPlace(_) | Seen::Prefix(_) => Ok(()),
        }
    }

    fn next(target: &Target, seen: &Seen, goal: &State) -> Next<Change> {
        let owned = owned(target);
        match (seen, goal) {
            (Seen::InPlace(seen), State::InPlace(goal)) => in_place::next(&owned, seen, goal),
            (Seen::Prefix(seen), State::Prefix(goal)) => prefix::next(&owned, seen, goal),
            _ => Next::Failed(prefix::other_mode()),
        }
    }

    fn facts(change: &Change, seen: &Seen) -> Facts {
        let additive = |value, what| Facts {
            class: Class::Additive,
            longer_s: 0,
            value,
            what,
            after: None,
        };
        match (change, seen) {
            (Change::Record(list), _) => additive(
                json!({"record": list.digest}),
                format!("list of {} files kept", list.files),
            ),
            (Change::Write(ops), _) if ops.iter().all(|op| op.additive) => {
                additive(in_place::value(ops), in_place::what(ops))
            }
            (Change::Write(ops), _) => Facts {
                class: Class::Switching,
                longer_s: in_place::takes_longer_s(ops),
                ..additive(in_place::value(ops), in_place::what(ops))
            },
            (Change::Switch { from, to, .. }, seen) => Facts {
                class: Class::Switching,
                after: match seen {
                    Seen::Prefix(seen) => Some(prefix::after(to, seen)),
                    Seen::InPlace(_) => None,
                },
                ..additive(
                    json!({"switch": {"from": from, "to": to}}),
                    format!("origin path `{from}` → `{to}`"),
                )
            },
        }
    }

    fn owned(target: &Target) -> String {
        owned(target)
    }

    async fn ready(&self, target: &Target, change: &Change) -> Answered<()> {
        match change {
            Change::Write(ops) => self.fetch(target, ops).await,
            Change::Record(_) | Change::Switch { .. } => Ok(()),
        }
    }

    async fn change(
        &self,
        target: &Target,
        change: &Change,
        deployment: &DeploymentId,
    ) -> Answered<Option<String>> {
        match change {
            Change::Write(ops) => self.write(target, ops, deployment).await?,
            Change::Record(list) => self.record(target, list).await?,
            Change::Switch { etag, to, .. } => {
                let (id, origin) = prefix::distribution_of(target)?;
                self.at.set_origin_path(id, etag, origin, to).await?;
            }
        }
        Ok(None)
    }

    async fn follow(&self, target: &Target, switched: &Switched) -> Answered<Vec<String>> {
        let warning = self.invalidate(target, switched).await?;
        Ok(warning.into_iter().collect())
    }
}

/// What of a site Windlass owns, in words.
fn owned(target: &Target) -> String {
    match prefix::distribution_of(target) {
        Ok((id, origin)) if target.site.mode == SiteMode::Prefix => {
            format!("the path of origin {origin} of distribution {id}")
        }
        _ => files_of(target),
    }
}

/// A fault that cannot be: a step for one mode met a target of the other.
fn no_archive(path: &str) -> Fault {
    Fault::internal(format!("{path} is to be written but there is no archive"))
}

/// A finding on an entry of an archive.
pub fn bad_archive(archive: &str, entry: &str, reason: String) -> Finding {
    Finding::new(
        FindingName::BadArchive,
        format!("{archive}: {entry}"),
        reason,
        "build the archive again, with plain files and relative paths, and give it a new version",
    )
}
