//! A site whose files are written over the live ones.

pub(super) mod content;
mod knowledge;
mod next;
mod observe;
pub(super) mod plan;
mod prepare;
mod versions;
mod withdraw;
mod write;

use super::clearing::{UndoneRelease, clear};
use super::lists::Lists;
use super::publish::{Publisher, ReleaseDestination};
use super::target::{Target, files_of};
use super::withdraw::{prove_gone, still_there};
use crate::kinds::site::calls::SitePorts;
pub use crate::kinds::site::files::{DEPLOYMENT, file_of, put_options};
use crate::kinds::site::withdraw::invalidate;
use crate::kinds::{
    ChangeFacts, Checkpoint, Class, Kind, Leftover, Leftovers, LookContext, Next, Publication, Publishes, Switched,
    View, from_value,
};
use crate::ports::Result;
use crate::trouble::Trouble;
pub use knowledge::{InPlace, Knowledge};
pub use plan::{Change, Goal, ObjectList, Seen};
pub(super) use prepare::prepare;
use serde_json::json;
use std::collections::BTreeSet;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::Finding;
pub(super) use withdraw::withdraw;

impl<P: SitePorts> InPlace<P> {
    /// Keeps the list of the object at each key.
    async fn record(&self, target: &Target, list: &ObjectList) -> Result<()> {
        Lists::of(&self.home, target).kept.keep(&list.document).await?;
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
    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        if way.goal == Some(&self.known.forward.0) && self.known.lacks_files() {
            return Err(Fault::internal(
                "the list of the release's files is not there any more: a site without files is not wanted",
            ));
        }
        self.look_and_plan(target, way.goal.is_none()).await
    }

    /// Each file has a condition of its own, and a file that is not as it was seen is reported by itself. Reads and
    /// listings after a write are consistent (Amazon S3 User Guide, "Amazon S3 data consistency model").
    fn view(_: &Target, seen: &Seen) -> View {
        View { noticed: seen.state.noticed(&seen.noticed), waits_for: None, is_guarded: false, is_consistent: true }
    }

    fn calls(seen: &Seen) -> u32 {
        seen.calls
    }

    fn back(seen: &Seen) -> Goal {
        seen.state.clone()
    }

    async fn keep(&self, target: &Target, seen: &Seen) -> Result<()> {
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
        goals.find_map(|goal| seen.ways.get(&goal.id())).map_or_else(Vec::new, plan::InPlacePlan::paths)
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(&files_of(target), seen, goal)
    }

    fn facts(change: &Change, _: &Seen) -> ChangeFacts {
        match change {
            Change::Record(list) => {
                let what = format!("list of {} kept", count(list.files, "file"));
                let value = json!({"record": list.document.digest});
                ChangeFacts::new(Class::Additive, value, what)
            }
            Change::Write(ops) if ops.iter().all(|op| op.additive) => {
                ChangeFacts::new(Class::Additive, next::value(ops), next::what(ops))
            }
            Change::Write(ops) => ChangeFacts {
                longer_s: next::takes_longer_s(ops),
                ..ChangeFacts::new(Class::Switching, next::value(ops), next::what(ops))
            },
        }
    }

    fn owned(target: &Target) -> String {
        files_of(target)
    }

    async fn ready(&self, target: &Target, change: &Change) -> Result<()> {
        match change {
            Change::Write(ops) => self.fetch(target, ops).await,
            Change::Record(_) => Ok(()),
        }
    }

    async fn change(&self, target: &Target, change: &Change, deployment: &DeploymentId) -> Result<Option<String>> {
        match change {
            Change::Write(ops) => self.write(target, ops, deployment).await?,
            Change::Record(list) => self.record(target, list).await?,
        }
        Ok(None)
    }

    /// A path that the state before has was there before.
    async fn leftovers(&self, target: &Target, step: &Step, is_back: bool) -> Result<Leftovers> {
        if !target.withdraws.is_empty() {
            return still_there(&self.at, target).await;
        }
        if !is_back {
            return Ok(Leftovers::default());
        }
        let undone = UndoneRelease {
            at: &self.at,
            home: &self.home,
            target,
            rules: &self.known.rules,
            deployment: &step.deployment,
            folder: target.site.prefix.clone(),
            releases: Some(target.site.keep.saturating_add(1)),
        };
        let written: BTreeSet<String> = {
            let seen = self.seen.borrow();
            seen.keys().map(|(path, _)| path.clone()).collect()
        };
        let before = &self.known.before.1;
        undone.new_files(|path| before.want(path).is_some(), |path| written.contains(path)).await
    }

    async fn clear(&self, target: &Target, files: &[Leftover]) -> Result<()> {
        clear(&self.at, &target.site.bucket, files).await
    }

    async fn prove_gone(&self, target: &Target, since: &Switched) -> Result<Option<Finding>> {
        prove_gone(&self.at, target, since).await
    }

    async fn follow(&self, target: &Target, switched: &Switched) -> Result<Vec<String>> {
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
    async fn publish(&self, step: &Step, checkpoint: &mut impl Checkpoint) -> Result<Publication, Trouble> {
        let target: Target = from_value("target", &step.target)?;
        let known = &self.known;
        let destination = ReleaseDestination { folder: target.site.prefix.clone(), live: Some(&known.before.1) };
        let ports = (&self.at, &self.home);
        let publisher = Publisher::new(ports, step, &target, &known.rules, destination);
        let mut warnings = Vec::new();
        if let (Some(archive), Some(release)) = (&target.archive, &known.forward.0.release) {
            let mut delivery = publisher.open(archive).await?;
            // Our own list names the files that are there already.
            for entry in publisher.files(&delivery.entries) {
                let object = known.before.1.recorded().get(&entry.name);
                let file = object.and_then(|object| object.file.as_ref());
                if let Some(file) = file.filter(|it| publisher.is_unchanged(entry, it)) {
                    publisher.leave(&mut delivery.uploaded, &entry.name, file);
                }
            }
            let Some(uploaded) = publisher.upload_archive(delivery, release, checkpoint).await? else {
                return Ok(Publication::Part);
            };
            warnings.extend(publisher.without_charset(&uploaded.files));
        }
        publisher.finish(warnings, checkpoint).await
    }
}
