//! A site whose files are written over the live ones.

mod content;
mod next;
mod observe;
mod plan;
mod prepare;
mod write;

use super::archive::Entry;
use super::calls::Pace;
use super::invalidate;
use super::lists::{File, Lists, Object, Objects, Staged};
use super::publish::{Destination, Publisher, is_unchanged};
use super::rows::Rows;
use super::rules::Rules;
use super::{SitePorts, Target, Trouble, files_in_words, files_of};
use crate::kinds::{
    Checkpoint, Class, Document, Facts, Kind, Next, Noticed, Publication, Publishes, Switched,
    View, Way, from_value,
};
use crate::ports::Answered;
pub(super) use content::Content;
use observe::Looked;
pub use observe::{Seen, file_of};
use plan::Op;
pub(super) use prepare::prepare;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use windlass_domain::count::count;
use windlass_domain::digest::Digest;
use windlass_domain::fault::Fault;
use windlass_domain::identity::DeploymentId;
use windlass_domain::place::Place;
use windlass_domain::step::Step;
pub use write::{DEPLOYMENT, put_options};

/// The goal of a site in place, and the state that is recorded of it to come back to. It is small, whatever the site's
/// size: the lists are kept beside the item, and named here by their digests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename = "in_place")]
pub struct Goal {
    /// The release whose files are all there; `None` for a state that Windlass did not bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Digest>,
    /// The list of the object at each key. Where a goal names it, the recorded versions are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<Digest>,
    /// The list of what former releases left; `None` if nothing is known of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Digest>,
}

impl Goal {
    /// The digest that names the wanted state: that of the recorded objects, else that of the release.
    fn id(&self) -> String {
        let named = self.objects.as_ref().or(self.release.as_ref());
        named.map(ToString::to_string).unwrap_or_default()
    }

    /// Returns what visitors get. `digest` is of everything that they can notice, so it is equal if nobody changed
    /// anything.
    fn noticed(&self, digest: &Digest) -> Noticed {
        Noticed {
            value: json!({"files": digest}),
            shown: files_in_words(self.release.as_ref()),
        }
    }
}

/// A list of the object at each key, to be kept under its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    document: Document,
    /// The number of files in the list.
    files: usize,
}

impl List {
    /// Writes a list down.
    fn of(objects: &Objects) -> Answered<Self> {
        Ok(Self {
            document: Document::of(&Rows(objects))?,
            files: objects.len(),
        })
    }
}

/// One change of a site in place.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Writes, restores and deletes files, as many as fit in its time.
    Write(Arc<Vec<Op>>),
    /// Keeps the list of the object at each key.
    Record(Arc<List>),
}

/// The state before and the goal, with their lists.
#[derive(Debug, Clone)]
pub struct Knowledge {
    /// The site's rules.
    rules: Rules,
    /// The state before.
    before: (Goal, Content),
    /// The deployment's goal.
    forward: (Goal, Content),
    /// The files that former releases left and that the deployment deletes, by path.
    due: BTreeSet<String>,
    /// The objects that this deployment wrote already.
    written: Vec<(String, Object)>,
    /// The files that this deployment uploaded without completing them, by path.
    staged: BTreeMap<String, (File, Staged)>,
}

impl Knowledge {
    /// Reads what a step's lists say; `home` are the ports at the deployer's own place.
    pub async fn load(home: &impl SitePorts, step: &Step) -> Answered<Self> {
        let target: Target = from_value("target", &step.target)?;
        let last = step.goals.values().last();
        let goal = last.ok_or_else(|| Fault::internal("the step of a site has no goal"))?;
        let before: Goal = from_value("state before", &step.before["goal"])?;
        let forward: Goal = from_value("goal", goal)?;
        let lists = Lists::of(home, &target);
        let (mut written, mut staged) = (Vec::new(), BTreeMap::new());
        for handled in lists.handled(&step.deployment).await? {
            if let Some(object) = handled.object() {
                written.push((handled.path, object));
            } else if let (Some(file), Some(upload)) = (handled.file, handled.staged) {
                staged.insert(handled.path, (file, upload));
            }
        }
        let before_content = lists.content(&before).await?;
        let forward_content = lists.content(&forward).await?;
        Ok(Self {
            rules: Rules::new(&target.site)?,
            due: lists.left_at(&forward).await?.due,
            before: (before, before_content),
            forward: (forward, forward_content),
            written,
            staged,
        })
    }

    /// Returns whether the files of the release are not known: it is not published, or its list was lost. If it went
    /// on, it would take every file of before for one that is no longer wanted.
    fn lacks_files(&self) -> bool {
        matches!(&self.forward.1, Content::Release(files) if files.is_empty())
    }
}

/// The kind of a site that is changed in place, with what is known of the deployment that changes it.
pub struct InPlace<P> {
    /// The ports at the target's place.
    at: P,
    /// The ports at the deployer's own place, where the artifacts bucket is.
    home: P,
    known: Knowledge,
    /// The objects that are known, by path and ETag.
    seen: RefCell<BTreeMap<(String, String), Object>>,
    /// The archive's directory, read once.
    directory: OnceCell<Vec<Entry>>,
    /// The contents that were read before their change is sent.
    fetched: RefCell<Option<(Vec<Op>, write::Contents)>>,
    /// The number of calls to S3 that are under way at once.
    pace: Cell<Pace>,
    /// The state that was seen last, with what was done since.
    looked: RefCell<Option<Looked>>,
    /// The calls that the last look at all files took at most.
    calls: Cell<u32>,
}

impl<P: SitePorts> InPlace<P> {
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
            calls: Cell::default(),
        }
    }

    /// Keeps the list of the object at each key.
    async fn record(&self, target: &Target, list: &List) -> Answered<()> {
        let lists = Lists::of(&self.home, target);
        lists.kept.keep(&list.document).await?;
        // Nothing was done to the site.
        self.go_on_from(|looked| {
            if let Some(seen) = &mut looked.seen {
                seen.unrecorded = None;
            }
        });
        Ok(())
    }
}

impl<P: SitePorts> Kind for InPlace<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    /// With a goal it looks at the files that the deployment changes. Without one it looks at all files of the site.
    async fn observe(&self, target: &Target, way: &Way<'_, Goal>) -> Answered<Seen> {
        if way.goal == Some(&self.known.forward.0) && self.known.lacks_files() {
            return Err(Fault::internal(
                "the list of the release's files is not there any more: a site without files is not wanted",
            ));
        }
        self.look_and_plan(target, way.goal.is_none()).await
    }

    /// Each file has a condition of its own, and a file that is not as it was seen is told by itself. Reads and
    /// listings after a write are consistent (Amazon S3 User Guide, "Amazon S3 data consistency model").
    fn view(_: &Target, seen: &Seen) -> View {
        View {
            noticed: seen.state.noticed(&seen.noticed),
            waits_for: None,
            is_guarded: false,
            is_consistent: true,
        }
    }

    fn calls(seen: &Seen) -> u32 {
        seen.calls
    }

    fn back(seen: &Seen) -> Goal {
        seen.state.clone()
    }

    async fn keep(&self, target: &Target, seen: &Seen) -> Answered<()> {
        match &seen.unrecorded {
            Some(list) => self.record(target, list).await,
            None => Ok(()),
        }
    }

    /// The files that differ are those that would be changed on the way back: to the recorded state, or to the release
    /// in it.
    fn differing(seen: &Seen, recorded: &Goal) -> Vec<String> {
        let forward = Some(&seen.forward);
        let forward = forward.filter(|it| it.release.is_some() && it.release == recorded.release);
        let mut goals = [Some(recorded), forward].into_iter().flatten();
        let way = goals.find_map(|goal| seen.ways.get(&goal.id()));
        way.map_or_else(Vec::new, plan::Way::paths)
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(&files_of(target), seen, goal)
    }

    fn facts(change: &Change, _: &Seen) -> Facts {
        match change {
            Change::Record(list) => {
                let what = format!("list of {} kept", count(list.files, "file"));
                let value = json!({"record": list.document.digest});
                Facts::new(Class::Additive, value, what)
            }
            Change::Write(ops) if ops.iter().all(|op| op.additive) => {
                Facts::new(Class::Additive, next::value(ops), next::what(ops))
            }
            Change::Write(ops) => Facts {
                longer_s: next::takes_longer_s(ops),
                ..Facts::new(Class::Switching, next::value(ops), next::what(ops))
            },
        }
    }

    fn owned(target: &Target) -> String {
        files_of(target)
    }

    async fn ready(&self, target: &Target, change: &Change) -> Answered<()> {
        match change {
            Change::Write(ops) => self.fetch(target, ops).await,
            Change::Record(_) => Ok(()),
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
        }
        Ok(None)
    }

    async fn follow(&self, target: &Target, switched: &Switched) -> Answered<Vec<String>> {
        match &target.site.distribution {
            Some(distribution) => invalidate(&self.at, distribution, switched).await,
            None => Ok(vec![]),
        }
    }
}

impl<P: SitePorts> Publishes for InPlace<P> {
    /// New keys that are no documents are written, and every other file is read as well: so the list of the release's
    /// files is known, and no document is written of an archive of which something is not as declared. A recorded goal
    /// has nothing to publish.
    async fn publish(
        &self,
        step: &Step,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Publication, Trouble> {
        let target: Target = from_value("target", &step.target)?;
        let known = &self.known;
        let destination = Destination {
            folder: target.site.prefix.clone(),
            live: Some(&known.before.1),
        };
        let ports = (&self.at, &self.home);
        let publisher = Publisher::new(ports, step, &target, &known.rules, destination);
        if let (Some(archive), Some(release)) = (&target.archive, &known.forward.0.release) {
            let mut delivery = publisher.open(archive).await?;
            // Our own list names the files that are there already.
            for entry in publisher.files(&delivery.entries) {
                let object = known.before.1.recorded().get(&entry.name);
                let file = object.and_then(|object| object.file.as_ref());
                if let Some(file) = file.filter(|it| is_unchanged(entry, it, &known.rules)) {
                    publisher.leave(&mut delivery.brought, &entry.name, file);
                }
            }
            if publisher
                .bring(delivery, release, checkpoint)
                .await?
                .is_none()
            {
                return Ok(Publication::Part);
            }
        }
        publisher.finish(vec![], checkpoint).await
    }
}
