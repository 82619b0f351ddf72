//! A site with a folder per release.

// `/*` is invalidated, because functions and default documents hide under which addresses a file is cached. It fails
// no wave: documents are revalidated anyway.

mod copies;
mod prepare;
mod publish;
pub(super) mod state;
mod withdraw;

use super::clearing::{UndoneRelease, clear};
use super::lists::Lists;
use super::rules::SiteRules;
use super::target::folder_of;
use super::withdraw::{prove_gone, still_there};
use crate::kinds::noticed::plain;
use crate::kinds::site::calls::{SitePorts, calls_to_list};
use crate::kinds::site::withdraw::invalidate;
use crate::kinds::{
    ChangeFacts, Class, Kind, Leftover, Leftovers, LookContext, Next, Noticed, Switched, Trail, View, from_value, whose,
};
use crate::ports::Result;
pub(super) use prepare::prepare;
pub(super) use publish::{MadeFolder, Note};
use serde_json::{Value, json};
pub use state::{Goal, Target};
use std::collections::BTreeSet;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
use windlass_domain::prose;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;
pub(super) use withdraw::withdraw;

/// The seconds to wait before the next look whether all edges have the configuration.
const EDGES_S: u64 = 10;

/// The result of a look.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The state, as it is recorded to come back to.
    state: Goal,
    /// The ETag of the distribution's configuration.
    etag: String,
    /// True if the origin path is neither that of before nor the goal's.
    strange: bool,
    /// True if the distribution answers no requests.
    disabled: bool,
    /// The files of the folder that are missing or not as they were published. Only a look without a goal fills it.
    amiss: Vec<String>,
    /// The number of files that were listed for that.
    files: usize,
}

impl Seen {
    /// Returns what visitors get: the folder, unless somebody has changed files in it.
    fn noticed(&self) -> Noticed {
        let noticed = self.state.noticed();
        if self.amiss.is_empty() {
            return noticed;
        }
        Noticed {
            value: json!({"origin_path": self.state.origin_path, "amiss": crate::kinds::site::prefix::state::some(&self.amiss)}),
            shown: format!("{}, {}", noticed.shown, crate::kinds::site::prefix::state::in_words(&self.amiss)),
        }
    }
}

/// The one change of such a site: the distribution's origin path is switched.
#[derive(Debug, Clone, PartialEq)]
pub struct Switch {
    /// The ETag of the configuration that was seen.
    etag: String,
    /// The path that was seen.
    from: String,
    /// The path that is wanted.
    to: String,
}

/// The kind of a site with a folder per release, with what is known of the deployment that changes it.
pub struct Prefix<P> {
    /// The ports at the target's place.
    at: P,
    /// The ports at the deployer's own place, where the artifacts bucket is.
    home: P,
    /// The site's rules.
    rules: SiteRules,
    /// The state before.
    before: Goal,
    /// The deployment's goal.
    forward: Goal,
}

impl<P: SitePorts> Prefix<P> {
    /// The kind of a step.
    pub fn of(ports: &P, step: &Step) -> Result<Self> {
        let target: Target = from_value("target", &step.target)?;
        let last = step.goals.values().last();
        let goal = last.ok_or_else(|| Fault::internal("the step of a site has no goal"))?;
        Ok(Self {
            at: ports.at(&step.place),
            home: ports.at(&Place::default()),
            rules: SiteRules::new(&target.site.site)?,
            before: from_value("state before", &step.before["goal"])?,
            forward: from_value("goal", goal)?,
        })
    }
}

impl<P: SitePorts> Kind for Prefix<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Switch;

    /// Without a goal it looks at the folder's files as well.
    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let id = &target.distribution;
        let found = self.at.distribution(id).await?;
        let origin = found.origins.iter().find(|it| it.id == target.origin);
        let origin = origin.ok_or_else(|| {
            let text = format!("the distribution {id} has no such origin any more");
            Fault::new(FaultName::NotFound, text)
        })?;
        let mut known = [&self.forward, &self.before].into_iter();
        let there = known.find(|goal| goal.origin_path == origin.path);
        let state = Goal {
            release: there.and_then(|goal| goal.release.clone()),
            origin_path: origin.path.clone(),
            deployed: found.deployed,
        };
        let (amiss, files) = if way.goal.is_none() {
            let lists = Lists::of(&self.home, &target.site);
            crate::kinds::site::prefix::state::amiss(&self.at, &lists, &target.site.site.bucket, &state).await?
        } else {
            (vec![], 0)
        };
        let (etag, strange, disabled) = (found.etag, there.is_none(), found.disabled);
        Ok(Seen { state, etag, strange, disabled, amiss, files })
    }

    fn view(_: &Target, seen: &Seen) -> View {
        View { noticed: seen.noticed(), waits_for: None, is_guarded: true, is_consistent: false }
    }

    fn field(member: &str, value: &Value) -> (String, String) {
        let named = value.as_array().map(|files| {
            let files = files.iter().map(plain);
            files.collect::<Vec<String>>().join(", ")
        });
        match (member, named) {
            ("amiss", Some(files)) => ("files not as published".to_owned(), files),
            _ => (member.replace('_', " "), plain(value)),
        }
    }

    fn calls(seen: &Seen) -> u32 {
        calls_to_list(seen.files)
    }

    fn back(seen: &Seen) -> Goal {
        seen.state.clone()
    }

    fn idle(_: &Target, seen: &Seen) -> Option<String> {
        seen.disabled.then(|| "the distribution is disabled".to_owned())
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Switch> {
        next(&Self::owned(target), seen, goal)
    }

    fn facts(change: &Switch, seen: &Seen) -> ChangeFacts {
        let Switch { from, to, .. } = change;
        let after = Goal { origin_path: to.clone(), ..seen.state.clone() };
        let value = json!({"switch": {"from": from, "to": to}});
        let what = format!("origin path `{from}` → `{to}`");
        ChangeFacts { after: Some(after.noticed()), ..ChangeFacts::new(Class::Switching, value, what) }
    }

    fn trail(target: &Target) -> Option<Trail> {
        Some(Trail { resource: target.distribution.clone(), region: Some("us-east-1") })
    }

    fn owned(target: &Target) -> String {
        let Target { distribution, origin, .. } = target;
        format!("the path of origin {origin} of distribution {distribution}")
    }

    async fn change(&self, target: &Target, change: &Switch, _: &DeploymentId) -> Result<Option<String>> {
        let (id, origin) = (&target.distribution, &target.origin);
        let Switch { etag, to, .. } = change;
        self.at.set_origin_path(id, etag, origin, to).await?;
        Ok(None)
    }

    /// What the release brought was copied into the folder of before, ahead of the switch.
    async fn leftovers(&self, target: &Target, step: &Step, is_back: bool) -> Result<Leftovers> {
        if !target.site.withdraws.is_empty() {
            return still_there(&self.at, &target.site).await;
        }
        if !is_back || self.before.origin_path == self.forward.origin_path {
            return Ok(Leftovers::default());
        }
        let lists = Lists::of(&self.home, &target.site);
        let old = lists.release_paths(self.before.release.as_ref()).await?;
        let old: BTreeSet<String> = old.into_iter().flatten().collect();
        let copied = lists.carried(&self.before).await?;
        let undone = UndoneRelease {
            at: &self.at,
            home: &self.home,
            target: &target.site,
            rules: &self.rules,
            deployment: &step.deployment,
            folder: folder_of(&self.before.origin_path),
            releases: None,
        };
        undone.new_files(|path| old.contains(path), |path| copied.contains_key(path)).await
    }

    async fn clear(&self, target: &Target, files: &[Leftover]) -> Result<()> {
        // As long as the lists of the folders name what is withdrawn, it would be missed there.
        let lists = Lists::of(&self.home, &target.site);
        lists.take_out(&target.site.withdraws).await?;
        clear(&self.at, &target.site.site.bucket, files).await
    }

    /// What somebody else has deleted is in the lists as well.
    async fn prove_gone(&self, target: &Target, since: &Switched) -> Result<Option<Finding>> {
        let lists = Lists::of(&self.home, &target.site);
        lists.take_out(&target.site.withdraws).await?;
        prove_gone(&self.at, &target.site, since).await
    }

    async fn follow(&self, target: &Target, switched: &Switched) -> Result<Vec<String>> {
        invalidate(&self.at, &target.distribution, switched).await
    }
}

/// Pure: what to do next. `owned` says in words what of the distribution Windlass owns.
fn next(owned: &str, is: &Seen, wanted: &Goal) -> Next<Switch> {
    let from = &is.state.origin_path;
    if *from == wanted.origin_path {
        return if is.state.deployed { Next::Done } else { Next::Wait(EDGES_S) };
    }
    if is.strange {
        return Next::Failed(strange(owned, is));
    }
    Next::Do(Switch { etag: is.etag.clone(), from: from.clone(), to: wanted.origin_path.clone() })
}

/// The finding for an origin path that somebody else has set.
fn strange(owned: &str, is: &Seen) -> Finding {
    let path = &is.state.origin_path;
    Finding::new(
        FindingName::TargetChangedByOther,
        path.clone(),
        format!("the origin path is `{path}`, which is neither that of before nor the release's. {}", whose(owned)),
        prose!(
            "find out who changed the distribution (CloudTrail), set the origin path that should be there, then use `recover` or {}",
            Redeploy::Again
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, deployed: bool, strange: bool) -> Seen {
        let state = wanted(path, deployed);
        Seen { state, etag: "E1".into(), strange, disabled: false, amiss: vec![], files: 0 }
    }

    fn wanted(path: &str, deployed: bool) -> Goal {
        Goal { origin_path: path.into(), deployed, ..Goal::default() }
    }

    #[test]
    fn switch_then_wait_for_the_edges_then_done() {
        let wanted = wanted("/b", true);
        let switch = Next::Do(Switch { etag: "E1".into(), from: "/a".into(), to: "/b".into() });
        assert_eq!(next("the path", &at("/a", true, false), &wanted), switch);
        // Another change may still be on its way to the edges. That does not hinder the next one.
        assert_eq!(next("the path", &at("/a", false, false), &wanted), switch);
        assert_eq!(next("the path", &at("/b", false, false), &wanted), Next::Wait(EDGES_S));
        assert_eq!(next("the path", &at("/b", true, false), &wanted), Next::Done);
    }

    #[test]
    fn somebody_elses_origin_path_is_not_overwritten() {
        let Next::Failed(finding) = next("the path", &at("/c", true, true), &wanted("/b", true)) else {
            panic!("it is overwritten");
        };
        assert_eq!(finding.name, FindingName::TargetChangedByOther);
        let ending = "release's. Windlass owns the path; every other field is yours";
        assert!(finding.reason.written().ends_with(ending), "{finding:?}");
    }
}
